"""When a task is due: what was said about it, made into the fields of its row."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from chat.models import Profile
from chat.zones import named, zone_names
from tasks.drafts import When
from tasks.models import Mode, Task
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
    if said.schedule is None and not said.says_once() and said.time_zone and (task.run_at or task.schedule):
        return Timing(task.run_at, task.schedule, zone)
    if said.schedule is None:
        once = schedules.when(run_at=said.run_at, **said.delays(), time_zone=said.time_zone or None, now=now)
        return Timing(once, "", zone)
    if said.says_once():
        sentence = "Give either a schedule or a time at which it happens once, not both."
        raise InvalidError(sentence, fields={"schedule": sentence})
    return Timing(None, schedules.parse(said.schedule).text, zone)


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
