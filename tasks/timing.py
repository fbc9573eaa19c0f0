"""When a task is due: what was said about it, made into the fields of its row."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from chat.models import Profile
from chat.zones import named, zone_names
from tasks.drafts import TIMING, When
from tasks.models import Mode, Occurrence, OccurrenceState, Task
from workflows import schedules
from workflows.errors import InvalidError
from workflows.models import Misfire, Overlap
from workflows.schedules import Schedule


@dataclass(frozen=True)
class Timing:
    """The time fields of a task; `run_at` in UTC, or a schedule in its regular form, never both."""

    run_at: datetime | None
    schedule: str
    time_zone: str


def timing(said: When, task: Task, now: datetime) -> Timing:
    """What `said` means at `now` for a task, which keeps its zone unless another is named. Raises InvalidError at the field that is wrong."""
    zone = checked_zone(said.time_zone) or task.time_zone or Profile.of(task.owner).zone().key
    if said.schedule is None and not said.says_once() and (task.run_at or task.schedule):
        check_left(said, task)
        return Timing(task.run_at, task.schedule, zone)
    if said.schedule is None:
        once = schedules.when(run_at=said.run_at, **said.delays(), time_zone=said.time_zone or None, now=now)
        return Timing(once, "", zone)
    if said.says_once():
        sentence = "Give either a schedule or a time at which it happens once, not both."
        raise InvalidError(sentence, fields={"schedule": sentence})
    return Timing(None, schedules.parse(said.schedule).text, zone)


def check_left(said: When, task: Task) -> None:
    """Raise InvalidError for a change that names no other time, unless it names another zone and takes no time away."""
    empty = [name for name in TIMING if name in said.model_fields_set and not getattr(said, name)]
    taken = [name for name in empty if name in ("run_at", "schedule") and getattr(task, name)]
    if said.time_zone and not taken:
        return
    field = (taken or [name for name in empty if name != "time_zone"] or ["time_zone"])[0]
    sentence = "Give a time zone such as Europe/Berlin." if field == "time_zone" else "Give a schedule, or a time at which it happens once."
    raise InvalidError(sentence, fields={field: sentence})


def meant(by: Task | Timing) -> tuple[datetime | None, str, str]:
    """What decides the instants; the zone of what happens once does not."""
    return by.run_at, by.schedule, by.time_zone if by.schedule else ""


def checked_zone(name: str | None) -> str:
    """`name`, or nothing where none was given. Raises InvalidError for what is no IANA zone."""
    if name and name not in zone_names():
        sentence = f"“{name[:64]}” is not a time zone: give its IANA name, such as Europe/Berlin or America/New_York."
        raise InvalidError(sentence, fields={"time_zone": sentence})
    return name or ""


def first_due(task: Task, now: datetime) -> datetime | None:
    """When a task that stands as it does is due next; None while it is paused. Raises InvalidError for one that cannot be read."""
    if not task.enabled:
        return None
    check_readable(task)
    if task.schedule and not task.continuous:
        return schedules.next_after(own_schedule(task), now, own_zone(task), task.starts_at)
    return now if task.continuous else task.run_at


def come_due(task: Task, now: datetime) -> None:
    """Give a task its next due time; the caller saves it. An instant whose row was cancelled waits again in that row.

    Raises InvalidError for one that happens once, at an instant of which something else became already.
    """
    task.next_due_at = first_due(task, now)
    row = None if task.recurs or not task.next_due_at else Occurrence.objects.filter(task=task, due_at=task.next_due_at).first()
    if row is None:
        return
    if row.state not in (OccurrenceState.CANCELLED, OccurrenceState.QUEUED):
        sentence = "That time of this task is over: run it now, or give it another time."
        raise InvalidError(sentence, fields={"run_at": sentence})
    row.state, row.reason, row.not_before = OccurrenceState.QUEUED, "It was given this time again.", row.due_at
    row.save(update_fields=["state", "reason", "not_before"])
    task.next_due_at = None


def check_readable(task: Task) -> None:
    """Raise InvalidError at the first field of a row that cannot be read: edited in the database, or from before a word was lost."""
    own_zone(task)
    if task.schedule:
        own_schedule(task)
    own_mode(task)
    for name, words in (("overlap", Overlap.values), ("misfire", Misfire.values)):
        if getattr(task, name) not in words:
            raise unreadable(name, name, getattr(task, name), words[0])


def own_zone(task: Task) -> ZoneInfo:
    """The zone of its row. Raises InvalidError where there is none of that name."""
    if zone := named(task.time_zone):
        return zone
    raise unreadable("time_zone", "time zone", task.time_zone, "Europe/Berlin")


def own_mode(task: Task) -> Mode:
    """The mode of its row. Raises InvalidError where there is none of that name."""
    if task.mode not in Mode.values:
        raise unreadable("mode", "mode", task.mode, Mode.NOTIFY.value)
    return Mode(task.mode)


def own_schedule(task: Task) -> Schedule:
    """The schedule of its row. Raises InvalidError where it is none."""
    try:
        return schedules.parse(task.schedule)
    except InvalidError as exc:
        raise unreadable("schedule", "schedule", task.schedule, "daily@09:00") from exc


def unreadable(field: str, called: str, value: str, example: str) -> InvalidError:
    """The refusal of what a row holds."""
    sentence = f"Its {called} “{str(value)[:80]}” cannot be read: give it another, such as {example}."
    return InvalidError(sentence, fields={field: sentence})
