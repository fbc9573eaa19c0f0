"""A Run: one execution of whatever an LLM does, as a durable row."""

from datetime import timedelta
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
    WAITING_FOR_USER = "waiting_for_user", "Waiting for you"
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
    RUN = "run"


class Trigger(models.TextChoices):
    """What set a run going."""

    CHAT = "chat"
    API = "api"
    CLI = "cli"
    ADMIN = "admin"
    SCHEDULE = "schedule"
    TELEGRAM = "telegram"
    MCP = "mcp"
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
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="runs")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="runs")
    agent = models.ForeignKey(Agent, models.SET_NULL, null=True, related_name="runs")
    # A workflow's run keeps to the revision it began with; a turn has neither.
    workflow = models.ForeignKey(Workflow, models.SET_NULL, null=True, related_name="runs")
    revision = models.ForeignKey(Revision, models.SET_NULL, null=True, related_name="runs")
    trigger = models.CharField(max_length=16, choices=Trigger.choices)
    lane = models.CharField(max_length=8, choices=Lane.choices, default=Lane.TURN)
    status = models.CharField(max_length=20, choices=RunStatus.choices, default=RunStatus.QUEUED)
    # For a turn: {"text": …} and the seq of the message that asked.
    input: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    asked_seq = models.PositiveIntegerField(null=True)
    output: models.JSONField[Any, Any] = models.JSONField(null=True)
    error = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=0, help_text="How often a worker has claimed it.")
    deaths = models.PositiveIntegerField(default=0, help_text="Workers lost in a row without any progress.")
    fence = models.PositiveIntegerField(default=0, help_text="Raised at every claim; every write of a driver names it.")
    progress_fence = models.PositiveIntegerField(default=0, help_text="The last claim under which something was committed.")
    cancel_requested_at = models.DateTimeField(null=True)
    retry_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="retries")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, related_name="children")
    task_id = models.UUIDField(null=True, db_index=True)
    leased_by = models.CharField(max_length=100, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    idempotency_key = models.CharField(max_length=255, null=True)  # noqa: DJ001 - null lets the constraint skip it
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=6, null=True, help_text="US dollars; empty: no price known.")
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

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
        ]

    def __str__(self) -> str:
        return f"Run {str(self.pk)[-8:]}"

    def move(self, to: RunStatus, **fields: Any) -> None:
        """Change the status, unless the run has moved on meanwhile: then NotAllowedError."""
        rows = Run.objects.filter(pk=self.pk, fence=self.fence, status__in=MOVES[to])
        if not rows.update(status=to, **fields):
            current = Run.objects.filter(pk=self.pk).values_list("status", flat=True).first()
            raise NotAllowedError(f"Run {self.pk} is {current}: it cannot become {to} any more.", run_status=current)
        self.refresh_from_db()
