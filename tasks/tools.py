"""The tools that look after what is scheduled. Nothing is scheduled unless one of them says so."""

from typing import Any, Literal
from uuid import UUID

from django.contrib.auth.models import User

from chat.models import Message
from tasks import planning, quotas, reading
from tasks.delegating import check_worker
from tasks.drafts import Changes, Draft
from tasks.models import TaskStatus
from tasks.models.task import TaskQuerySet
from tasks.saying import seen
from workflows.builtin.agents import owner_of
from workflows.builtin.clock import find_zone
from workflows.models import Agent, Effect, Run
from workflows.reading import read
from workflows.tools import ToolContext, ToolError, tool

MOST_LISTED = 50
MOST_PAST = 5
# What get_task adds to what is told of every task.
TOLD = ("inputs", "agent", "overlap", "misfire", "depends_on", "created_by", "created_at", "last_error")
ModeName = Literal["notify", "prompt_agent", "run_workflow"]


@tool(effect=Effect.IDEMPOTENT, atomic=True)
def schedule_task(
    context: ToolContext,
    mode: ModeName,
    text: str = "",
    title: str = "",
    run_at: str | None = None,
    delay_seconds: float | None = None,
    delay_minutes: float | None = None,
    delay_hours: float | None = None,
    delay_days: float | None = None,
    schedule: str | None = None,
    time_zone: str | None = None,
    workflow: str | None = None,
    inputs: dict[str, str] | None = None,
    agent: str | None = None,
    allow_duplicates: bool = False,
) -> dict[str, Any]:
    """Schedule something for later, once or again and again. It is scheduled only if this tool says so.

    Use it whenever the person wants something later or repeatedly, and whenever you would have to wait. Say when it happens
    once (run_at, or delays, which are added up) or the schedule by which it recurs. For “in two hours” give a delay; one
    of 0 means right after your answer. What comes of it appears in this conversation as a reply to your answer, so say
    there what was scheduled and for when, as this tool gives it.

    Args:
        mode: notify posts text as a reminder; prompt_agent asks the agent text then, in this conversation; run_workflow runs a workflow.
        text: What to remind of, as words to the person; or what the agent is asked then, such as “Check whether PR 12 was merged”.
        title: A few words for the list of what is scheduled.
        run_at: When it happens once: ISO 8601 with an offset, such as 2030-06-15T09:30:00+02:00, or without one beside time_zone.
        delay_seconds: How long from now.
        delay_minutes: How long from now.
        delay_hours: How long from now.
        delay_days: How long from now.
        schedule: “every 15 minutes”, “daily@09:00”, “weekly@1,3,5@09:30” (0 is Sunday), or a cron expression such as “0 9 * * 1-5”.
        time_zone: In which the clock times of a schedule are meant, such as Europe/Berlin. Empty: the person's own.
        workflow: The workflow to run, by name or id.
        inputs: What the workflow is given, by name.
        agent: The agent to ask, by name or id. Empty: the one of this conversation.
        allow_duplicates: Make another one even though the very same is scheduled already.
    """
    when = timing(run_at, delay_seconds, delay_minutes, delay_hours, delay_days, schedule, time_zone)
    what = {"mode": mode, "text": text, "title": title, "workflow": workflow, "inputs": inputs or {}, "agent": agent}
    draft = read(Draft, {**when, **what, "conversation": context.conversation_id, "allow_duplicates": allow_duplicates})
    added = planning.add(draft, owner=owner_of(context), via=Message.Via.RUN, run=run_of(context))
    check_worker(context, added.task)
    done = "scheduled" if added.created else "nothing: the very same was scheduled already, as this task"
    return {"done": done, **seen(added.task)}


@tool(effect=Effect.READ, quick=True)
def list_tasks(context: ToolContext, status: str = "pending", here: bool = False, limit: int = MOST_LISTED) -> list[dict[str, Any]]:
    """List what is scheduled for the person, what comes first at the top, each with its number and its next times.

    Use it when the person asks what is scheduled, and before you change or cancel something that you have not just listed.

    Args:
        status: pending, running, waiting_for_user, succeeded, failed or cancelled; “all” for any.
        here: Only what belongs to this conversation.
        limit: How many at most, up to 50.
    """
    owner, most = owner_of(context), max(1, min(limit, MOST_LISTED))
    if status != TaskStatus.PENDING:
        return [seen(row) for row in by_status(owner, status, context.conversation_id if here else None)[:most]]
    # Numbered before anything is left out: a number means the same to every tool.
    numbers = {pk: number for number, pk in enumerate(reading.pending(owner).values_list("pk", flat=True), start=1)}
    rows = reading.pending(owner).filter(conversation=context.conversation_id) if here else reading.pending(owner)
    return [{"number": numbers[row.pk], **seen(row)} for row in rows[:most] if row.pk in numbers]


def by_status(owner: User, status: str, conversation_id: UUID | None) -> TaskQuerySet:
    """The newest tasks of that status, in one conversation or in all."""
    if status != "all" and status not in TaskStatus:
        raise ToolError(f"“{status[:40]}” is not a status: use one of {', '.join(TaskStatus)}, or all.")
    rows = reading.listed(owner).order_by("-created_at")
    rows = rows if status == "all" else rows.filter(status=status)
    return rows.filter(conversation=conversation_id) if conversation_id else rows


