"""A Run: one execution of whatever an LLM does, as a durable row."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone

from chat.models import Conversation, new_id
from workflows.errors import NotAllowedError
from workflows.models.agent import Agent
from workflows.models.workflow import Revision, Workflow


class RunStatus(models.TextChoices):
    """Where a run is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING_FOR_USER = "waiting_for_user", "Waiting for an answer"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


# From where a run may come to each status. What is not here cannot happen.
MOVES: dict[str, tuple[str, ...]] = {
    RunStatus.RUNNING: (RunStatus.QUEUED,),
    RunStatus.WAITING_FOR_USER: (RunStatus.RUNNING,),
    RunStatus.QUEUED: (RunStatus.RUNNING, RunStatus.WAITING_FOR_USER),
    RunStatus.SUCCEEDED: (RunStatus.RUNNING,),
    RunStatus.FAILED: (RunStatus.RUNNING, RunStatus.WAITING_FOR_USER),
    RunStatus.CANCELLED: (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.WAITING_FOR_USER),
}

# A tuple: a set has no fixed order, and migrations record this one.
FINISHED = (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED)


class Lane(models.TextChoices):
    """Chat turns and workflow runs have caps of their own, so that neither starves the other."""

    TURN = "turn"
    RUN = "run", "Workflow run"


class Trigger(models.TextChoices):
    """What set a run going."""

    CHAT = "chat"
    API = "api", "API"
    CLI = "cli", "CLI"
    ADMIN = "admin"
    SCHEDULE = "schedule"
    TELEGRAM = "telegram"
    MCP = "mcp", "MCP"
    TOOL = "tool"


class RunQuerySet(models.QuerySet["Run"]):
    """Named queries on runs."""

    def of(self, user: User) -> Self:
        """Those that `user` may see: their own."""
        return self.filter(owner=user)

    def ready(self) -> Self:
        """Queued, and due."""
        return self.filter(status=RunStatus.QUEUED).filter(Q(not_before=None) | Q(not_before__lte=timezone.now()))

    def running(self) -> Self:
        """Driven by some worker, or by a dead one not yet noticed."""
        return self.filter(status=RunStatus.RUNNING)

    def expired(self, seconds: float = 0) -> Self:
        """Running under a lease that ended more than `seconds` ago."""
        return self.running().filter(lease_expires_at__lt=timezone.now() - timedelta(seconds=seconds))

    def unfinished(self) -> Self:
        """Those that may still move."""
        return self.exclude(status__in=FINISHED)


