"""What happened inside a run: steps with their checkpoints, and the journal of tool calls."""

from typing import Any

from django.db import models
from django.utils import timezone

from chat.models import new_id
from workflows.models.agent import Agent
from workflows.models.run import Run


class StepStatus(models.TextChoices):
    """Where a step is in its life."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class StepRun(models.Model):
    """One step of a run: an agent's work from its prompt to its output. A turn is a run of one step."""

    TURN = "turn"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="steps")
    key = models.CharField(max_length=64)
    round = models.PositiveIntegerField(default=1)
    agent = models.ForeignKey(Agent, models.SET_NULL, null=True, related_name="+")
    status = models.CharField(max_length=16, choices=StepStatus.choices, default=StepStatus.PENDING)
    prompt = models.TextField(blank=True)
    # The checkpoint: what the model and the tools have said since the step began, in pydantic-ai's own JSON.
    messages: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    replies = models.PositiveIntegerField(default=0, help_text="Model replies committed so far.")
    output: models.JSONField[Any, Any] = models.JSONField(null=True)
    error = models.TextField(blank=True)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["started_at", "id"]
        constraints = [models.UniqueConstraint(fields=["run", "key", "round"], name="one_step_a_round")]

    def __str__(self) -> str:
        return f"{self.key} of {self.run_id}"


class Effect(models.TextChoices):
    """What repeating a tool call would do."""

    READ = "read", "reads only"
    IDEMPOTENT = "idempotent", "may be repeated"
    ONCE = "once", "acts outside, once"


class CallState(models.TextChoices):
    """What is known of a tool call."""

    INTENDED = "intended"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown", "may have happened"


class ToolCall(models.Model):
    """A tool call in the journal: written before it is made, and again with what came of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    step_run = models.ForeignKey(StepRun, models.CASCADE, related_name="tool_calls")
    # Some models use a call id again in a later reply, so the reply's number is part of the key.
    reply = models.PositiveIntegerField()
    call_id = models.CharField(max_length=200)
    tool = models.CharField(max_length=100)
    effect = models.CharField(max_length=16, choices=Effect.choices)
    arguments: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    args_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=CallState.choices, default=CallState.INTENDED)
    result: models.JSONField[Any, Any] = models.JSONField(null=True)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["started_at", "id"]
        constraints = [models.UniqueConstraint(fields=["step_run", "reply", "call_id"], name="one_journal_row_a_call")]

    def __str__(self) -> str:
        return f"{self.tool} ({self.state})"
