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
    run = models.ForeignKey(Run, models.CASCADE, related_name="steps", help_text="The run that it is a part of.")
    key = models.CharField(max_length=64, help_text="Its name in the workflow; a turn has one step.")
    round = models.PositiveIntegerField(default=1, help_text="Which time round it is, where steps repeat.")
    agent = models.ForeignKey(Agent, models.SET_NULL, null=True, related_name="+", help_text="Who works.")
    status = models.CharField(max_length=16, choices=StepStatus.choices, default=StepStatus.PENDING, help_text="Where it is in its life.")
    prompt = models.TextField(blank=True, help_text="What the agent was asked.")
    # The checkpoint: what the model and the tools have said since the step began, in pydantic-ai's own JSON.
    messages: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, help_text="The checkpoint that any worker can go on from."
    )
    replies = models.PositiveIntegerField(default=0, help_text="Model replies committed so far.")
    output: models.JSONField[Any, Any] = models.JSONField(null=True, help_text="What it gave.")
    error = models.TextField(blank=True, help_text="Why it failed.")
    reason = models.TextField(blank=True, help_text="Why it was left out.")
    input_tokens = models.PositiveBigIntegerField(default=0, help_text="Tokens that the model was sent.")
    output_tokens = models.PositiveBigIntegerField(default=0, help_text="Tokens that the model gave.")
    cost = models.DecimalField(max_digits=14, decimal_places=6, null=True, help_text="US dollars; empty: no price known.")
    troubled_since = models.DateTimeField(null=True, help_text="Since when its model cannot be had.")
    started_at = models.DateTimeField(null=True, help_text="When it began.")
    finished_at = models.DateTimeField(null=True, help_text="When it ended.")

    class Meta:
        verbose_name = "step run"
        ordering = ["started_at", "id"]
        constraints = [models.UniqueConstraint(fields=["run", "key", "round"], name="one_step_a_round")]

    def __str__(self) -> str:
        return f"{self.key} of run {str(self.run_id)[-8:]}"


class Effect(models.TextChoices):
    """What repeating a tool call would do."""

    READ = "read", "Reads only"
    IDEMPOTENT = "idempotent", "May be repeated"
    ONCE = "once", "Acts outside, once"


class CallState(models.TextChoices):
    """What is known of a tool call."""

    INTENDED = "intended", "Begun"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown", "May have happened"


class ToolCall(models.Model):
    """A tool call in the journal: written before it is made, and again with what came of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    step_run = models.ForeignKey(
        StepRun, models.CASCADE, related_name="tool_calls", verbose_name="step", help_text="The step that called it."
    )
    # Some models use a call id again in a later reply, so the reply's number is part of the key.
    reply = models.PositiveIntegerField(help_text="In which reply the model called it, from 1.")
    call_id = models.CharField("call", max_length=200, help_text="The model's own id of the call.")
    tool = models.CharField(max_length=100, help_text="The tool's name.")
    effect = models.CharField(max_length=16, choices=Effect.choices, help_text="What repeating the call would do.")
    arguments: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, help_text="What it was called with.")
    args_hash = models.CharField("arguments' hash", max_length=64, help_text="The same for the same tool and arguments.")
    state = models.CharField(max_length=16, choices=CallState.choices, default=CallState.INTENDED, help_text="What is known of it.")
    result: models.JSONField[Any, Any] = models.JSONField(null=True, help_text="What it gave.")
    error = models.TextField(blank=True, help_text="Why it gave nothing.")
    started_at = models.DateTimeField(default=timezone.now, help_text="When it was written down, before it was made.")
    finished_at = models.DateTimeField(null=True, help_text="When its result was written down.")

    class Meta:
        ordering = ["started_at", "id"]
        constraints = [models.UniqueConstraint(fields=["step_run", "reply", "call_id"], name="one_journal_row_a_call")]

    def __str__(self) -> str:
        return f"{self.tool} ({self.state})"