class Run(models.Model):
    """One execution: a chat turn, or a workflow's run."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # A workflow's run keeps to the revision it began with; a turn has neither.
    workflow = models.ForeignKey(Workflow, models.SET_NULL, null=True, related_name="runs", help_text="What it runs; empty for a turn.")
    revision = models.ForeignKey(Revision, models.SET_NULL, null=True, related_name="runs", help_text="The version it keeps to.")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="runs", help_text="For whom it works.")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="runs", help_text="Where it reports.")
    agent = models.ForeignKey(Agent, models.SET_NULL, null=True, related_name="runs", help_text="Who works.")
    pins: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(
        default=dict, blank=True, help_text="The versions of the agents that a workflow's run keeps to, by their ids."
    )
    trigger = models.CharField(max_length=16, choices=Trigger.choices, help_text="What set it going.")
    lane = models.CharField(max_length=8, choices=Lane.choices, default=Lane.TURN, help_text="A turn in a chat, or a workflow's run.")
    status = models.CharField(max_length=20, choices=RunStatus.choices, default=RunStatus.QUEUED, help_text="Where it is in its life.")
    # For a turn: {"text": …} and the seq of the message that asked.
    input: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, help_text="What it was given.")
    asked_seq = models.PositiveIntegerField("asked in", null=True, help_text="The number of the message that it answers.")
    output: models.JSONField[Any, Any] = models.JSONField(null=True, help_text="What it gave.")
    error = models.TextField(blank=True, help_text="Why it failed.")
    attempts = models.PositiveIntegerField(default=0, help_text="How often a worker has claimed it.")
    deaths = models.PositiveIntegerField(default=0, help_text="Workers lost in a row without any progress.")
    fence = models.PositiveIntegerField(default=0, help_text="Raised at every claim; every write of a driver names it.")
    progress_fence = models.PositiveIntegerField(default=0, help_text="The last claim under which something was committed.")
    cancel_requested_at = models.DateTimeField(null=True, help_text="When somebody wanted it to stop.")
    retry_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="retries", help_text="The run that it takes over from.")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, related_name="children", help_text="The run that started it.")
    # Caps hold for a run and all that came of it together.
    origin = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="offspring", help_text="The first of the runs that led to it; empty: itself."
    )
    task_id = models.UUIDField("task", null=True, db_index=True, help_text="The task that started it.")
    leased_by = models.CharField(max_length=100, blank=True, help_text="The worker that drives it.")
    lease_expires_at = models.DateTimeField(null=True, help_text="Until when it belongs to that worker, unless renewed.")
    not_before = models.DateTimeField(null=True, help_text="It waits in the queue until then.")
    idempotency_key = models.CharField(  # noqa: DJ001 - null lets the constraint skip it
        max_length=255, null=True, help_text="Given by whoever started it: the same key is the same run."
    )
    input_tokens = models.PositiveBigIntegerField(default=0, help_text="Tokens that models were sent.")
    output_tokens = models.PositiveBigIntegerField(default=0, help_text="Tokens that models gave.")
    cost = models.DecimalField(max_digits=14, decimal_places=6, null=True, help_text="US dollars; empty: no price known.")
    replies = models.PositiveIntegerField(default=0, help_text="Replies that models gave.")
    calls = models.PositiveIntegerField("tool calls", default=0, help_text="Tool calls that models asked for.")
    claimed_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, help_text="When its worker took it."
    )
    worked = models.DurationField(default=timedelta, help_text="How long workers had it before they let go of it.")
    queued_at = models.DateTimeField(default=timezone.now, help_text="When it joined the queue.")
    started_at = models.DateTimeField(null=True, help_text="When a worker first took it.")
    finished_at = models.DateTimeField(null=True, help_text="When it ended.")

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-queued_at"]
        constraints = [
            # Nobody can forget this lock: two turns of one conversation never run at once.
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(lane="turn", status="running"), name="one_running_turn_a_conversation"
            ),
            models.UniqueConstraint(fields=["owner", "idempotency_key"], name="one_run_a_key"),
        ]
        indexes = [
            models.Index(fields=["status", "lane", "queued_at"]),
            models.Index(fields=["conversation", "status"]),
            models.Index(fields=["owner", "-queued_at"]),
            models.Index(fields=["workflow", "-queued_at"]),
            models.Index(fields=["lease_expires_at"], condition=Q(status="running"), name="running_by_lease"),
            # Holds all that the admin's charts add up, and is written once in a run's life: when it ends.
            models.Index(
                fields=["finished_at", "status", "input_tokens", "output_tokens", "cost"],
                condition=Q(finished_at__isnull=False),
                name="finished_runs",
            ),
        ]

    def __str__(self) -> str:
        return f"Run {str(self.pk)[-8:]}"

    def move(self, to: RunStatus, **fields: Any) -> None:
        """Change the status, unless the run has moved on meanwhile: then NotAllowedError."""
        if self.status == RunStatus.RUNNING and self.claimed_at:
            fields["worked"] = self.worked + (timezone.now() - self.claimed_at)
        rows = Run.objects.filter(pk=self.pk, fence=self.fence, status__in=MOVES[to])
        if not rows.update(status=to, **fields):
            current = Run.objects.filter(pk=self.pk).values_list("status", flat=True).first()
            raise NotAllowedError(f"Run {self.pk} is {current}: it cannot become {to} any more.", run_status=current)
        self.refresh_from_db()
