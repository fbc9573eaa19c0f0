"""The verbs of tasks. Every face (page, API, command, admin, tool, bot) calls these and nothing deeper."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from chat import hints
from chat.models import Message
from tasks import anchors, firing, misfires, quotas
from tasks.drafts import TIMING, Changes, Draft
from tasks.fields import apply, dependencies, fingerprint, named, twin, waiting_for
from tasks.models import ENDED, STOPPABLE, Occurrence, OccurrenceState, Task, TaskStatus
from tasks.overlaps import unfinished
from tasks.timing import come_due, first_due, meant
from workflows import engine
from workflows.errors import InvalidError, MissingError, NotAllowedError, RefusedError
from workflows.models import Run

CANCELLED, PAUSED = "The task was cancelled.", "The task was paused."


@dataclass(frozen=True)
class Added:
    """What became of a draft; `created` is False when the same task was there already."""

    task: Task
    created: bool


@transaction.atomic
def add(
    draft: Draft,
    *,
    owner: User,
    via: Message.Via = Message.Via.RUN,
    by: User | None = None,
    run: Run | None = None,
    now: datetime | None = None,
) -> Added:
    """Make a task, unless the same one is pending or at work. `run`: an agent's run makes it, within the quotas.

    Raises InvalidError that names the wrong fields, MissingError for what it refers to, NotAllowedError beyond a quota.
    """
    now = now or timezone.now()
    # Two copies of one request make one task, and no quota is passed in a race.
    take_turn(owner.pk)
    task = Task(owner=owner, created_by=by or (None if run else owner), created_in=run, starts_at=now)
    task.own_conversation = draft.conversation is None
    apply(task, draft.model_dump(), draft, now)
    before = dependencies(task, draft.depends_on)
    task.fingerprint = fingerprint(task)
    if not draft.allow_duplicates and (same := twin(task)):
        return Added(same, created=False)
    if run:
        quotas.check(run, task.schedule)
    if task.own_conversation:
        anchors.settle_down(task)
    task.next_due_at = first_due(task, now)
    task.save(force_insert=True)
    task.depends_on.set(before)
    if run is None:
        anchors.announce(task, by or owner, via)
    hints.clock()
    return Added(task, created=True)


@transaction.atomic
def update(task: Task, changes: Changes, *, by: User, now: datetime | None = None) -> Task:
    """Change what `changes` names and keep the rest; a new time makes the old one void.

    Raises NotAllowedError unless it is pending and nobody else manages it, else as `add`.
    """
    now = now or timezone.now()
    if changes.depends_on or changes.schedule:
        # Two changes at once must not let tasks wait for each other.
        take_turn(task.owner_id)
    current = locked(task)
    check_own(current)
    if current.status != TaskStatus.PENDING:
        raise NotAllowedError(f"This task is {current.status}: only a pending one can be changed.", task_status=current.status)
    given = changes.given()
    before, was_enabled, recurred = meant(current), current.enabled, current.recurs
    passed = misfires.give_up(current, "The task was changed.", now)
    apply(current, given, changes if given.keys() & set(TIMING) else None, now)
    if recurred != current.recurs:
        part_with_runs(current)
    if changes.depends_on is not None:
        current.depends_on.set(dependencies(current, changes.depends_on))
    retimed = meant(current) != before
    if retimed:
        forget_waiting(current, "The task was changed.", passed)
        come_due(current, now)
    if changes.enabled is False:
        switch_off(current, by, passed)
    elif current.enabled and not was_enabled:
        switch_on(current, now, retimed=retimed)
    current.fingerprint = fingerprint(current)
    current.save()
    hints.clock()
    return current


@transaction.atomic
def cancel(task: Task, *, by: User) -> Task:
    """End a task and whatever of it is at work. Raises NotAllowedError when it has ended, or a workflow manages it."""
    current = locked(task)
    check_own(current)
    if current.status not in STOPPABLE:
        raise NotAllowedError(f"This task has {ended(current)} already: there is nothing to cancel.", task_status=current.status)
    run, passed = current.active_run, misfires.give_up(current, CANCELLED, timezone.now())
    current.status, current.ended_at = TaskStatus.CANCELLED, timezone.now()
    current.next_due_at = current.active_run = None
    current.save()
    forget_waiting(current, CANCELLED, passed)
    stop(run, by)
    return current


def stop(run: Run | None, by: User) -> None:
    """Cancel the run of a task that was cancelled, unless it ends by itself in this instant."""
    if run is None:
        return
    try:
        engine.cancel(run, by=by)
    except NotAllowedError:
        return


@transaction.atomic
def run_now(task: Task, *, by: User) -> Task:
    """Let a pending task happen now; one that recurs keeps its times, one that does not is done with it.

    It may still have to wait, for a busy conversation or what it depends on. Raises NotAllowedError while a run of it is
    at work, and when it has ended; InvalidError when its workflow cannot be run.
    """
    current = locked(task)
    if current.status in ENDED:
        raise NotAllowedError(f"This task has {ended(current)}: it is not pending any more.", task_status=current.status)
    if current.status != TaskStatus.PENDING or current.active_run_id:
        raise NotAllowedError("This task is already running: wait for its end, or cancel it.", task_status=current.status)
    now = timezone.now()
    # One that recurs keeps the times that no clock has dealt with yet.
    forget_waiting(current, firing.BY_HAND, [] if current.recurs else misfires.give_up(current, firing.BY_HAND, now))
    if not current.recurs:
        current.next_due_at = None
    due = Occurrence(task=current, due_at=now, not_before=now, state=OccurrenceState.QUEUED, by_hand=True, reason=firing.BY_HAND)
    firing.begin(current, due, now)
    firing.write(current)
    hints.clock()
    return current


@transaction.atomic
def pause(task: Task, *, by: User) -> Task:
    """Let a pending task have no due times until it is resumed; what is at work goes on. Pausing twice is once."""
    current = locked(task)
    check_pending(current, "paused")
    switch_off(current, by, misfires.give_up(current, PAUSED, timezone.now()))
    current.save()
    return current


def switch_off(task: Task, by: User, passed: list[Occurrence]) -> None:
    """Let it have no due times, not even those that have `passed`; the caller saves it."""
    task.enabled, task.paused_because, task.next_due_at = False, f"{by.get_username()} paused it.", None
    forget_waiting(task, PAUSED, passed)


@transaction.atomic
def resume(task: Task, *, by: User) -> Task:
    """Let a paused task go on with its next due time; the times that passed meanwhile were none of its own.

    Raises InvalidError when it was to happen once and that time is over.
    """
    current = locked(task)
    check_pending(current, "resumed")
    if current.enabled:
        return current
    switch_on(current, timezone.now(), retimed=False)
    current.save()
    hints.clock()
    return current


def switch_on(task: Task, now: datetime, *, retimed: bool) -> None:
    """Let a paused task have due times again; the caller saves it. `retimed`: it has just been given its time.

    Raises InvalidError when it was to happen once and that time is over.
    """
    if not task.recurs and not retimed and (task.run_at is None or task.run_at <= now):
        sentence = "Its time passed while it was paused: run it now, or give it another time."
        raise InvalidError(sentence, fields={"run_at": sentence})
    task.enabled, task.paused_because, task.failures = True, "", 0
    if task.continuous and task.active_run_id:
        # Counted from the end of what is at work.
        task.next_due_at = None
    elif not retimed:
        come_due(task, now)


@transaction.atomic
def delete(task: Task, *, by: User) -> None:
    """Delete a task with its history. Raises NotAllowedError while it is at work or waited for, or when a workflow manages it."""
    # Nobody may begin to wait for it meanwhile.
    take_turn(task.owner_id)
    current = locked(task)
    check_own(current)
    if current.status in (TaskStatus.RUNNING, TaskStatus.WAITING_FOR_USER) or current.active_run_id:
        raise NotAllowedError("This task is at work: cancel it first.", task_status=current.status)
    if others := named(waiting_for(current)):
        raise NotAllowedError(f"“{current}” is waited for by {others}: change that first.", task_status=current.status)
    current.delete()


def delete_all(tasks: Iterable[Task], *, by: User) -> dict[Task, str]:
    """Delete these tasks, what waits for others of them before those; why each of them stays that does."""
    left, kept = list(tasks), dict[Task, str]()
    while left:
        kept = {task: sentence for task in left if (sentence := refusal(task, by))}
        if len(kept) == len(left):
            break
        left = list(kept)
    return kept


def refusal(task: Task, by: User) -> str:
    """Delete a task; why it stays, where it does."""
    try:
        delete(task, by=by)
    except RefusedError as exc:
        return str(exc)
    return ""


def take_turn(owner_id: int) -> None:
    """One at a time for each person, until the transaction ends; before any task is locked.

    Without the key: the clock's rows refer to people, and it holds a conversation that is wanted here later.
    """
    User.objects.select_for_update(no_key=True).get(pk=owner_id)


def locked(task: Task) -> Task:
    """The task as it stands, for this transaction alone."""
    found = (
        Task.objects.select_for_update(of=("self",), no_key=True)
        .select_related("owner", "active_run", "managed_by")
        .filter(pk=task.pk)
        .first()
    )
    if found is None:
        raise MissingError("There is no such task any more.")
    return found


def part_with_runs(task: Task) -> None:
    """Earlier runs of a task that recurs from now on, or no longer, are not its own. Raises NotAllowedError while one is not over."""
    if unfinished(task).exists():
        raise NotAllowedError("A run of this task is not over: wait for its end or cancel it first.", task_status=task.status)
    task.active_run = None


def check_own(task: Task) -> None:
    """Raise NotAllowedError for the task of a workflow: that one is changed where its schedule stands."""
    if task.managed_by:
        raise NotAllowedError(
            f"This task carries out the schedule of the workflow “{task.managed_by}”: change it there. Pause, resume and run work here.",
            workflow=str(task.managed_by_id),
        )


def check_pending(task: Task, what: str) -> None:
    """Raise NotAllowedError for a task that cannot be paused or resumed any more."""
    if task.status != TaskStatus.PENDING:
        raise NotAllowedError(f"This task is {task.status}: only a pending one can be {what}.", task_status=task.status)


def ended(task: Task) -> str:
    """How it ended, as a sentence goes on after “has”."""
    return "been cancelled" if task.status == TaskStatus.CANCELLED else str(task.status)


def forget_waiting(task: Task, reason: str, passed: Iterable[Occurrence] = ()) -> None:
    """Due times that still wait to be started will not be, nor those that have `passed` while no clock looked."""
    Occurrence.objects.bulk_create(passed, ignore_conflicts=True)
    waiting: dict[str, Any] = {"task": task, "state": OccurrenceState.QUEUED}
    Occurrence.objects.filter(**waiting).update(state=OccurrenceState.CANCELLED, reason=reason, not_before=None)
