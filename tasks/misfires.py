"""Due times that passed while nothing ran: which are made up for, and what is said of the others (promise P13)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chat.figures import span
from tasks.models import Occurrence, OccurrenceState, Task
from tasks.timing import own_schedule, own_zone
from workflows import schedules
from workflows.errors import InvalidError
from workflows.models import Misfire
from workflows.schedules import Overdue

# A due time younger than this is simply late.
LATE = timedelta(seconds=60)
# So many are made up for one by one, and so many get rows of their own.
MOST_MADE_UP = 10
MOST_ROWS = 100
MOMENT = timedelta(microseconds=1)
NOTHING_RAN = "Nothing was running at that time"
CLOCK_LATE = "The clock was late"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of due times that nobody kept, and why: after `recent` the clock was merely late."""

    state: OccurrenceState
    reason: str
    reason_late: str
    recent: datetime

    def why(self, at: datetime) -> str:
        """What is said of one of them."""
        return self.reason if at < self.recent else self.reason_late


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
        said = {"task": task, "state": self.verdict.state}
        if self.since:
            yield Occurrence(due_at=self.since, until=self.until, count=self.older, reason=self.verdict.why(self.since), **said)
        for at in self.others:
            yield Occurrence(due_at=at, reason=self.verdict.why(at), **said)


def overdue(task: Task, now: datetime) -> Overdue:
    """All due times of a task from its next one until now."""
    first = task.next_due_at
    assert first
    if task.continuous or not task.schedule:
        return Overdue((first,))
    found = schedules.due_between(own_schedule(task), first - MOMENT, now, own_zone(task), task.starts_at, MOST_ROWS)
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
        return (), lost("this task makes up for nothing", now)
    young = tuple(at for at in missed if (now - at).total_seconds() <= task.grace_seconds)
    if task.misfire == Misfire.ALL:
        why = f"at most {MOST_MADE_UP} are made up for" if len(young) > MOST_MADE_UP else too_old(task)
        return young[-MOST_MADE_UP:], lost(why, now)
    if stands_for := fires or (young[-1] if young else None):
        other = stands_for.astimezone(task.zone)
        down = f"{NOTHING_RAN}: the one of {other:%Y-%m-%d %H:%M:%S} stands for it."
        late = f"{CLOCK_LATE}: it is merged into the one of {other:%H:%M:%S}."
        return (() if fires else young[-1:]), Verdict(OccurrenceState.COALESCED, down, late, now - LATE)
    return (), lost(too_old(task), now)


def lost(why: str, now: datetime) -> Verdict:
    """The verdict on times that nothing stands for."""
    return Verdict(OccurrenceState.MISSED, f"{NOTHING_RAN}, and {why}.", f"{CLOCK_LATE}, and {why}.", now - LATE)


def give_up(task: Task, reason: str, now: datetime) -> list[Occurrence]:
    """Rows, not saved yet, for the due times that have come while no clock looked, now that somebody makes them void."""
    if task.next_due_at is None or task.next_due_at > now:
        return []
    try:
        found = overdue(task, now)
    except InvalidError:
        # What cannot be read has one due time that is known.
        found = Overdue((task.next_due_at,))
    verdict = Verdict(OccurrenceState.CANCELLED, reason, reason, now)
    return list(Plan(None, (), found.newest, verdict, found.older, found.since, found.until).rows(task))


def made_up_because(due: Occurrence) -> str:
    """Why a time is made up for."""
    return f"{NOTHING_RAN if was_down(due) else CLOCK_LATE}: it is made up for."


def was_down(due: Occurrence) -> bool:
    """Whether nothing was running when a time came that is made up for; else the clock was merely late."""
    return due.created_at - due.due_at > LATE


def belated(task: Task, due: Occurrence, now: datetime) -> str:
    """What a reminder that is made up for says last."""
    then, today = due.due_at.astimezone(task.zone), now.astimezone(task.zone).date()
    day = "" if then.date() == today else f"on {then:%Y-%m-%d} "
    return f"(This was due {day}at {f'{then:%H:%M:%S}'.removesuffix(':00')}; {'nothing was running then' if was_down(due) else 'the clock was late'}.)"


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
    why = "the clock was late" if found.verdict and first >= found.verdict.recent else "nothing was running then"
    return f"“{task.title}” missed {from_to} ({task.time_zone}): {why}.{ending}"


def local(task: Task, at: datetime) -> str:
    """A time as the task's own clock shows it."""
    return f"{at.astimezone(task.zone):%Y-%m-%d %H:%M:%S}".removesuffix(":00")
