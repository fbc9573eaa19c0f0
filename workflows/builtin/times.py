"""When workflows run by themselves, as the tools take it and tell it."""

from typing import Any

from django.utils import timezone

from workflows import timetable
from workflows.authority import entry
from workflows.definition import Definition
from workflows.models import Agent, Workflow
from workflows.policy import Verdict
from workflows.tools import ToolError

# Whoever may not use this tool lets no workflow run by itself either.
SCHEDULING = "schedule_task"


def said(*times: str | int | None) -> dict[str, Any]:
    """What was said of the times at which a workflow runs by itself."""
    return {name: value for name, value in zip(timetable.TIMES, times, strict=True) if value is not None}


def check_may_schedule(wanted: Definition, caller: Agent, row: Workflow | None) -> None:
    """Raise ToolError when a workflow would run at other times, and its caller may schedule nothing itself."""
    if not timetable.scheduled(wanted) or (row and not timetable.differs(wanted, row)):
        return
    has = Agent.ALL_TOOLS in caller.tools or SCHEDULING in caller.tools
    if not has or entry(caller.tool_policy, SCHEDULING, Verdict.ALLOW) == Verdict.DENY:
        raise ToolError(
            f"You may not use {SCHEDULING}, so no workflow runs by itself because of you: tell the person which schedule to set."
        )


def runs_when(workflow: Workflow) -> dict[str, Any]:
    """When it runs by itself, and the next times of that, on the schedule's own clock."""
    if not timetable.scheduled(workflow):
        return {}
    coming = timetable.upcoming(workflow, timezone.now())
    return {"runs": timetable.described(workflow), **({"next": [f"{due.local:%a %Y-%m-%d %H:%M:%S}" for due in coming]} if coming else {})}
