"""What the clock's tests share: tasks whose time has come, and runs that end."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from chat.models import Message
from tasks import clock, settling
from tasks.models import Occurrence, Task
from tests.factories import make_task
from workflows.models import FINISHED, Run, RunStatus

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def due_task(late: timedelta = timedelta(), **fields: Any) -> Task:
    """A task that has been due for so long; once, or by its schedule."""
    task = make_task(**fields)
    at = timezone.now() - late
    if task.recurs:
        return moved(task, starts_at=at - HOUR, next_due_at=at)
    return moved(task, run_at=at, next_due_at=at)


def moved(task: Task, **fields: Any) -> Task:
    """The task with other times, as the clock will read it."""
    Task.objects.filter(pk=task.pk).update(**fields)
    task.refresh_from_db()
    return task


def fire(task: Task, now: datetime | None = None) -> Task:
    """Let the clock do what is due; the task as it stands then."""
    clock.fire_due(now)
    task.refresh_from_db()
    return task


def states(task: Task) -> list[str]:
    """What became of its due times, the oldest first."""
    return list(Occurrence.objects.filter(task=task).order_by("due_at").values_list("state", flat=True))


def only(task: Task) -> Occurrence:
    """Its one due time."""
    return Occurrence.objects.get(task=task)


def runs(task: Task) -> list[Run]:
    """Its runs, the oldest first."""
    return list(Run.objects.filter(task_id=task.pk).order_by("queued_at", "pk"))


def said(task: Task) -> list[Message]:
    """What the task has said since it was made, in order."""
    found = Message.objects.filter(task_id=task.pk).order_by("seq")
    return [message for message in found if not message.payload.get("scheduled")]


def put(run: Run | None, status: RunStatus, error: str = "") -> None:
    """Let a run stand so, and its task follow it."""
    assert run
    ended = {"finished_at": timezone.now()} if status in FINISHED else {}
    Run.objects.filter(pk=run.pk).update(status=status, error=error, **ended)
    settling.settle_run(run.pk)
