"""The next times of a schedule as people read them, with a word on those that a change of the clock moves."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from workflows.schedules.fields import Fields
from workflows.schedules.schedule import Schedule
from workflows.schedules.times import following

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Due:
    """One due time: the instant in UTC, the same on the wall clock, and what a change of the clock did to it."""

    at: datetime
    local: datetime
    note: str = ""


def upcoming(schedule: Schedule, base: datetime, zone: ZoneInfo, n: int, starts_at: datetime | None = None) -> list[Due]:
    """The next n due times after an instant."""
    found: list[Due] = []
    before: datetime | None = None
    for at in islice(following(schedule, base, zone, starts_at), n):
        local = at.astimezone(zone)
        found.append(
            Due(at, local, on_clock(schedule.fields, local) if schedule.fields else by_elapsed(before or base.astimezone(zone), local))
        )
        before = local
    return found


def on_clock(fields: Fields, local: datetime) -> str:
    """What to say of a wall-clock time that a gap moved, or that comes twice."""
    if local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset():
        return f"{local:%H:%M} comes twice on this day: this is the {'second' if local.fold else 'first'}"
    if not (fields.on(local.date()) and local.hour in fields.hours and local.minute in fields.minutes):
        return f"{meant(fields, local):%H:%M} does not exist on this day: the clock goes forward to {local:%H:%M}"
    return ""


def meant(fields: Fields, local: datetime) -> datetime:
    """The first of its own times that the gap just before a time swallowed."""
    earlier = local.astimezone(UTC) - MINUTE
    # The clock before the gap, as if it had gone on.
    old = (earlier.astimezone(local.tzinfo) + MINUTE).replace(tzinfo=None)
    while not (fields.on(old.date()) and old.hour in fields.hours and old.minute in fields.minutes):
        old += MINUTE
    return old


def by_elapsed(before: datetime, local: datetime) -> str:
    """What to say of a time whose clock has changed since the one before."""
    moved = (local.utcoffset() or timedelta()) - (before.utcoffset() or timedelta())
    if not moved:
        return ""
    way = "forward" if moved > timedelta() else "back"
    return f"the clock went {way} by {round(abs(moved) / MINUTE)} minutes since the time before; elapsed time counts"
