"""A task follows its runs: how it stands, how often it failed in a row, when it is due next.

Every function here takes a transaction of its own and locks the task before anything else. It may be called too often, and
what nobody called it for, because a process died in that moment, `repair` finds.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from chat.models import Message
from tasks import anchors, firing
from tasks.models import ENDED, STOPPABLE, Occurrence, OccurrenceState, Task, TaskStatus
from tasks.models.task import TaskQuerySet
from tasks.overlaps import look_again_at, look_again_in, unfinished
from tasks.timing import first_due
from workflows.models import FINISHED, Run, RunStatus

# After so many failed runs in a row somebody has to look.
MOST_FAILURES = 5
BATCH = 100
LONGEST_ERROR = 500

# How a task that happens once stands while its run stands so.
STANDING = {
    RunStatus.QUEUED: TaskStatus.RUNNING,
    RunStatus.RUNNING: TaskStatus.RUNNING,
    RunStatus.WAITING_FOR_USER: TaskStatus.WAITING_FOR_USER,
    RunStatus.SUCCEEDED: TaskStatus.SUCCEEDED,
    RunStatus.FAILED: TaskStatus.FAILED,
    RunStatus.CANCELLED: TaskStatus.CANCELLED,
}


def settle_run(run_id: UUID) -> None:
    """A run has moved: see to the task whose run it is, and to those that it made."""
    run = Run.objects.filter(pk=run_id).only("task_id", "conversation_id").first()
    if run is None:
        return
    if run.task_id:
        settle(run.task_id)
    for pk in Task.objects.filter(created_in=run_id).filter(status__in=STOPPABLE).values_list("pk", flat=True):
        settle(pk)
    look_again_in(run.conversation_id)


@transaction.atomic
def settle(task_id: UUID) -> None:
    """Let a task stand as its runs do."""
    locked = Task.objects.select_for_update(of=("self",), no_key=True)
    task = locked.select_related("owner", "active_run", "created_in").filter(pk=task_id).first()
    if task is None:
        return
    anchors.resolve(task)
    follow(task)
    if task.status == TaskStatus.PENDING and task.enabled:
        regain(task, timezone.now())
    firing.write(task)
    if task.status in ENDED and task.managed_by_id is None:
        # A workflow that does not run by itself any more lets what is at work end. What somebody has tried again since goes on.
        left = Q(retry_of=None) | Q(queued_at__lte=task.ended_at or timezone.now())
        unfinished(task).filter(left, cancel_requested_at=None).update(cancel_requested_at=timezone.now())
    elif task.active_run is None:
        look_again_at(Q(task=task))


def follow(task: Task) -> None:
    """Let the task stand as its runs do; the caller saves it."""
    if task.status in ENDED:
        return
    if task.recurs:
        count_runs(task)
    elif task.active_run:
        stand(task, task.active_run)
    elif task.status != TaskStatus.PENDING:
        firing.end(task, TaskStatus.FAILED, timezone.now(), "Its run was deleted.")


def stand(task: Task, run: Run) -> None:
    """A task that happens once stands as its run does, and ends with it."""
    status = STANDING[RunStatus(run.status)]
    if status in ENDED:
        firing.end(task, status, run.finished_at or timezone.now(), run.error)
    else:
        task.status = status


def count_runs(task: Task) -> None:
    """Count the runs of a recurring task that have ended since, in the order in which they began.

    `active_run` is the first that is not counted yet, so that none is counted twice.
    """
    last = None
    while task.active_run and task.active_run.status in FINISHED:
        last = task.active_run
        count(task, last)
        later = Run.objects.filter(task_id=task.pk, parent=None, queued_at__gt=last.queued_at)
        task.active_run = later.order_by("queued_at", "pk").first()
    task.active_run = task.active_run or unfinished(task).order_by("queued_at", "pk").first()
    if last and task.continuous and task.enabled and task.active_run is None:
        task.next_due_at = firing.after(task, last.finished_at or timezone.now())


def count(task: Task, run: Run) -> None:
    """Note how a run of a recurring task has ended; what fails again and again is paused."""
    if run.status == RunStatus.SUCCEEDED:
        task.failures, task.last_error = 0, ""
    elif run.status == RunStatus.FAILED:
        task.failures, task.last_error = task.failures + 1, run.error
        if task.failures >= MOST_FAILURES and task.enabled:
            pause(task)


def pause(task: Task) -> None:
    """Switch off a task that fails again and again, and say so once."""
    task.enabled, task.next_due_at = False, None
    task.paused_because = f"It failed {task.failures} times in a row."
    Occurrence.objects.filter(task=task, state=OccurrenceState.QUEUED).update(
        state=OccurrenceState.CANCELLED, reason=f"The task was paused. {task.paused_because}", not_before=None
    )
    text = (
        f"“{task.title}” failed {task.failures} times in a row and is paused. The last time: {task.last_error[:LONGEST_ERROR]}\n\n"
        "Mend what is wrong, then resume it."
    )
    firing.post(task, Message.Author.SYSTEM, text, paused=True)


def regain(task: Task, now: datetime) -> None:
    """Give a pending task that lost its next due time another one."""
    if task.next_due_at or Occurrence.objects.filter(task=task, state=OccurrenceState.QUEUED).exists():
        return
    if task.active_run is None or not task.continuous:
        task.next_due_at = first_due(task, now)
    if not task.recurs and task.next_due_at and Occurrence.objects.filter(task=task, due_at=task.next_due_at).exists():
        lay_aside(task)


def lay_aside(task: Task) -> None:
    """Switch off a task that was to happen once and did not at its time, and say so: the clock would pass over it for ever."""
    task.enabled, task.next_due_at, task.paused_because = False, None, "Its time passed and it did not happen."
    text = f"“{task.title}” did not happen at its time and is paused: run it now, or give it another time."
    firing.post(task, Message.Author.SYSTEM, text, paused=True)


def repair() -> int:
    """See to the tasks that were left behind; how many there were."""
    return settle_each(Task.objects.filter(unfollowed())) + settle_each(timeless())


def settle_orphans() -> int:
    """See to the tasks whose run was deleted; how many there were. Finding them means to read all tasks."""
    return settle_each(Task.objects.filter(status__in=(TaskStatus.RUNNING, TaskStatus.WAITING_FOR_USER), active_run=None))


def settle_each(behind: TaskQuerySet) -> int:
    """Settle some of them; how many."""
    found = list(behind.order_by().values_list("pk", flat=True)[:BATCH])
    for pk in found:
        settle(pk)
    return len(found)


def unfollowed() -> Q:
    """Tasks that do not stand as their runs do."""
    once = Q(schedule="", continuous=False)
    waits = Q(active_run__status=RunStatus.WAITING_FOR_USER)
    differs = waits & Q(status=TaskStatus.RUNNING) | ~waits & Q(status=TaskStatus.WAITING_FOR_USER)
    return Q(active_run__isnull=False) & (Q(active_run__status__in=FINISHED) | once & differs)


def timeless() -> TaskQuerySet:
    """Pending tasks that wait for nothing and are never due."""
    queued = Occurrence.objects.filter(task=OuterRef("pk"), state=OccurrenceState.QUEUED)
    pending = Task.objects.filter(~Exists(queued), status=TaskStatus.PENDING, enabled=True, next_due_at=None)
    return pending.exclude(continuous=True, active_run__isnull=False)