@tool(effect=Effect.READ, quick=True)
def get_task(context: ToolContext, task: str) -> dict[str, Any]:
    """Show one task: what it does and when, what became of its last due times and why, and its last error.

    Use it when the person asks about something scheduled, such as why it did not happen.

    Args:
        task: Its id, its title, or its number as list_tasks gives it.
    """
    row = reading.find(owner_of(context), task)
    past = row.occurrences.order_by("-due_at")[:MOST_PAST]
    kept = {name: value for name, value in reading.told(row).items() if name in TOLD and value}
    return {**seen(row), **kept, "past": [reading.occurrence_told(one) for one in past]}


@tool(effect=Effect.IDEMPOTENT, atomic=True)
def update_task(
    context: ToolContext,
    task: str,
    title: str | None = None,
    text: str | None = None,
    run_at: str | None = None,
    delay_seconds: float | None = None,
    delay_minutes: float | None = None,
    delay_hours: float | None = None,
    delay_days: float | None = None,
    schedule: str | None = None,
    time_zone: str | None = None,
    workflow: str | None = None,
    inputs: dict[str, str] | None = None,
    agent: str | None = None,
    enabled: bool | None = None,
) -> dict[str, Any]:
    """Change, pause or resume something that is scheduled. What you leave out stays as it is; a new time replaces the old one.

    Use it when the person wants it at another time, in other words, or not for a while.

    Args:
        task: Its id, its title, or its number as list_tasks gives it.
        title: A few words for the list.
        text: What to remind of, or what the agent is asked.
        run_at: When it happens once: ISO 8601 with an offset, or without one beside time_zone.
        delay_seconds: How long from now.
        delay_minutes: How long from now.
        delay_hours: How long from now.
        delay_days: How long from now.
        schedule: When it recurs, as for schedule_task.
        time_zone: In which the clock times of a schedule are meant. Empty: as before.
        workflow: Another workflow to run, by name or id.
        inputs: What the workflow is given, all of it.
        agent: The agent to ask, by name or id; an empty text for the one of the conversation.
        enabled: false pauses it, true resumes it.
    """
    owner = owner_of(context)
    row = reading.find(owner, task)
    when = timing(run_at, delay_seconds, delay_minutes, delay_hours, delay_days, schedule, time_zone)
    wanted = {**when, "title": title, "text": text, "workflow": workflow, "inputs": inputs, "agent": agent}
    given = {name: value for name, value in wanted.items() if value is not None}
    if not given and enabled is None:
        raise ToolError("Say what is to be different: give at least one of the other arguments.")
    # Whatever nobody watches may pause a task, and change nothing else about what happens later.
    if given or enabled:
        quotas.check_attended(run_of(context))
    if schedule:
        quotas.check_interval(schedule)
    if given:
        changed = planning.update(row, read(Changes, given | ({} if enabled is None else {"enabled": enabled})), by=owner)
        check_worker(context, changed)
    else:
        changed = planning.resume(row, by=owner) if enabled else planning.pause(row, by=owner)
    return {"done": "changed", **seen(changed)}


def run_of(context: ToolContext) -> Run:
    """The run that calls, under the agent that does: a workflow's run has none of its own, but one in each step."""
    run = Run.objects.select_related("owner", "agent").get(pk=context.run_id)
    if run.agent is None and context.agent_id:
        run.agent = Agent.objects.filter(pk=context.agent_id).first()
    return run


def timing(
    run_at: str | None,
    seconds: float | None,
    minutes: float | None,
    hours: float | None,
    days: float | None,
    schedule: str | None,
    time_zone: str | None,
) -> dict[str, Any]:
    """The time fields of a draft or a change. Models fill what they do not mean with an empty text or with 0: both are left out."""
    delays = {"delay_seconds": seconds, "delay_minutes": minutes, "delay_hours": hours, "delay_days": days}
    said = run_at or schedule or any(delays.values())
    given = {name: value for name, value in delays.items() if value is not None and (value or not said)}
    zone = find_zone(time_zone) if time_zone and time_zone.strip() else None
    return {**given, "run_at": run_at or None, "schedule": schedule or None, "time_zone": zone}


@tool(effect=Effect.IDEMPOTENT, atomic=True)
def cancel_task(context: ToolContext, task: str) -> dict[str, Any]:
    """Cancel something that is scheduled, and what of it is at work. It stays in the list of what has been.

    Use it when the person does not want it any more; to leave it out for a while, pause it with update_task.

    Args:
        task: Its id, its title, or its number as list_tasks gives it.
    """
    owner = owner_of(context)
    row = reading.find(owner, task)
    if row.active_run_id == context.run_id:
        raise ToolError("You are at work for this very task: to let it happen no more, pause it with update_task and enabled=false.")
    before = seen(row)
    return {"done": "cancelled", **before, "status": planning.cancel(row, by=owner).status, "next": []}


@tool(effect=Effect.IDEMPOTENT, atomic=True)
def run_task(context: ToolContext, task: str) -> dict[str, Any]:
    """Let something that is scheduled happen now, once. If it recurs, its times stay as they are.

    Use it when the person wants it at once.

    Args:
        task: Its id, its title, or its number as list_tasks gives it.
    """
    owner = owner_of(context)
    quotas.check_attended(run_of(context))
    row = planning.run_now(reading.find(owner, task), by=owner)
    return {"done": "It happens now.", **seen(row)}
