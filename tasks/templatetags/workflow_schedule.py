"""The schedule of a workflow on its page: below the tasks nobody knows of the task that carries it out."""

from typing import Any

from django import template

from tasks.models import Task, TaskStatus
from tasks.reading import coming
from workflows import timetable
from workflows.models import RunStatus, Workflow

NEXT = 3

register = template.Library()


@register.inclusion_tag("tasks/parts/of_workflow.html", takes_context=True)
def workflow_schedule(context: dict[str, Any], workflow: Workflow) -> dict[str, Any]:
    """When it runs by itself, its next times, and what can be done about it there."""
    return {"request": context["request"], "workflow": workflow, **schedule_of(workflow)}


@register.simple_tag
def schedule_of(workflow: Workflow) -> dict[str, Any]:
    """When it runs in words (empty: only by hand), the task that carries it out or did so once, and its next times."""
    task = Task.objects.select_related("active_run").filter(managed_by=workflow).first()
    live = task is not None and task.status == TaskStatus.PENDING
    coming_times = coming(task, NEXT) if task and live and task.enabled else []
    waits = task is not None and task.active_run is not None and task.active_run.status == RunStatus.WAITING_FOR_USER
    return {"when": timetable.described(workflow), "task": task, "live": live, "next": coming_times, "waits": waits}
