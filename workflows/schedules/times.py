"""When a schedule is due next: wall clock in the schedule's own zone, elapsed time for intervals, instants in UTC."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter

from workflows.schedules.fields import Fields
from workflows.schedules.schedule import Schedule
from workflows.schedules.wall import clock_changes, of_day

DAY = timedelta(days=1)


def next_after(schedule: Schedule, base: datetime, zone: ZoneInfo, starts_at: datetime | None = None) -> datetime | None:
    """The first due time after an aware instant, and never the instant itself; in UTC. None where the calendar ends before it.

    Intervals count elapsed time from `starts_at` (the base when there is none), so that a late look does not shift them.
    """
    base = base.astimezone(UTC)
    try:
        at = on_grid(schedule, base, starts_at or base) if schedule.fields is None else next_on_clock(schedule.fields, base, zone)
        # Its own clock has to show it too.
        at.astimezone(zone)
    except OverflowError:
        return None
    return at


def on_grid(schedule: Schedule, base: datetime, starts_at: datetime) -> datetime:
    """The first instant after the base that is a whole number of intervals from the start, and after it."""
    assert schedule.every
    start = starts_at.astimezone(UTC)
    return start + max((base - start) // schedule.every + 1, 1) * schedule.every


def next_on_clock(fields: Fields, base: datetime, zone: ZoneInfo) -> datetime:
    """The next time by croniter, but near a change of the clock by the wall clock itself.

    There croniter gives both passes of a repeated hour, a time that is gone when asked from inside the second pass,
    and loses minutes where a clock goes back by less than an hour or to the middle of one.
    """
    # Due times are whole minutes: what comes after the second comes after each part of it.
    steps = croniter(fields.expression, base.replace(microsecond=0).astimezone(zone))
    try:
        at: datetime = steps.get_next(datetime).astimezone(UTC)
    except ValueError:
        # It looks beyond the year 9999, which may have a time yet.
        return next_on_wall(fields, base, zone)
    if at > base and not changes_near(base, zone) and not changes_near(at, zone):
        return at
    return next_on_wall(fields, base, zone)


def changes_near(at: datetime, zone: ZoneInfo) -> bool:
    return clock_changes((at - DAY).astimezone(zone), (at + DAY).astimezone(zone))


def next_on_wall(fields: Fields, base: datetime, zone: ZoneInfo) -> datetime:
    """The next time by looking through the dates one by one, from the one before: a gap at midnight moves times to the next."""
    day = base.astimezone(zone).date() - DAY
    while True:
        times = of_day(fields, day, zone)
        if times and times[-1] > base:
            return times[bisect_right(times, base)]
        day += DAY


def following(schedule: Schedule, base: datetime, zone: ZoneInfo, starts_at: datetime | None = None) -> Iterator[datetime]:
    """All due times after an instant, in order, to the end of the calendar."""
    starts_at = starts_at or base
    at = next_after(schedule, base, zone, starts_at)
    while at is not None:
        yield at
        at = next_after(schedule, at, zone, starts_at)
