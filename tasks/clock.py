"""What is due happens. Any number of clocks may do this at once: a task belongs to the one that has locked it."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import DurationField, F, Max, Min
from django.utils import timezone

from tasks import firing
from tasks.broken import Contained, put_aside
from tasks.models import Occurrence, OccurrenceState, Task, TaskStatus
from tasks.models.task import TaskQuerySet

# So few that others who want to write wait no longer than for any page.
BATCH = 25
# Whoever calls has other things to do as well.
LONGEST_ROUND_SECONDS = 2.0
LOOKED_BACK = timedelta(minutes=1)
DEADLOCKED = {"40P01", "40001"}
TRIES = 3

# How one task is dealt with, under its lock.
Deed = Callable[[UUID, datetime], None]


def fire_due(now: datetime | None = None) -> int:
    """Deal with everything that is due; how many tasks were looked at.

    After two seconds it returns although there is more: `next_wake` then lies in the past.
    """
    now = now or timezone.now()
    end = time.monotonic() + LONGEST_ROUND_SECONDS
    done = 0
    while time.monotonic() < end and (dealt := batch(due, attend, now) + batch(waiting, look_again, now)):
        done += dealt
    return done


def next_wake(now: datetime | None = None) -> datetime | None:
    """When something is due next, as far as is known; may lie in the past when there is too much to do."""
    pending = Task.objects.filter(status=TaskStatus.PENDING, enabled=True, next_due_at__isnull=False)
    queued = Occurrence.objects.filter(state=OccurrenceState.QUEUED, not_before__isnull=False)
    first = pending.aggregate(at=Min("next_due_at"))["at"], queued.aggregate(at=Min("not_before"))["at"]
    return min(filter(None, first), default=None)


def lateness(now: datetime | None = None) -> int | None:
    """How many milliseconds late the latest was of what came due within the last minute; None when nothing did."""
    now = now or timezone.now()
    recent = Occurrence.objects.filter(due_at__gt=now - LOOKED_BACK, state=OccurrenceState.FIRED, by_hand=False)
    latest: timedelta | None = recent.aggregate(late=Max(F("fired_at") - F("due_at"), output_field=DurationField()))["late"]
    return None if latest is None else round(latest.total_seconds() * 1000)


def due(now: datetime) -> TaskQuerySet:
    """The tasks whose time has come, the longest due first."""
    return Task.objects.due(now)


def waiting(now: datetime) -> TaskQuerySet:
    """The tasks with due times that wait and are to be looked at again; each is started, left out or waits longer."""
    return Task.objects.filter(pk__in=Occurrence.objects.waiting(now).order_by().values("task")).order_by("pk")


def batch(ready: Callable[[datetime], TaskQuerySet], deed: Deed, now: datetime) -> int:
    """Do `deed` for some that are ready, in a transaction; again when it and another transaction waited for each other."""
    # Before the transaction: on SQLite that is the turn to write, which others want.
    if not ready(now).exists():
        return 0
    for tried in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                return each(ready(now), deed, now)
        except OperationalError as exc:
            if getattr(exc.__cause__, "sqlstate", None) not in DEADLOCKED or tried == TRIES:
                raise
    raise AssertionError("Every try has returned or raised.")


def each(tasks: TaskQuerySet, deed: Deed, now: datetime) -> int:
    """Do `deed` for some tasks, those that no other clock has locked, in the order of their conversations."""
    free = tasks.select_for_update(skip_locked=True, of=("self",), no_key=True)
    rows = list(free.values_list("overlap", "conversation_id", "pk", "next_due_at")[:BATCH])
    # Those that stop runs come first: a run is locked before any conversation.
    for _overlap, _, pk, due_at in sorted(rows, key=lambda row: (row[0] != "replace", row[1], row[2])):
        with Contained() as contained, transaction.atomic():
            deed(pk, now)
        if contained.error:
            put_aside(pk, due_at if due_at and due_at <= now else None, contained.error, now)
    return len(rows)


def attend(pk: UUID, now: datetime) -> None:
    """Deal with the due times of a task."""
    firing.attend(loaded(pk), now)


def look_again(pk: UUID, now: datetime) -> None:
    """Deal with the due times of a task that wait, in their order."""
    task = loaded(pk)
    for occurrence in Occurrence.objects.waiting(now).filter(task=task).order_by("due_at"):
        firing.begin(task, occurrence, now)
    firing.write(task)


def loaded(pk: UUID) -> Task:
    """A task with all that starting it needs. One by one: a row that cannot be read is nobody else's trouble."""
    return Task.objects.select_related("owner", "conversation__owner", "created_in", "active_run", "workflow").get(pk=pk)
