"""Due times that passed while nothing ran: which are made up for, and what is said of the others (promise P13)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chat.figures import span
from tasks.models import Occurrence, OccurrenceState, Task
from workflows import schedules
from workflows.models import Misfire
from workflows.schedules import Overdue

# A due time younger than this is simply late.
LATE = timedelta(seconds=60)
# So many are made up for one by one, and so many get rows of their own.
MOST_MADE_UP = 10
MOST_ROWS = 100
MOMENT = timedelta(microseconds=1)
NOTHING_RAN = "Nothing was running at that time"
MADE_UP = f"{NOTHING_RAN}: it is made up for."


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of due times that nobody kept."""

    state: OccurrenceState
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of all due times that have come: the one that happens now, those that are made up for, and the others.

    `older` of the others, from `since` to `until`, share one row.
    """

    fires: datetime | None
    made_up: tuple[datetime, ...] = ()
    others: tuple[datetime, ...] = ()
    verdict: Verdict | None = None
    older: int = 0
    since: datetime | None = None
    until: datetime | None = None

    @property
    def missed(self) -> int:
        """How many were missed for good."""
        return self.older + len(self.others) if self.verdict and self.verdict.state == OccurrenceState.MISSED else 0

    def rows(self, task: Task) -> Iterable[Occurrence]:
        """The rows of those that neither happen now nor are made up for."""
        if self.verdict is None:
            return
        said = {"task": task, "state": self.verdict.state, "reason": self.verdict.reason}
        if self.since:
            yield Occurrence(due_at=self.since, until=self.until, count=self.older, **said)
        for at in self.others:
            yield Occurrence(due_at=at, **said)


def overdue(task: Task, now: datetime) -> Overdue:
    """All due times of a task from its next one until now."""
    first = task.next_due_at
    assert first
    if task.continuous or not task.schedule:
        return Overdue((first,))
    found = schedules.due_between(schedules.parse(task.schedule), first - MOMENT, now, task.zone, task.starts_at, MOST_ROWS)
    if first in (found.since, *found.newest[:1]):
        return found
    # Whoever wrote the row meant that time, although the schedule does not have it.
    return Overdue((first, *found.newest), found.older, found.since, found.until)


def plan(task: Task, found: Overdue, now: datetime) -> Plan:
    """What becomes of them: the newest happens unless it is too old, and the task's policy decides about the others."""
    *earlier, newest = found.newest
    fires = newest if now - newest <= LATE else None
    missed = tuple(earlier) if fires else found.newest
    if not missed and not found.older:
        return Plan(fires)
    made_up, verdict = judge(task, missed, fires, now)
    others = tuple(at for at in missed if at not in made_up)
    return Plan(fires, made_up, others, verdict, found.older, found.since, found.until)


def judge(task: Task, missed: tuple[datetime, ...], fires: datetime | None, now: datetime) -> tuple[tuple[datetime, ...], Verdict]:
    """Those of the `missed` times that are made up for, and the verdict on the others."""
    if task.misfire == Misfire.NONE:
        return (), Verdict(OccurrenceState.MISSED, f"{NOTHING_RAN}, and this task makes up for nothing.")
    young = tuple(at for at in missed if (now - at).total_seconds() <= task.grace_seconds)
    if task.misfire == Misfire.ALL:
        why = f"at most {MOST_MADE_UP} are made up for" if len(young) > MOST_MADE_UP else too_old(task)
        return young[-MOST_MADE_UP:], Verdict(OccurrenceState.MISSED, f"{NOTHING_RAN}, and {why}.")
    if stands_for := fires or (young[-1] if young else None):
        merged = Verdict(
            OccurrenceState.COALESCED, f"{NOTHING_RAN}: the one of {stands_for.astimezone(task.zone):%Y-%m-%d %H:%M:%S} stands for it."
        )
        return (() if fires else young[-1:]), merged
    return (), Verdict(OccurrenceState.MISSED, f"{NOTHING_RAN}, and {too_old(task)}.")


def too_old(task: Task) -> str:
    """Why a time is not made up for, as a sentence goes on."""
    return f"what is more than {span(task.grace_seconds)} late is not made up for"


def told(task: Task, found: Plan) -> str:
    """What was missed, for the task's conversation."""
    first = min(filter(None, (found.since, *found.others)))
    last = max(filter(None, (found.until, *found.others)))
    from_to = (
        f"the one of {local(task, first)}"
        if found.missed == 1
        else f"{found.missed:,} times, from {local(task, first)} to {local(task, last)}"
    )
    ending = f" Next: {local(task, task.next_due_at)}." if task.next_due_at else ""
    return f"“{task.title}” missed {from_to} ({task.time_zone}): nothing was running then.{ending}"


def local(task: Task, at: datetime) -> str:
    """A time as the task's own clock shows it."""
    return f"{at.astimezone(task.zone):%Y-%m-%d %H:%M:%S}".removesuffix(":00")
