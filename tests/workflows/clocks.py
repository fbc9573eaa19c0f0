"""Every change of every clock from 2024 to 2037, and when a schedule is due around it, counted minute by minute."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from workflows.schedules.fields import Fields

START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
# Clocks that do odd things: half an hour, two hours, at midnight, before midnight, twice a year around a month that moves.
ODD = (
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Africa/Cairo",
    "America/Havana",
    "America/Nuuk",
    "Africa/Casablanca",
    "Pacific/Chatham",
)
ZONES = sorted(available_timezones())


@cache
def changes(name: str) -> tuple[datetime, ...]:
    """The instants at which a zone's clock jumps."""
    zone = ZoneInfo(name)
    weeks = [START + timedelta(days=7 * number) for number in range((END - START).days // 7)]
    return tuple(jump(before, before + timedelta(days=7), zone) for before in weeks if jumps(before, before + timedelta(days=7), zone))


def jumps(before: datetime, after: datetime, zone: ZoneInfo) -> bool:
    return before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset()


def jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The minute of the jump between two instants."""
    while after - before > MINUTE:
        middle = before + (after - before) // MINUTE // 2 * MINUTE
        before, after = (before, middle) if jumps(before, middle, zone) else (middle, after)
    return after


def due_by_brute_force(fields: Fields, start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The due times after `start` and not after `end`, found by looking at the wall clock each minute.

    A time that the clock passes for the first time is due then, or when the clock first stands beyond it. A time of a
    star is due each time the clock shows it, and of every hour only then.
    """
    # No clock goes back by more than three hours: what it has shown before these is beyond what it showed earlier.
    at = start.replace(second=0, microsecond=0) - timedelta(hours=4)
    latest = wall(at, zone)
    while (at := at + MINUTE) <= end:
        shown = wall(at, zone)
        times = passed(fields, latest, shown)
        if at > start and any(matches(fields, time) for time in times):
            yield at
        latest = max(latest, shown)


def wall(at: datetime, zone: ZoneInfo) -> datetime:
    """What the clock on the wall shows."""
    return at.astimezone(zone).replace(tzinfo=None)


def passed(fields: Fields, latest: datetime, shown: datetime) -> list[datetime]:
    """The wall-clock times that count when the clock, after it has shown `latest`, shows another time."""
    if fields.by_the_clock and (shown <= latest or len(fields.hours) == 24):
        return [shown]
    return [latest + MINUTE * number for number in range(1, (shown - latest) // MINUTE + 1)]


def matches(fields: Fields, time: datetime) -> bool:
    return fields.on(time.date()) and time.hour in fields.hours and time.minute in fields.minutes


def around(change: datetime, luck: random.Random) -> datetime:
    """An instant within a day and a half of a change, most often within hours of it."""
    hours = luck.choice((1.5, 4, 36))
    return change + timedelta(seconds=luck.uniform(-hours, hours) * 3600)
