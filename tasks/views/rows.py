"""Tasks as pages list them: a line each with what became of it last, in a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.formats import date_format

from tasks.models import Occurrence, OccurrenceState, Task
from tasks.models.task import TaskQuerySet
from tasks.reading import description
from workflows.models import RunStatus

# What a list does not show stays behind: texts and inputs may be long, and agents' instructions are.
UNSEEN = ("text", "inputs", "metadata", "active_run__input", "active_run__output", "workflow__description", "managed_by__description")
UNSEEN_OF_RUNS = ("run__input", "run__output")
# A fired due time without a run was a reminder, or its run is deleted.
FIRED = ("succeeded", "Done")
STATES = {
    OccurrenceState.QUEUED: ("queued", "Waiting"),
    OccurrenceState.SKIPPED: ("skipped", "Left out"),
    OccurrenceState.MISSED: ("missed", "Missed"),
    OccurrenceState.COALESCED: ("coalesced", "Merged"),
    OccurrenceState.BLOCKED: ("blocked", "Blocked"),
    OccurrenceState.CANCELLED: ("cancelled", "Cancelled"),
}


@dataclass(frozen=True)
class Line:
    """A task in a list: when, in words, and its last due time that is over."""

    task: Task
    when: str
    last: Occurrence | None

    @property
    def outcome(self) -> tuple[str, str]:
        """How it went last: a status and a word for it."""
        return outcome(self.last.state, self.last.run.status if self.last.run else "") if self.last else ("", "")

    @property
    def waits(self) -> bool:
        """Whether it waits for an answer of its owner."""
        return bool(self.task.active_run and self.task.active_run.status == RunStatus.WAITING_FOR_USER)


@dataclass(frozen=True)
class Day:
    """The lines of one day of the reader's."""

    at: date
    label: str
    lines: list[Line]


def outcome(state: str, run_status: str) -> tuple[str, str]:
    """What became of a due time: its status as badges have it, and a word; a run's own once it was started."""
    if state != OccurrenceState.FIRED:
        return STATES[OccurrenceState(state)]
    return (run_status, RunStatus(run_status).label) if run_status else FIRED


def lines(tasks: Iterable[Task]) -> list[Line]:
    """Tasks that were read with `lined`, with their last due times: one query more."""
    rows = list(tasks)
    last = last_of(row.pk for row in rows) if rows else {}
    return [Line(row, description(row), last.get(row.pk)) for row in rows]


def last_of(tasks: Iterable[UUID]) -> dict[UUID, Occurrence]:
    """The last due time of each of some tasks that is over."""
    over = Occurrence.objects.filter(task=OuterRef("pk")).exclude(state=OccurrenceState.QUEUED).order_by("-due_at").values("pk")[:1]
    newest = Task.objects.filter(pk__in=list(tasks)).values_list(Subquery(over))
    return {row.task_id: row for row in Occurrence.objects.filter(pk__in=newest).select_related("run").defer(*UNSEEN_OF_RUNS)}


def lined(rows: TaskQuerySet) -> TaskQuerySet:
    """`rows` with what a line needs."""
    return rows.select_related("conversation", "workflow", "managed_by", "active_run").defer(*UNSEEN)


def by_day(found: list[Line]) -> list[Day]:
    """Lines in order of their times, day by day where the reader is."""

    def day_of(line: Line) -> date:
        assert line.task.next_due_at
        return timezone.localtime(line.task.next_due_at).date()

    return [Day(day, label(day), list(some)) for day, some in groupby(found, day_of)]


def label(day: date) -> str:
    """A day as people call it."""
    today = timezone.localdate()
    near = {today: "Today", today + timedelta(days=1): "Tomorrow", today - timedelta(days=1): "Yesterday"}
    return near.get(day) or date_format(day, "l, j F" if day.year == today.year else "l, j F Y")
