"""What stands in the way of a due time: an earlier run, a busy conversation, another task, the turn that made it (promise P14)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from chat import hints
from tasks import anchors
from tasks.models import ENDED, Mode, Occurrence, OccurrenceState, Task, TaskStatus
from tasks.models.occurrence import OccurrenceQuerySet
from workflows.models import Lane, Overlap, Run, RunStatus
from workflows.models.run import RunQuerySet

# How long a task waits at most for the end of the turn that made it, so that its anchor exists.
LONGEST_TURN = timedelta(seconds=30)
# A second look is taken after so long, unless something happens before that.
SOON, LATER, LONGEST_PAUSE = timedelta(seconds=1), timedelta(seconds=10), timedelta(seconds=30)
# At most one time of an owner's is made up for in so long (promise P13).
SPREAD = timedelta(seconds=2)
# So many due times of a task may wait for its conversation where runs of it may overlap.
MOST_WAITING = 10
MOST_WOKEN = 3


@dataclass(frozen=True, slots=True)
class Go:
    """Nothing stands in the way."""


@dataclass(frozen=True, slots=True)
class Wait:
    """It is looked at again after `pause`, or as soon as something has happened."""

    reason: str
    pause: timedelta = SOON


@dataclass(frozen=True, slots=True)
class Leave:
    """It does not happen."""

    state: OccurrenceState
    reason: str


Decision = Go | Wait | Leave


def decide(task: Task, due: Occurrence, now: datetime) -> Decision:
    """Whether a due time of a task, which the caller has locked, can happen now."""
    if task.status in ENDED:
        return Leave(OccurrenceState.CANCELLED, f"The task has ended: it is {task.get_status_display().lower()}.")
    for look in (ownership, dependencies, making, earlier_runs, earlier_times, others_made_up, conversation):
        decision = look(task, due, now)
        if not isinstance(decision, Go):
            return decision
    return Go()


def ownership(task: Task, due: Occurrence, now: datetime) -> Decision:
    """Nothing is done in the name of somebody who may not sign in."""
    return Go() if task.owner.is_active else Leave(OccurrenceState.BLOCKED, "Its owner may not sign in.")


def dependencies(task: Task, due: Occurrence, now: datetime) -> Decision:
    """What it depends on must have succeeded."""
    open_ones = list(task.depends_on.exclude(status=TaskStatus.SUCCEEDED).order_by("created_at"))
    for other in open_ones:
        if other.status in ENDED:
            return Leave(OccurrenceState.BLOCKED, f"It depends on “{other}”, which {fate(other)}.")
    if open_ones:
        return one_waits(task, due) or Wait(f"It waits for “{open_ones[0]}”.", LATER)
    return Go()


def fate(task: Task) -> str:
    """How a task ended, as a sentence goes on."""
    return "was cancelled" if task.status == TaskStatus.CANCELLED else str(task.status)


def making(task: Task, due: Occurrence, now: datetime) -> Decision:
    """The turn that made it ends first, so that what comes of it answers a promise."""
    if due.by_hand or anchors.resolve(task) or now - max(due.due_at, task.created_at) > LONGEST_TURN:
        return Go()
    return Wait("The turn that scheduled it is not over.")


def unfinished(task: Task) -> RunQuerySet:
    """The runs of a task that are not over; what they started is not counted."""
    return Run.objects.unfinished().filter(task_id=task.pk, parent=None)


def waiting(task: Task, due: Occurrence) -> OccurrenceQuerySet:
    """The due times of a task that wait before this one."""
    return Occurrence.objects.filter(task=task, state=OccurrenceState.QUEUED, due_at__lt=due.due_at).exclude(pk=due.pk)


def earlier_runs(task: Task, due: Occurrence, now: datetime) -> Decision:
    """What the task's policy says while a run of it is not over."""
    if task.mode == Mode.NOTIFY or not task.recurs or task.overlap == Overlap.ALLOW:
        return Go()
    run = unfinished(task).order_by("queued_at").first()
    if run is None:
        return Go()
    if in_line(due):
        stuck = task.overlap == Overlap.SKIP and run.status == RunStatus.WAITING_FOR_USER and not due.by_hand
        return Leave(OccurrenceState.SKIPPED, standing(run)) if stuck else Wait(standing(run), LATER)
    if task.overlap == Overlap.REPLACE:
        return replace(task, due)
    if task.overlap == Overlap.QUEUE:
        return one_waits(task, due) or Wait(standing(run), LATER)
    return Leave(OccurrenceState.SKIPPED, standing(run))


