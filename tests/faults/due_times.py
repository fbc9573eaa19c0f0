"""What must hold of due times after every fault, read from the rows: each has one, and started at most one thing."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Sum

from chat.models import Message
from tasks.models import Mode, Occurrence, OccurrenceState, Task
from workflows import schedules
from workflows.models import FINISHED, Run

MOMENT = timedelta(microseconds=1)


def broken(tasks: Iterable[Task], until: datetime) -> list[str]:
    """A sentence for each task of which something does not hold at `until`; an empty list is what everybody wants."""
    return [sentence for task in tasks for sentence in (*rows(task, until), *effects(task))]


def rows(task: Task, until: datetime) -> list[str]:
    """Each due time has its row, and none waits any more."""
    kept = Occurrence.objects.filter(task=task, by_hand=False)
    found, expected = kept.aggregate(n=Sum("count"))["n"] or 0, due(task, until)
    said = [f"{task}: {expected} due times and rows for {found}"] if found != expected else []
    said += [f"{task}: {row} waits: {row.reason}" for row in kept.filter(state=OccurrenceState.QUEUED)]
    said += [f"{task}: {row} has no reason" for row in kept.filter(reason="").exclude(state=OccurrenceState.FIRED)]
    return said + ([f"{task} is not due again"] if task.recurs and (task.next_due_at is None or task.next_due_at <= until) else [])


def due(task: Task, until: datetime) -> int:
    """How many due times it has had."""
    if not task.schedule:
        return 1
    end = (task.next_due_at or until) - MOMENT
    return schedules.due_between(schedules.parse(task.schedule), task.starts_at, end, task.zone, task.starts_at).count


def effects(task: Task) -> list[str]:
    """Each due time that was started has started one thing, and nothing else was started."""
    fired = Occurrence.objects.filter(task=task, state=OccurrenceState.FIRED)
    if task.mode == Mode.NOTIFY:
        number = Message.objects.filter(task_id=task.pk, payload__reminder=True).count()
        return [f"{task}: {fired.count()} times fired, {number} reminders"] if fired.count() != number else []
    started = Counter(fired.values_list("run", flat=True))
    made = set(Run.objects.filter(task_id=task.pk, parent=None).values_list("pk", flat=True))
    said = [f"{task}: run {run} stands for {number} due times" for run, number in started.items() if number > 1 or run is None]
    return said + ([f"{task}: {len(started)} runs for due times, {len(made)} in all"] if set(started) != made else [])


def unfinished(tasks: Iterable[Task]) -> int:
    """How much of these tasks is still under way."""
    ids = [task.pk for task in tasks]
    queued = Occurrence.objects.filter(task__in=ids, state=OccurrenceState.QUEUED).count()
    return queued + Run.objects.filter(task_id__in=ids).exclude(status__in=FINISHED).count()


def states(tasks: Iterable[Task]) -> str:
    """What became of their due times, counted."""
    found = Occurrence.objects.filter(task__in=[task.pk for task in tasks]).order_by()
    counted = found.values_list("state").annotate(n=Sum("count")).order_by("-n")
    return ", ".join(f"{number} {state}" for state, number in counted)


def lateness(tasks: Iterable[Task]) -> list[float]:
    """Seconds after its time, of each that was started."""
    fired = Occurrence.objects.filter(task__in=[task.pk for task in tasks], state=OccurrenceState.FIRED)
    return [(row.late_ms or 0) / 1000 for row in fired]
