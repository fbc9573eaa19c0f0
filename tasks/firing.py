"""What happens when a task is due: a reminder, a turn of an agent, a run of a workflow, or a row that says why not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max, Q
from django.utils import timezone

from chat import log
from chat.models import Message
from chat.schemas import stamp
from tasks import anchors, misfires
from tasks.models import Mode, Occurrence, OccurrenceState, Task, TaskStatus
from tasks.overlaps import SPREAD, Go, Leave, Wait, decide, look_again_at
from tasks.timing import own_mode, own_schedule, own_zone
from workflows import engine, schedules
from workflows.errors import InvalidError
from workflows.models import Run, Trigger

BY_HAND = "Somebody ran the task by hand."
# What the clock changes about a task; the rest belongs to people.
CHANGED = ("status", "active_run_id", "next_due_at", "enabled", "paused_because", "failures", "last_error", "ended_at")


@dataclass(frozen=True, slots=True)
class Started:
    """What a due time set going: a run, a message, or both."""

    run: Run | None = None
    message_seq: int | None = None


def attend(task: Task, now: datetime) -> None:
    """Deal with all due times of a task up to now, in the caller's transaction, which has locked it."""
    found = misfires.plan(task, misfires.overdue(task, now), now)
    task.next_due_at = following(task, now)
    record(task, found, now)
    if found.fires and not Occurrence.objects.filter(task=task, due_at=found.fires).exists():
        begin(task, Occurrence(task=task, due_at=found.fires, state=OccurrenceState.QUEUED), now)
    if found.missed:
        tell_missed(task, found, now)
    write(task)


def write(task: Task) -> None:
    """Save what the clock changes; without a signal, for nobody has to be told in the audit trail."""
    Task.objects.filter(pk=task.pk).update(**{name: getattr(task, name) for name in CHANGED}, updated_at=timezone.now())


def following(task: Task, now: datetime) -> datetime | None:
    """The next due time of a task whose due times up to now are dealt with; None when it has none yet, or no more."""
    assert task.next_due_at
    if task.continuous:
        return after(task, now)
    if task.schedule:
        # Later than both: a clock that was set back repeats nothing.
        return schedules.next_after(own_schedule(task), max(now, task.next_due_at), own_zone(task), task.starts_at)
    return None


def after(task: Task, end: datetime) -> datetime | None:
    """When a continuous task is due again, a run of it having ended then; None where the calendar ends before that."""
    if task.schedule:
        return schedules.next_after(own_schedule(task), end, own_zone(task), end)
    return end + timedelta(seconds=settings.AGENTRON_MIN_INTERVAL)


def record(task: Task, found: misfires.Plan, now: datetime) -> None:
    """Write the rows of the times that do not happen now. One that has a row already keeps it."""
    rows = list(found.rows(task))
    if found.made_up:
        first = free_place(task.owner_id, now)
        made_up = {"task": task, "state": OccurrenceState.QUEUED, "catch_up": True, "created_at": now}
        late = [Occurrence(due_at=at, not_before=first + number * SPREAD, **made_up) for number, at in enumerate(found.made_up)]
        for due in late:
            due.reason = why(due)
        rows += late
    Occurrence.objects.bulk_create(rows, ignore_conflicts=True)


def free_place(owner_id: int, now: datetime) -> datetime:
    """When the next time of an owner's may be made up for, after all others that wait for it."""
    queued = Occurrence.objects.filter(task__owner=owner_id, state=OccurrenceState.QUEUED, catch_up=True)
    last: datetime | None = queued.aggregate(at=Max("not_before"))["at"]
    return max(now, last or now) + SPREAD


def begin(task: Task, due: Occurrence, now: datetime) -> None:
    """Start what is due, let it wait, or leave it out; the caller saves the task."""
    match decide(task, due, now):
        case Go():
            fire(task, due, now)
        case Wait(reason, pause):
            due.reason = reason
            # Counted from its end, once it has happened.
            task.next_due_at = None if task.continuous else task.next_due_at
            due.not_before = now + (SPREAD if due.catch_up else pause)
        case Leave(state, reason):
            leave(task, due, state, reason, now)
    due.save()


