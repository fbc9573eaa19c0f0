"""A month of somebody's tasks, day by day: what happened, what did not, and what is to come."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db.models import Min, Sum
from django.db.models.functions import TruncDate

from tasks.models import Occurrence, Task, TaskStatus
from tasks.views.rows import outcome
from workflows import schedules
from workflows.schedules.wall import of_day

DAY = timedelta(days=1)
# What a month shows at most: it is to be read, and to be there at once.
MOST_PAST = 1500
MOST_TASKS = 150
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
        return datetime.combine(self.first, datetime.min.time(), self.zone).astimezone(UTC)

    @property
    def end(self) -> datetime:
        return datetime.combine(self.last + DAY, datetime.min.time(), self.zone).astimezone(UTC)

    def days(self) -> list[date]:
        """All of its days."""
        return [self.first + number * DAY for number in range((self.last - self.first).days + 1)]

    def local_day(self, at: datetime) -> date:
        """On which day an instant is there."""
        return at.astimezone(self.zone).date()


def sheet(user: User, month: date, zone: ZoneInfo, now: datetime) -> list[Cell]:
    """The weeks that a month touches, from Monday to Sunday, with what is on each day; two queries."""
    last = (month.replace(day=28) + 4 * DAY).replace(day=1) - DAY
    span = Span(month - month.weekday() * DAY, last + (6 - last.weekday()) * DAY, zone)
    cells = {day: Cell(day, inside=day.month == month.month) for day in span.days()}
    for mark in (*past(user, span), *ahead(user, span, now)):
        if cell := cells.get(span.local_day(mark.at)):
            cell.marks.append(mark)
    for cell in cells.values():
        # What comes all day long would hide the rest.
        cell.marks.sort(key=lambda mark: (mark.count > MOST_A_DAY, mark.at, mark.title))
    return list(cells.values())


def past(user: User, span: Span) -> Iterator[Mark]:
    """What became of due times, one mark for all of a task's that ended alike on a day."""
    rows = Occurrence.objects.of(user).filter(due_at__gte=span.start, due_at__lt=span.end)
    alike = rows.annotate(day=TruncDate("due_at", tzinfo=span.zone)).values("day", "task", "task__title", "state", "run__status")
    told = alike.annotate(first=Min("due_at"), times=Sum("count")).order_by("-first")[:MOST_PAST]
    for row in told:
        status, label = outcome(row["state"], row["run__status"] or "")
        yield Mark(row["first"], row["task"], row["task__title"], status, label, row["times"])


def ahead(user: User, span: Span, now: datetime) -> Iterator[Mark]:
    """What is to come of the tasks that are due first."""
    if span.end <= now:
        return
    live = Task.objects.of(user).filter(next_due_at__lt=span.end, status=TaskStatus.PENDING, enabled=True)
    fields = ("pk", "title", "schedule", "continuous", "time_zone", "starts_at", "next_due_at")
    for task in live.only(*fields).order_by("next_due_at")[:MOST_TASKS]:
        yield from marks_of(task, span)


def marks_of(task: Task, span: Span) -> Iterator[Mark]:
    """The days on which a task comes, each with how often."""
    days: dict[date, list[datetime]] = defaultdict(list)
    for at in due_times(task, span):
        days[span.local_day(at)].append(at)
    for times in days.values():
        some = times if len(times) <= MOST_A_DAY else times[:1]
        for at in some:
            yield Mark(at, task.pk, task.title, COMING, "Coming", 1 if len(some) == len(times) else len(times))


def due_times(task: Task, span: Span) -> Iterable[datetime]:
    """When it is due in these days, from its next time on."""
    first = task.next_due_at
    assert first
    if not task.schedule or task.continuous:
        return [first] if span.start <= first < span.end else []
    parsed = schedules.parse(task.schedule)
    start = max(first, span.start)
    if parsed.fields is None:
        assert parsed.every
        return elapsed(task.starts_at, parsed.every, start, span.end)
    return [at for day in dates(start, span.end, task.zone) for at in of_day(parsed.fields, day, task.zone) if start <= at < span.end]


def elapsed(anchor: datetime, every: timedelta, start: datetime, end: datetime) -> list[datetime]:
    """The times of an interval in a stretch. Those that come many times a minute are thinned out to one a minute: nobody counts them here."""
    first = anchor + -((anchor - start) // every) * every
    step = every * max(1, -(-timedelta(minutes=1) // every))
    return [first + number * step for number in range(max(0, -((first - end) // step)))]


def dates(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[date]:
    """The local dates that a stretch touches."""
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        yield day
        day += DAY
