"""An Occurrence: one due time of a task, and what became of it."""

from datetime import datetime
from typing import Self

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone

from chat.models import new_id
from tasks.models.task import Task
from workflows.models import Run


class OccurrenceState(models.TextChoices):
    """What became of a due time; each but `fired` has a reason, and `queued` ends in another."""

    QUEUED = "queued", "Waiting"
    FIRED = "fired"
    SKIPPED = "skipped"
    MISSED = "missed"
    COALESCED = "coalesced", "Merged into a later one"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"


class OccurrenceQuerySet(models.QuerySet["Occurrence"]):
    """Named queries on occurrences."""

    def of(self, user: User) -> Self:
        """Those of tasks that `user` may see."""
        return self.filter(task__owner=user)

    def waiting(self, now: datetime) -> Self:
        """Those that wait to be started and may be looked at again, the longest due first."""
        return self.filter(state=OccurrenceState.QUEUED, not_before__lte=now).order_by("not_before", "due_at", "pk")


class Occurrence(models.Model):
    """One due time of a task. Two clocks cannot both write it: a task has one row for each."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    task = models.ForeignKey(Task, models.CASCADE, related_name="occurrences", help_text="Whose due time it is.")
    due_at = models.DateTimeField("due", help_text="When it was to happen.")
    # After a long downtime the oldest due times share one row.
    until = models.DateTimeField(null=True, blank=True, help_text="The last of the due times that share this row.")
    count = models.PositiveIntegerField(default=1, help_text="How many due times share this row.")
    state = models.CharField(max_length=12, choices=OccurrenceState.choices, help_text="What became of it.")
    reason = models.TextField(blank=True, help_text="Why it did not simply happen.")
    by_hand = models.BooleanField(default=False, help_text="Somebody ran the task now.")
    # It is made up for, so its start is spread.
    catch_up = models.BooleanField(default=False, editable=False)
    not_before: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, editable=False)
    run = models.ForeignKey(Run, models.SET_NULL, null=True, blank=True, related_name="+", help_text="The run that it started.")
    message_seq = models.PositiveIntegerField(null=True, blank=True, help_text="The number of the message that it posted.")
    fired_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True, help_text="When it was started."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OccurrenceQuerySet.as_manager()

    class Meta:
        ordering = ["-due_at"]
        constraints = [models.UniqueConstraint(fields=["task", "due_at"], name="one_occurrence_a_due_time")]
        indexes = [
            models.Index(fields=["not_before", "due_at"], condition=Q(state="queued"), name="waiting_occurrences"),
            models.Index(fields=["run"], condition=Q(run__isnull=False), name="occurrences_by_run"),
            models.Index(fields=["-due_at"], name="occurrences_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.due_at:%Y-%m-%d %H:%M:%S} {self.state}"

    @property
    def late_ms(self) -> int | None:
        """How many milliseconds after its time it was started; None while it was not."""
        return None if self.fired_at is None else round((self.fired_at - self.due_at).total_seconds() * 1000)
