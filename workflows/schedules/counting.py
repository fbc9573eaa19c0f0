"""All due times of a stretch of time that has gone by, however long it was: how many, and the newest of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from workflows.schedules.fields import Fields
from workflows.schedules.schedule import Schedule
from workflows.schedules.times import next_after, on_grid
from workflows.schedules.wall import clock_changes, midnight, of_day

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Overdue:
    """The due times of a stretch: the newest in order, and how many older ones there are, with the first and last of those."""

    newest: tuple[datetime, ...] = ()
    older: int = 0
    since: datetime | None = None
    until: datetime | None = None

    @property
    def count(self) -> int:
        return self.older + len(self.newest)


def due_between(
    schedule: Schedule, after: datetime, until: datetime, zone: ZoneInfo, starts_at: datetime | None = None, newest: int = 100
) -> Overdue:
    """The due times later than `after` and not later than `until`; in UTC. Intervals count from `starts_at`, else from `after`."""
    after, until = after.astimezone(UTC), until.astimezone(UTC)
    if schedule.fields is None:
        return on_grid_between(schedule, after, until, starts_at or after, newest)
    # One more than asked for: the last of the older ones.
    last = sorted(islice(backwards(schedule.fields, after, until, zone), newest + 1))
    if len(last) <= newest:
        return Overdue(tuple(last))
    count = count_between(schedule.fields, after, until, zone)
    return Overdue(tuple(last[1:]), count - newest, next_after(schedule, after, zone), last[0])


def on_grid_between(schedule: Schedule, after: datetime, until: datetime, starts_at: datetime, newest: int) -> Overdue:
    """The same for intervals, by division."""
    assert schedule.every
    first = on_grid(schedule, after, starts_at)
    count = max((until - first) // schedule.every + 1, 0)
    older = max(count - newest, 0)
    last = tuple(first + number * schedule.every for number in range(older, count))
    if not older:
        return Overdue(last)
    return Overdue(last, older, first, first + (older - 1) * schedule.every)


def backwards(fields: Fields, after: datetime, until: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The due times of a stretch, the newest first."""
    day, first = until.astimezone(zone).date(), after.astimezone(zone).date() - DAY
    before = until + DAY
    while day >= first:
        for at in reversed(of_day(fields, day, zone)):
            # A gap at midnight may move two times of two dates to one instant.
            if after < at <= until and at < before:
                before = at
                yield at
        day -= DAY


def count_between(fields: Fields, after: datetime, until: datetime, zone: ZoneInfo) -> int:
    """How many due times a stretch has: whole days without a change of the clock are alike, the others are looked at."""
    each_day = len(fields.minutes) * len(fields.hours)
    first, last = after.astimezone(zone).date() - DAY, until.astimezone(zone).date()
    edges = {first, first + DAY, last - DAY, last}
    count, seen, changed = 0, set[datetime](), False
    for number in range((last - first).days + 1):
        day = first + number * DAY
        changed, before = clock_changes(midnight(day, zone), midnight(day + DAY, zone)), changed
        # The day after a change too: what a gap before midnight moved may be one of its times.
        if changed or before or day in edges:
            seen |= {at for at in of_day(fields, day, zone) if after < at <= until}
        else:
            count += each_day * fields.on(day)
    return count + len(seen)
