"""When a schedule is due next: wall clock in the schedule's own zone, elapsed time for intervals, instants in UTC."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from croniter import croniter

from workflows.schedules.fields import Fields
from workflows.schedules.schedule import Schedule


def next_after(schedule: Schedule, base: datetime, zone: ZoneInfo, anchor: datetime | None = None) -> datetime:
    """The first due time after an aware instant, and never the instant itself; in UTC.

    Intervals count elapsed time from the anchor (the base when there is none), so that a late look does not shift them.
    """
    base = base.astimezone(UTC)
    if schedule.fields is None:
        return on_grid(schedule, base, anchor or base)
    return next_on_clock(schedule.fields, base, zone)


def on_grid(schedule: Schedule, base: datetime, anchor: datetime) -> datetime:
    """The first instant after the base that is a whole number of intervals from the anchor, and after it."""
    assert schedule.every
    start = anchor.astimezone(UTC)
    return start + max((base - start) // schedule.every + 1, 1) * schedule.every


def next_on_clock(fields: Fields, base: datetime, zone: ZoneInfo) -> datetime:
    """The next time by croniter, which needs to be told twice.

    It gives both passes of a repeated hour, where a fixed time is due in the first alone; and asked from inside
    the second pass, it may answer with a time that is gone.
    """
    # Due times are whole minutes: what comes after the second comes after each part of it.
    steps = croniter(fields.expression, base.replace(microsecond=0).astimezone(zone))
    while True:
        local: datetime = steps.get_next(datetime)
        at = local.astimezone(UTC)
        if at > base and (fields.by_the_clock or not local.fold):
            return at


def following(schedule: Schedule, base: datetime, zone: ZoneInfo, anchor: datetime | None = None) -> Iterator[datetime]:
    """All due times after an instant, in order, without end."""
    anchor = anchor or base
    while True:
        base = next_after(schedule, base, zone, anchor)
        yield base
