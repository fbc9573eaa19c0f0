"""How much agents may schedule by themselves: what a person asks for is counted nowhere."""

from django.conf import settings

from tasks.models import Task, TaskStatus
from workflows import schedules
from workflows.errors import NotAllowedError
from workflows.models import Run
from workflows.policy import Verdict

# Live tasks of one owner that runs have made.
MOST_OF_AGENTS = 20
TOOL = "schedule_task"


def check(run: Run, schedule: str) -> None:
    """Raise NotAllowedError when `run` may not make one more task, InvalidError for one that recurs too often."""
    check_attended(run)
    if schedule:
        check_interval(schedule)
    if Task.objects.of(run.owner).filter(status=TaskStatus.PENDING, created_in__isnull=False).count() >= MOST_OF_AGENTS:
        raise NotAllowedError(
            f"{MOST_OF_AGENTS} tasks that agents made are pending already: ask the person which of them to cancel before you schedule more."
        )


def check_attended(run: Run) -> None:
    """Raise NotAllowedError for a run that was scheduled itself: nobody watches it, so it decides nothing about later."""
    if run.task_id and not (run.agent and run.agent.tool_policy.get(TOOL) == Verdict.ALLOW):
        raise NotAllowedError(
            "This is a scheduled run, and scheduled runs schedule nothing more: say in your answer what should be scheduled, "
            f"and the person decides. (An agent whose policy for {TOOL} is “allow” may.)"
        )


def check_interval(schedule: str) -> None:
    """Raise InvalidError for a schedule that is more frequent than agents may make."""
    schedules.check_interval(schedules.parse(schedule), settings.AGENTRON_MIN_INTERVAL)
