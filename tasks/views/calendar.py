"""A month of somebody's tasks, day by day: what happened, what did not, and what is to come."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User

from tasks.models import Occurrence, Task, TaskStatus
from tasks.timing import own_schedule, own_zone
from tasks.views.rows import outcome
from workflows.errors import InvalidError
from workflows.schedules.fields import Fields
from workflows.schedules.wall import of_day, valid

DAY = timedelta(days=1)
# What a month shows at most: it is to be read, and to be there at once.
MOST_PAST = 10_000
MOST_TASKS = 100
# A task that comes more often on a day has one line there.
MOST_A_DAY = 3
COMING = "coming"


@dataclass(frozen=True)
class Mark:
    """What one task does on one day: `count` times, first at `at`; `status` and `label` say what became of it."""

    at: datetime
    task_id: UUID
    title: str
    status: str
    label: str
    count: int = 1


@dataclass
class Cell:
    """A day of the month's sheet."""

    day: date
    inside: bool
    marks: list[Mark] = field(default_factory=list)


@dataclass(frozen=True)
class Span:
    """The days that a month's sheet shows, as instants of somebody's zone."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def start(self) -> datetime:
        """The first instant."""
        return self.midnight(self.first)

    @property
    def end(self) -> datetime:
        """The first instant after."""
        return self.midnight(self.last + DAY)

    def midnight(self, day: date) -> datetime:
        """When a day begins there."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def days(self) -> list[date]:
        """All of its days."""
        return [self.first + number * DAY for number in range((self.last - self.first).days + 1)]

    def local_day(self, at: datetime) -> date:
        """On which day an instant is there."""
        return at.astimezone(self.zone).date()


@dataclass(frozen=True)
class Sheet:
    """The weeks that a month touches, from Monday to Sunday. `past_from`: before it, more happened than fits; `is_cut`: more is to come."""

    cells: list[Cell]
    past_from: date | None
    is_cut: bool


def sheet(user: User, month: date, zone: ZoneInfo, now: datetime) -> Sheet:
    """A month of `user`'s, with what is on each day; two queries."""
    last = (month.replace(day=28) + 4 * DAY).replace(day=1) - DAY
    span = Span(month - month.weekday() * DAY, last + (6 - last.weekday()) * DAY, zone)
    cells = {day: Cell(day, inside=day.month == month.month) for day in span.days()}
    rows, tasks = happened(user, span), live(user, span, now)
    for mark in (*past(rows, span), *(mark for task in tasks[:MOST_TASKS] for mark in ahead(task, span))):
        if cell := cells.get(span.local_day(mark.at)):
            cell.marks.append(mark)
    for cell in cells.values():
        cell.marks.sort(key=lambda mark: (mark.at, mark.title))
    return Sheet(list(cells.values()), span.local_day(rows[-1].at) if len(rows) == MOST_PAST else None, len(tasks) > MOST_TASKS)


class Row(NamedTuple):
    """A due time that was, as the sheet reads it."""

    at: datetime
    task_id: UUID
    title: str
    state: str
    run_status: str | None
    times: int


def happened(user: User, span: Span) -> list[Row]:
    """The newest due times of these days that were."""
    rows = Occurrence.objects.of(user).filter(due_at__gte=span.start, due_at__lt=span.end).order_by("-due_at")
    fields = rows.values_list("due_at", "task_id", "task__title", "state", "run__status", "count")
    return [Row(*row) for row in fields[:MOST_PAST]]


def past(rows: Iterable[Row], span: Span) -> Iterator[Mark]:
    """One mark for all due times of a task that ended alike on a day, if they are more than a few."""
    alike: dict[tuple[date, UUID, str, str | None], list[Row]] = defaultdict(list)
    for row in rows:
        alike[span.local_day(row.at), row.task_id, row.state, row.run_status].append(row)
    for some in alike.values():
        status, label = outcome(some[0].state, some[0].run_status or "")
        whole = some if len(some) <= MOST_A_DAY else [some[-1]._replace(times=sum(row.times for row in some))]
        for row in whole:
            yield Mark(row.at, row.task_id, row.title, status, label, row.times)


def live(user: User, span: Span, now: datetime) -> list[Task]:
    """The tasks that are due first, and one more than fits."""
    if span.end <= now:
        return []
    rows = Task.objects.of(user).filter(next_due_at__lt=span.end, status=TaskStatus.PENDING, enabled=True)
    fields = ("pk", "title", "schedule", "continuous", "time_zone", "starts_at", "next_due_at")
    return list(rows.only(*fields).order_by("next_due_at")[: MOST_TASKS + 1])


def ahead(task: Task, span: Span) -> Iterator[Mark]:
    """When a task comes in these days; once for a day on which it comes more than a few times."""
    for times, count in slots(task, span):
        some = times if count <= MOST_A_DAY else times[:1]
        for at in some:
            yield Mark(at, task.pk, task.title, COMING, "Coming", 1 if count <= MOST_A_DAY else count)


def slots(task: Task, span: Span) -> Iterator[tuple[list[datetime], int]]:
    """Day by day, when it is due from its next time on: its times, or of very many the first alone, and how many there are."""
    first = task.next_due_at
    assert first
    start = max(first, span.start)
    if not task.schedule or task.continuous:
        yield ([first], 1) if span.start <= first < span.end else ([], 0)
        return
    try:
        parsed, zone = own_schedule(task), own_zone(task)
    except InvalidError:
        return
    days = (span.first + number * DAY for number in range((span.last - span.first).days + 1))
    if parsed.every:
        for day in days:
            yield elapsed(task.starts_at, parsed.every, max(start, span.midnight(day)), span.midnight(day + DAY))
    elif parsed.fields:
        yield from on_clock(parsed.fields, start, span.end, zone)


def elapsed(anchor: datetime, every: timedelta, start: datetime, end: datetime) -> tuple[list[datetime], int]:
    """The times of an interval from `start` up to `end`."""
    first = anchor - ((anchor - start) // every) * every
    count = max(0, -((first - end) // every))
    return [first + number * every for number in range(min(count, MOST_A_DAY))], count


def on_clock(fields: Fields, start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[list[datetime], int]]:
    """The times of a schedule by the clock, by the dates of its own zone."""
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    edges, each_day = (day, last), len(fields.hours) * len(fields.minutes)
    while day <= last:
        if day in edges or each_day <= MOST_A_DAY:
            times = [at for at in of_day(fields, day, zone) if start <= at < end]
            yield times, len(times)
        elif fields.on(day):
            yield [valid(datetime.combine(day, time(fields.hours[0], fields.minutes[0]), zone))], each_day
        day += DAY
