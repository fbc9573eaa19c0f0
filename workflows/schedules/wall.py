"""The wall clock of a zone: which instants a local date has, and what its jumps do to them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from workflows.schedules.fields import Fields

MINUTE = timedelta(minutes=1)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def clock_changes(earlier: datetime, later: datetime) -> bool:
    """Whether the wall clock stands otherwise at one time than at another."""
    return earlier.utcoffset() != later.utcoffset()


@lru_cache(maxsize=256)
def of_day(fields: Fields, day: date, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The instants at which a local date is due, in order."""
    if not fields.on(day):
        return ()
    times = (datetime.combine(day, time(hour, minute), zone) for hour in fields.hours for minute in fields.minutes)
    return tuple(sorted({at for local in times for at in instants(fields, local)}))


def instants(fields: Fields, local: datetime) -> Iterator[datetime]:
    """The instants at which the clock shows a time.

    Where it leaps over the time, the first minute after the leap; where it shows it twice, the first, or for times of a star both.
    """
    at = valid(local)
    if not fields.every_hour or shows(at, local):
        yield at
    if fields.by_the_clock and local.utcoffset() != local.replace(fold=1).utcoffset():
        again = local.replace(fold=1).astimezone(UTC)
        if shows(again, local) and again > at:
            yield again


def valid(local: datetime) -> datetime:
    """The instant of a local time, or of the first minute after the gap that swallowed it; in UTC."""
    while not shows(at := local.astimezone(UTC), local):
        local += MINUTE
    return at


def shows(at: datetime, local: datetime) -> bool:
    """Whether the wall clock shows a local time at an instant."""
    return at.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None)
