"""A Task: what a person or an agent wants done later, once or again and again."""

import json
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone

from chat.models import Conversation, Profile, new_id
from chat.zones import named
from workflows.models import GRACE_SECONDS, Agent, Misfire, Overlap, Run, Workflow


class Mode(models.TextChoices):
    """What happens when a task is due."""

    NOTIFY = "notify", "Remind"
    PROMPT_AGENT = "prompt_agent", "Ask the agent"
    RUN_WORKFLOW = "run_workflow", "Run a workflow"


class TaskStatus(models.TextChoices):
    """Where a task is in its life; a recurring one stays pending until it is cancelled."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING_FOR_USER = "waiting_for_user", "Waiting for an answer"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


# Tuples: a set has no fixed order, and migrations record these.
ENDED = (TaskStatus.SUCCEEDED, TaskStatus.FAILED, TaskStatus.CANCELLED)
STOPPABLE = (TaskStatus.PENDING, TaskStatus.RUNNING, TaskStatus.WAITING_FOR_USER)


class TaskQuerySet(models.QuerySet["Task"]):
    """Named queries on tasks."""

    def of(self, user: User) -> Self:
        """Those that `user` may see: their own."""
        return self.filter(owner=user)

    def live(self) -> Self:
        """Those that may still do something."""
        return self.filter(status__in=STOPPABLE)

    def due(self, now: datetime) -> Self:
        """Those whose time has come, the longest due first."""
        return self.filter(status=TaskStatus.PENDING, enabled=True, next_due_at__lte=now).order_by("next_due_at", "pk")


class Task(models.Model):
    """Something to be done later. Its messages in the conversation carry its id and answer its anchor."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tasks", help_text="For whom it works.")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="tasks", help_text="Where it works and reports.")
    # A conversation of its own is named after it and is not what makes it a duplicate.
    own_conversation = models.BooleanField(default=False, editable=False)
    title = models.CharField(max_length=200, help_text="How it is called in lists.")
    mode = models.CharField(max_length=16, choices=Mode.choices, default=Mode.PROMPT_AGENT, help_text="What happens when it is due.")
    text = models.TextField(blank=True, help_text="What to remind of, or what the agent is asked.")
    agent = models.ForeignKey(
        Agent, models.SET_NULL, null=True, blank=True, related_name="tasks", help_text="Who works. Empty: the conversation's agent."
    )
    workflow = models.ForeignKey(Workflow, models.SET_NULL, null=True, blank=True, related_name="tasks", help_text="What it runs.")
    inputs: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        default=dict, blank=True, help_text="What the workflow is given."
    )
    run_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True, help_text="When, for a task that happens once."
    )
    schedule = models.CharField(max_length=200, blank=True, help_text="When, for a task that happens again and again: daily@09:00.")
    continuous = models.BooleanField(default=False, help_text="The next time is counted from the end of the run before.")
    time_zone = models.CharField(max_length=64, help_text="The zone in which the schedule's times are meant, such as Europe/Berlin.")
    overlap = models.CharField(
        max_length=8, choices=Overlap.choices, default=Overlap.SKIP, help_text="What a due time does while an earlier run is not over."
    )
    misfire = models.CharField(
        max_length=8, choices=Misfire.choices, default=Misfire.LATEST, help_text="What is done about times at which nothing was running."
    )
    grace_seconds = models.PositiveIntegerField(default=GRACE_SECONDS, help_text="A missed time older than this is not made up for.")
    enabled = models.BooleanField(default=True, help_text="A paused task has no due times.")
    paused_because = models.TextField(blank=True, editable=False)
    status = models.CharField(max_length=20, choices=TaskStatus.choices, default=TaskStatus.PENDING, help_text="Where it is in its life.")
    active_run = models.ForeignKey(
        Run, models.SET_NULL, null=True, blank=True, related_name="+", help_text="The run of it that is not over."
    )
    managed_by = models.OneToOneField(
        Workflow,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="managed_task",
        help_text="The workflow whose schedule it carries out.",
    )
    # Intervals count from here.
    starts_at = models.DateTimeField(default=timezone.now, editable=False)
    next_due_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        "next", null=True, blank=True, help_text="When it is due next."
    )
    depends_on: models.ManyToManyField["Task", "Task"] = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="dependents", help_text="It waits until these have succeeded."
    )
    metadata: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True, help_text="Whatever its maker wants to keep with it."
    )
    anchor = models.PositiveIntegerField(null=True, blank=True, help_text="The number of the message that promised it.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", help_text="The person who made it."
    )
    created_in = models.ForeignKey(Run, models.SET_NULL, null=True, blank=True, related_name="+", help_text="The run that made it.")
    failures = models.PositiveIntegerField(default=0, help_text="Failed runs in a row.")
    last_error = models.TextField(blank=True, help_text="Why it failed the last time.")
    # The same for what would be the same task; see planning.fingerprint.
    fingerprint = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    ended_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, editable=False)

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["next_due_at", "-created_at"]
        indexes = [
            models.Index(fields=["next_due_at"], condition=Q(status="pending", enabled=True), name="due_tasks"),
            models.Index(fields=["owner", "status", "next_due_at"]),
            models.Index(fields=["owner", "-created_at"]),
            models.Index(fields=["owner", "fingerprint"]),
            models.Index(fields=["active_run"], condition=Q(active_run__isnull=False), name="active_tasks"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def recurs(self) -> bool:
        """Whether it happens again and again."""
        return bool(self.schedule) or self.continuous

    @property
    def zone(self) -> ZoneInfo:
        """Where its clock stands; where nobody knows its zone (any more), where its owner's does."""
        return named(self.time_zone) or Profile.of(self.owner).zone()

    @property
    def given(self) -> dict[str, str]:
        """The inputs, whatever somebody wrote into the database in their place."""
        return {name: value if isinstance(value, str) else json.dumps(value) for name, value in as_object(self.inputs).items()}

    @property
    def kept(self) -> dict[str, Any]:
        """The metadata, whatever somebody wrote into the database in its place."""
        return as_object(self.metadata)


def as_object(value: Any) -> dict[str, Any]:
    """JSON data as an object; what is none is the `value` of one."""
    return value if isinstance(value, dict) else {"value": value}