def in_line(due: Occurrence) -> bool:
    """Whether it takes its turn, whatever the policy says of a time that has just come: it waits already, or is made up for."""
    return due.by_hand or due.catch_up or not due._state.adding


def standing(run: Run) -> str:
    """How the earlier run stands."""
    if run.status == RunStatus.WAITING_FOR_USER:
        return "The run before it waits for an answer."
    return f"The run before it is still {run.status}."


def replace(task: Task, due: Occurrence) -> Decision:
    """Let the earlier runs be stopped; this due time happens when they have ended.

    They are only told to stop: to end one takes its conversation, and other tasks of the same batch may have taken theirs.
    """
    unfinished(task).filter(cancel_requested_at=None).update(cancel_requested_at=timezone.now())
    hints.work()
    give_way(task, due)
    return Wait("The run before it is being stopped.")


def give_way(task: Task, due: Occurrence) -> None:
    """Earlier due times that wait to replace a run are replaced themselves."""
    reason = f"The one of {due.due_at.astimezone(task.zone):%H:%M:%S} took its place."
    waiting(task, due).filter(catch_up=False, by_hand=False).update(state=OccurrenceState.SKIPPED, reason=reason, not_before=None)


def earlier_times(task: Task, due: Occurrence, now: datetime) -> Decision:
    """Due times that wait happen in their order, those that are made up for in an order of their own."""
    if due.by_hand or not task.recurs:
        return Go()
    before = waiting(task, due).filter(catch_up=due.catch_up, by_hand=False).order_by("-due_at").first()
    if before is None:
        return Go()
    return one_waits(task, due) or Wait("Earlier ones are made up for first." if due.catch_up else before.reason)


def one_waits(task: Task, due: Occurrence) -> Leave | None:
    """Why a new due time does not join those that wait already; None when it may."""
    if in_line(due):
        return None
    if task.overlap == Overlap.REPLACE:
        give_way(task, due)
        return None
    before = list(waiting(task, due).filter(catch_up=False).order_by("-due_at")[:MOST_WAITING])
    if len(before) < (MOST_WAITING if task.overlap == Overlap.ALLOW else 1):
        return None
    return Leave(OccurrenceState.SKIPPED, f"The one of {before[0].due_at.astimezone(task.zone):%H:%M:%S} waits already: {before[0].reason}")


def others_made_up(task: Task, due: Occurrence, now: datetime) -> Decision:
    """What is made up for is spread, so that an owner's tasks do not all start at once after a downtime."""
    started = Occurrence.objects.filter(task__owner=task.owner_id, catch_up=True, fired_at__gt=now - SPREAD)
    return Wait("Another task is made up for at this moment.", SPREAD) if due.catch_up and started.exists() else Go()


def conversation(task: Task, due: Occurrence, now: datetime) -> Decision:
    """An agent is asked when nobody else is being answered there; a turn that waits for an answer is no hindrance."""
    turns = Run.objects.filter(conversation=task.conversation_id, lane=Lane.TURN, status__in=(RunStatus.QUEUED, RunStatus.RUNNING))
    if task.mode != Mode.PROMPT_AGENT or not turns.exists():
        return Go()
    # The end of a turn lets one be looked at; the longer others have waited, the rarer they look by themselves.
    return Wait("The conversation is busy.", min(LONGEST_PAUSE, max(SOON, (now - due.due_at) / 5)))


def look_again_at(these: Q) -> None:
    """What due times wait for may be over: let a clock look at once. What is made up for keeps its own pace."""
    now = timezone.now()
    if Occurrence.objects.filter(these, state=OccurrenceState.QUEUED, catch_up=False, not_before__gt=now).update(not_before=now):
        hints.clock()


def look_again_in(conversation_id: UUID) -> None:
    """A turn has ended there: let a clock look at once at the prompts that have waited longest. More of them than one could not start."""
    queued = Occurrence.objects.filter(task__conversation=conversation_id, state=OccurrenceState.QUEUED, catch_up=False)
    if longest := list(queued.order_by("due_at").values_list("pk", flat=True)[:MOST_WOKEN]):
        look_again_at(Q(pk__in=longest))
