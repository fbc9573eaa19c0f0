"""A workflow in plain lines, for a terminal."""

from collections.abc import Iterator

from django.utils import timezone

from chat.terminal import clean
from workflows import timetable
from workflows.definition import Definition, StepPart, node
from workflows.models import Workflow
from workflows.run_text import line, short

LAST_RUNS = 5


def described(workflow: Workflow) -> Iterator[str]:
    """A workflow for a person to read: what it is for, what it needs, who does what, and how it went lately."""
    definition = Definition.of(workflow)
    names = {str(step.agent_id): step.agent.name for step in workflow.steps.all()}
    yield f"Workflow {clean(workflow.name)}"
    yield line("Id", workflow.pk)
    if workflow.description:
        yield line("For", clean(workflow.description))
    yield from times(workflow)
    yield line("Version", getattr(workflow, "revision", None) or "none")
    for part in definition.inputs:
        default = f" (else “{short(part.default)}”)" if part.default is not None else ""
        yield line("Input", clean(f"{part.name}{default}{f': {part.description}' if part.description else ''}"))
    for step in definition.steps:
        yield line("Step", clean(told(step, names)))
    if definition.max_rounds > 1:
        yield line("Rounds", f"at most {definition.max_rounds}")
    if budget := definition.budget.model_dump():
        yield line("Budget", f"{', '.join(f'{limit:,} {unit}' for unit, limit in budget.items())} a run")
    for run in workflow.runs.order_by("-queued_at")[:LAST_RUNS]:
        yield line("Run", f"{run.pk}  {run.queued_at:%Y-%m-%d %H:%M} UTC  {run.get_status_display()}")


def times(workflow: Workflow) -> Iterator[str]:
    """When it runs by itself, and when next as far as the schedule alone can tell."""
    yield line("Runs", timetable.described(workflow) or "by hand")
    for due in timetable.upcoming(workflow, timezone.now()):
        yield line("Next", f"{due.local:%a %Y-%m-%d %H:%M}{f' ({due.note})' if due.note else ''}")


def told(step: StepPart, names: dict[str, str]) -> str:
    """A step in one line."""
    after = f", after {', '.join(step.after)}" if step.after else ""
    when = f", if {node(step).when}" if step.when else ""
    return f"{step.key} by {names[step.agent]}{after}{when}"
