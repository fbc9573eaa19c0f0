"""Tasks as people and programs see them: found through their owner, told in the fields of the contract."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import F, Prefetch
from django.utils import timezone

from chat.schemas import stamp
from tasks.models import Mode, Occurrence, Task, TaskStatus
from tasks.models.task import TaskQuerySet
from tasks.timing import own_schedule, own_zone
from workflows import references, schedules, timetable
from workflows.errors import InvalidError, MissingError
from workflows.schedules import Due

MOST_NAMED = 8
# The order in which pending tasks come; paused ones, which have no next time, are last on every database.
ORDER = (F("next_due_at").asc(nulls_last=True), "created_at")


def listed(user: User) -> TaskQuerySet:
    """All tasks of `user` with what telling them needs, in a fixed number of queries."""
    related = ("conversation", "agent", "workflow", "managed_by", "created_by", "active_run")
    return Task.objects.of(user).select_related(*related).prefetch_related(Prefetch("depends_on", Task.objects.only("pk")))


def own_task(user: User, pk: UUID) -> Task:
    """A task of `user`'s. Raises MissingError: somebody else's is like none."""
    found = listed(user).filter(pk=pk).first()
    if found is None:
        raise MissingError(f"There is no task {pk}.")
    return found


def pending(user: User) -> TaskQuerySet:
    """What is still to come, in the order in which lists number it."""
    return listed(user).filter(status=TaskStatus.PENDING).order_by(*ORDER)


def find(user: User, reference: str) -> Task:
    """A task by its id, its number in the list of pending ones, or its title. Raises MissingError or InvalidError."""
    wanted = reference.strip()
    if pk := references.as_id(wanted):
        return own_task(user, pk)
    if wanted.lstrip("#").isdecimal() and len(wanted) < 6:
        return numbered(user, int(wanted.lstrip("#")))
    live = list(listed(user).live().filter(title__iexact=wanted)[:2]) or list(listed(user).live().filter(title__icontains=wanted)[:2])
    if len(live) > 1:
        raise InvalidError(f"Several tasks are called “{wanted[:60]}”: say which one by its number or id.")
    if not live:
        titles = Task.objects.of(user).live().values_list("title", flat=True)[:MOST_NAMED]
        raise MissingError(f"There is no task “{wanted[:100]}”{references.others(wanted, titles)}")
    return live[0]


def numbered(user: User, number: int) -> Task:
    """The task with that number in the list of pending ones, from 1."""
    rows = list(pending(user)[number - 1 : number]) if number > 0 else []
    if not rows:
        raise MissingError(f"There is no task number {number}: look at the list again.")
    return rows[0]


def description(task: Task) -> str:
    """When it happens, in words: “weekdays at 09:00, Europe/Berlin”; of a row that cannot be read, what is wrong with it."""
    try:
        return in_words(task)
    except InvalidError as exc:
        return mistake(exc)


def in_words(task: Task) -> str:
    """When it happens. Raises InvalidError for a row that cannot be read."""
    if task.continuous:
        return timetable.continuous(own_schedule(task).text if task.schedule else "")
    if task.schedule:
        return schedules.describe(own_schedule(task), own_zone(task))
    if task.run_at is None:
        raise InvalidError("Its time cannot be read: it has none, so give it one.")
    return once(task.run_at, task)


def mistake(error: InvalidError) -> str:
    """What is wrong, as a sentence goes on."""
    sentence = str(error).removesuffix(".")
    return sentence[0].lower() + sentence[1:]


def once(at: datetime, task: Task) -> str:
    """A time that happens once, as the task's zone reads it, with the day in words while it is near."""
    local, today = at.astimezone(task.zone), timezone.now().astimezone(task.zone).date()
    days = {today: "today", today + timedelta(days=1): "tomorrow"}
    day = days.get(local.date(), date(local))
    told = f"{day} at {local:%H:%M:%S}".removesuffix(":00") + f", {task.zone.key}"
    try:
        own_zone(task)
    except InvalidError as exc:
        return f"{told}; {mistake(exc)}"
    return told


def promised(task: Task) -> str:
    """When it happens, for a message that is read again later: “today, Sat 21 Nov 2026, at 14:30, Europe/Berlin”.

    Whoever meant half past two at night sees here that it was understood otherwise.
    """
    words = description(task)
    day, _, rest = words.partition(" at ")
    return f"{day}, {date(task.run_at.astimezone(task.zone))}, at {rest}" if task.run_at and day in ("today", "tomorrow") else words


def date(local: datetime) -> str:
    """A date as people write it."""
    return f"{local:%a} {local.day} {local:%b %Y}"


def coming(task: Task, n: int) -> list[Due]:
    """Its next due times, `n` at most; none while it is paused or at work, and of a schedule that cannot be read."""
    if task.next_due_at is None:
        return []
    first = Due(task.next_due_at, task.next_due_at.astimezone(task.zone))
    if not task.schedule or task.continuous:
        return [first][:n]
    just_before = task.next_due_at - timedelta(microseconds=1)
    try:
        return schedules.upcoming(own_schedule(task), just_before, own_zone(task), n, task.starts_at)
    except InvalidError:
        return []


def told(task: Task) -> dict[str, Any]:
    """The body of contract §5."""
    return {
        "id": str(task.pk),
        "title": task.title,
        "mode": task.mode,
        "text": task.text,
        "conversation_id": str(task.conversation_id),
        "agent": task.agent.name if task.agent else None,
        "workflow": task.workflow.name if task.workflow else None,
        "inputs": task.given,
        "run_at": instant(task.run_at),
        "schedule": task.schedule or None,
        "time_zone": task.time_zone,
        "overlap": task.overlap,
        "misfire": task.misfire,
        "grace_seconds": task.grace_seconds,
        "enabled": task.enabled,
        "status": task.status,
        "active_run": str(task.active_run_id) if task.active_run_id else None,
        "managed_by": task.managed_by.name if task.managed_by else None,
        "next_due_at": instant(task.next_due_at),
        "description": description(task),
        "depends_on": [str(other.pk) for other in task.depends_on.all()],
        "metadata": task.kept,
        "anchor": task.anchor,
        "created_by": task.created_by.get_username() if task.created_by else f"run {task.created_in_id}" if task.created_in_id else None,
        "last_error": task.last_error or None,
        "paused_because": task.paused_because or None,
        "created_at": instant(task.created_at),
    }


def occurrence_told(row: Occurrence) -> dict[str, Any]:
    """The body of contract §5."""
    return {
        "due_at": instant(row.due_at),
        "until": instant(row.until),
        "count": row.count,
        "state": row.state,
        "reason": row.reason or None,
        "run_id": str(row.run_id) if row.run_id else None,
        "message_seq": row.message_seq,
        "fired_at": instant(row.fired_at),
        "late_ms": row.late_ms,
        "by_hand": row.by_hand,
    }


def instant(at: datetime | None) -> str | None:
    """A time as every answer writes it, in UTC."""
    return stamp(at.astimezone(UTC)) if at else None


# The kinds of work that a task's row may stand for, as pages name them.
MODES = dict(Mode.choices)
