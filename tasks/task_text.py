"""Tasks and their due times in plain lines, for a terminal."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from chat.figures import span
from chat.terminal import clean
from tasks import reading
from tasks.models import ENDED, Mode, Occurrence, OccurrenceState, Task, TaskStatus
from workflows.models import RunStatus
from workflows.run_text import line, short

COMING = 3


def described(task: Task) -> Iterator[str]:
    """A task for a person to read: what it does, when it happens next, and what stands in the way of that."""
    yield f"Task {task.pk}"
    yield line("Title", clean(task.title))
    yield line("Status", status(task))
    yield line("Does", clean(what(task)))
    yield line("When", reading.description(task))
    yield from coming(task)
    if task.next_due_at is None:
        yield line("Next", still(task))
    if task.recurs:
        yield line("Overlap", f"{task.get_overlap_display()} (while an earlier run is not over)")
        yield line("Missed", f"{task.get_misfire_display()}, at most {span(task.grace_seconds)} late")
    yield line("Conversation", task.conversation_id)
    yield from belongings(task)


def belongings(task: Task) -> Iterator[str]:
    """Who works, what it waits for, what is kept with it, who made it, and what went wrong."""
    facts = {
        "Agent": task.agent.name if task.agent else "",
        "Managed by": f"workflow {task.managed_by.name}" if task.managed_by else "",
        "Waits for": ", ".join(str(other.pk) for other in task.depends_on.all()),
        "Metadata": ", ".join(f"{key}={value}" for key, value in task.kept.items()),
        "Made by": made_by(task),
        "Run": task.active_run_id or "",
        "Last error": task.last_error,
    }
    for name, fact in facts.items():
        if fact:
            yield line(name, short(str(fact)) if name == "Metadata" else clean(str(fact)))


def made_by(task: Task) -> str:
    """The person or the run that made it."""
    if task.created_in_id:
        return f"run {task.created_in_id}"
    return task.created_by.get_username() if task.created_by else ""


def status(task: Task) -> str:
    """Where it is in its life, in a few words."""
    if task.status == TaskStatus.PENDING and not task.enabled:
        return "Paused"
    if not task.recurs or task.active_run is None:
        return task.get_status_display()
    waits = task.active_run.status == RunStatus.WAITING_FOR_USER
    return f"{task.get_status_display()}, {'its run waits for your answer' if waits else 'at work now'}"


def what(task: Task) -> str:
    """What happens when it is due."""
    if task.mode == Mode.RUN_WORKFLOW:
        given = ", ".join(f"{name}={value}" for name, value in task.given.items())
        return short(f"Run {task.workflow.name if task.workflow else 'a workflow that was deleted'}{f' with {given}' if given else ''}")
    return f"{task.get_mode_display()}: {short(task.text)}"


def coming(task: Task, n: int = COMING) -> Iterator[str]:
    """Its next times, a line each."""
    for number, due in enumerate(reading.coming(task, n)):
        note = f" ({due.note})" if due.note else ""
        yield line("Next" if number == 0 else "", both(due.at, task.zone) + note)


def both(at: datetime, zone: ZoneInfo) -> str:
    """A time where the task's clock stands, and the same in UTC."""
    universal = f"{moment(at.astimezone(UTC))} UTC"
    return universal if zone.key == "UTC" else f"{moment(at.astimezone(zone))} {zone.key}, {universal}"


def moment(at: datetime) -> str:
    """A date and a time, with seconds where they say something."""
    return f"{at:%a %Y-%m-%d %H:%M:%S}".removesuffix(":00")


def still(task: Task) -> str:
    """Why a task without a next time has none."""
    if task.status in ENDED:
        return f"never: it has {'been cancelled' if task.status == TaskStatus.CANCELLED else task.status}"
    if not task.enabled:
        return f"not while it is paused{f': {clean(task.paused_because)}' if task.paused_because else ''}"
    return f"when run {task.active_run_id} has ended" if task.continuous and task.active_run_id else "it is being done"


def slots(task: Task, rows: Iterable[Occurrence]) -> Iterator[str]:
    """Every due time with what became of it and why, in order, and what is to come."""
    yield f"Task “{clean(task.title)}”: {reading.description(task)}"
    for row in rows:
        yield line(OccurrenceState(row.state).value, f"{times(row, task.zone)}{because(row)}")
    if task.next_due_at is None:
        yield line("next", still(task))
    yield from (line("next", both(due.at, task.zone)) for due in reading.coming(task, COMING))


def times(row: Occurrence, zone: ZoneInfo) -> str:
    """The due time of a row, or the several that share it."""
    first = both(row.due_at, zone)
    return f"{first} until {both(row.until, zone)}, {row.count:,} times" if row.until and row.count > 1 else first


def because(row: Occurrence) -> str:
    """How it was fired, or why it was not."""
    parts = [
        f"{span((row.late_ms or 0) / 1000)} late" if row.state == OccurrenceState.FIRED else "",
        "made up for" if row.catch_up and row.state == OccurrenceState.FIRED else "",
        clean(row.reason),
        f"run {row.run_id}" if row.run_id else "",
        f"message {row.message_seq}" if row.message_seq else "",
    ]
    told = "; ".join(part for part in parts if part)
    return f": {told}" if told else ""
