"""A task that cannot be started harms no other: it is put aside, and its owner told (promise P17)."""

import logging
from datetime import datetime
from types import TracebackType
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from chat.errors import RefusedError
from chat.models import Message
from tasks import anchors, firing
from tasks.models import Occurrence, OccurrenceState, Task, TaskStatus

LONGEST_REASON = 500

log = logging.getLogger(__name__)


class Contained:
    """Keeps the error of one task from the others; a database that is away is nobody's own error and passes."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def __enter__(self) -> "Contained":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        self.error = error
        return isinstance(error, Exception) and not isinstance(error, OperationalError | InterfaceError)


def put_aside(pk: UUID, due_at: datetime | None, error: BaseException, now: datetime) -> None:
    """Switch off a task that could not be started, in the caller's transaction, which has locked it."""
    reason = sentence(error)
    log.error(
        "Task %s could not be started and is switched off: %s", pk, reason, exc_info=None if isinstance(error, RefusedError) else error
    )
    # Whatever is wrong with the row, this much can be written.
    Task.objects.filter(pk=pk).update(
        enabled=False, next_due_at=None, last_error=reason, paused_because=f"It could not be started: {reason}"
    )
    with Contained() as contained, transaction.atomic():
        tell(Task.objects.select_related("owner").get(pk=pk), due_at, reason, now)
    if contained.error:
        log.error("Nobody could be told that task %s is switched off", pk, exc_info=contained.error)


def sentence(error: BaseException) -> str:
    """What went wrong: in words for people where there are some."""
    if isinstance(error, RefusedError):
        return str(error)
    return f"an error inside Agentron ({type(error).__name__}: {error})"[:LONGEST_REASON]


def tell(task: Task, due_at: datetime | None, reason: str, now: datetime) -> None:
    """Give the due time its row, the task its end if it has no other time, and its owner a message."""
    Occurrence.objects.filter(task=task, state=OccurrenceState.QUEUED).update(state=OccurrenceState.BLOCKED, reason=reason, not_before=None)
    if due_at:
        Occurrence.objects.get_or_create(task=task, due_at=due_at, defaults={"state": OccurrenceState.BLOCKED, "reason": reason})
    if not task.recurs and task.status == TaskStatus.PENDING:
        firing.end(task, TaskStatus.FAILED, now, reason)
        firing.write(task)
    anchors.resolve(task)
    advice = "It is paused: mend what is wrong, then resume it." if task.recurs else "Mend what is wrong and schedule it again."
    firing.post(task, Message.Author.SYSTEM, f"“{task.title}” could not be started: {reason} {advice}", paused=task.recurs)