def leave(task: Task, due: Occurrence, state: OccurrenceState, reason: str, now: datetime) -> None:
    """A due time does not happen; a task that has no other has failed by that."""
    if task.continuous and task.enabled and task.status == TaskStatus.PENDING:
        task.next_due_at = after(task, now)
    due.state, due.reason, due.not_before = state, reason, None
    if not task.recurs and task.status == TaskStatus.PENDING:
        end(task, TaskStatus.FAILED, now, reason)


def end(task: Task, status: TaskStatus, at: datetime, error: str = "") -> None:
    """Give a task that happens once its last status; the caller saves it. Those that wait for it may go on."""
    task.status, task.ended_at, task.last_error = status, at, error
    task.active_run = task.next_due_at = None
    look_again_at(Q(task__depends_on=task))


def fire(task: Task, due: Occurrence, now: datetime) -> None:
    """Start what is due."""
    anchors.resolve(task)
    started = STARTS[own_mode(task)](task, due)
    due.state, due.run, due.message_seq = OccurrenceState.FIRED, started.run, started.message_seq
    due.fired_at, due.not_before, due.reason = max(now, timezone.now()), None, why(due)
    if task.continuous:
        # Counted from the end of the run, once it has ended; of a reminder, from now.
        task.next_due_at = None if started.run else after(task, now)
    if started.run:
        task.active_run = task.active_run or started.run
        task.status = task.status if task.recurs else TaskStatus.RUNNING
    elif not task.recurs:
        end(task, TaskStatus.SUCCEEDED, now)


def why(due: Occurrence) -> str:
    """Why it happens although nobody planned it so; what it had to wait for meanwhile is over."""
    if due.by_hand:
        return BY_HAND
    return misfires.made_up_because(due) if due.catch_up else ""


def remind(task: Task, due: Occurrence) -> Started:
    """Say it, and how late it is where it is made up for."""
    text, payload = task.text, dict[str, Any](reminder=True)
    if due.catch_up:
        now = timezone.now()
        text += f"\n\n{misfires.belated(task, due, now)}"
        payload |= {"due": stamp(due.due_at), "late_s": round((now - due.due_at).total_seconds())}
    return Started(message_seq=post(task, Message.Author.ASSISTANT, text, **payload).seq)


def ask(task: Task, due: Occurrence) -> Started:
    """Ask the agent in its owner's name, with the conversation before it."""
    message = post(task, Message.Author.USER, task.text, prompt=True)
    message.conversation = task.conversation
    run = engine.enqueue_turn(message, trigger=Trigger.SCHEDULE, agent_id=task.agent_id, idempotency_key=key(due))
    Message.objects.filter(pk=message.pk).update(run_id=run.pk)
    return Started(run, message.seq)


def run_workflow(task: Task, due: Occurrence) -> Started:
    """Run the workflow as it stands now. Raises InvalidError when it is gone, or wants other inputs."""
    if task.workflow is None:
        raise InvalidError("Its workflow was deleted: choose another one, or delete the task.")
    run = engine.execute(
        task.workflow,
        by=task.owner,
        trigger=Trigger.SCHEDULE,
        inputs=task.inputs,
        conversation=task.conversation,
        task_id=task.pk,
        idempotency_key=key(due),
    )
    return Started(run)


STARTS: dict[Mode, Callable[[Task, Occurrence], Started]] = {
    Mode.NOTIFY: remind,
    Mode.PROMPT_AGENT: ask,
    Mode.RUN_WORKFLOW: run_workflow,
}


def key(due: Occurrence) -> str:
    """Makes a second run of a due time impossible, whatever else goes wrong."""
    return f"task:{due.task_id}:{due.due_at.isoformat()}"


def post(task: Task, author: Message.Author, text: str, **payload: Any) -> Message:
    """Say something of a task in its conversation, as an answer to its anchor."""
    user = task.owner if author == Message.Author.USER else None
    told = {"task_id": task.pk, "reply_to": task.anchor, "payload": payload}
    message = Message(author=author, user=user, text=text, via=Message.Via.SCHEDULE, **told)
    log.post(task.conversation_id, message)
    return message


def tell_missed(task: Task, found: misfires.Plan, now: datetime) -> None:
    """Say which times were missed; a task that has no other has failed by that."""
    anchors.resolve(task)
    if not task.recurs and found.verdict:
        end(task, TaskStatus.FAILED, now, found.verdict.reason)
    post(task, Message.Author.SYSTEM, misfires.told(task, found), missed=found.missed)
