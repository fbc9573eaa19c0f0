"""The tools that look after workflows, and the one that runs them."""

from typing import Annotated, Any, Literal, NotRequired

from django.contrib.auth.models import User
from pydantic import Field, with_config
from typing_extensions import TypedDict

from chat.models import Conversation
from workflows import editing, engine, references, timetable
from workflows.authority import beyond
from workflows.builtin.agents import caller_of, owner_of, versions
from workflows.builtin.times import check_may_schedule, runs_when, said
from workflows.definition import Definition
from workflows.editing import AgentDefinition
from workflows.models import Agent, Effect, Lane, Run, Trigger, Workflow
from workflows.reading import read
from workflows.timetable import Misfires, Mode, Overlaps
from workflows.tools import ToolContext, ToolError, tool

# How many an owner may have for an agent to make one more; people may.
MOST_WORKFLOWS = 50
MOST_LISTED = 100

When = TypedDict(
    "When",
    {
        "step": Annotated[str, Field(description="The key of the step whose output is looked at.")],
        "op": Literal["contains", "equals", "regex", "empty"],
        "value": NotRequired[Annotated[str, Field(description="What to compare with.")]],
        "else": NotRequired[Annotated[bool, Field(description="true: run the step when the condition is NOT met.")]],
    },
)


@with_config(extra="forbid")
class StepIn(TypedDict):
    """A step of a workflow."""

    key: Annotated[str, Field(description="Small letters, digits and _, such as write_report.")]
    agent: Annotated[str, Field(description="The name of the agent that does it.")]
    prompt: Annotated[str, Field(description="What the agent is asked; {{ input.NAME }} and {{ steps.KEY.output }} are filled in.")]
    after: NotRequired[Annotated[list[str], Field(description="Keys of the steps it waits for; without any it starts at once.")]]
    when: NotRequired[Annotated[When | None, Field(description="Run it only if this holds.")]]


@with_config(extra="forbid")
class InputIn(TypedDict):
    """Something a run is given."""

    name: str
    description: NotRequired[str]
    default: NotRequired[str | None]


@with_config(extra="forbid")
class BudgetIn(TypedDict):
    """What one run may use, with the runs that it starts."""

    dollars: NotRequired[float]
    tokens: NotRequired[int]


@tool(effect=Effect.READ, quick=True)
def list_workflows(context: ToolContext) -> list[dict[str, Any]]:
    """List the person's workflows, with what each is good for and the inputs it takes.

    Use it before you create or run a workflow: there may be one already that fits.
    """
    rows = Workflow.objects.of(owner_of(context))[:MOST_LISTED]
    return [{**told(row), "description": row.description, "inputs": [part["name"] for part in row.inputs]} for row in rows]


def told(workflow: Workflow) -> dict[str, Any]:
    """What every answer about a workflow begins with."""
    return {"workflow": workflow.name, "id": str(workflow.pk), "link": f"/workflows/{workflow.pk}/"}


@tool(effect=Effect.READ, quick=True)
def get_workflow(context: ToolContext, workflow: str, revision: int = 0) -> dict[str, Any]:
    """Show one workflow: its inputs, steps, earlier versions and last runs.

    Use it before you change a workflow, or to tell the person what it does.

    Args:
        workflow: Its name or id.
        revision: The number of an earlier version, to see what has changed since. 0 shows it as it is.
    """
    row = references.workflow(owner_of(context), workflow)
    runs = [{"run": str(run.pk), "status": run.status} for run in row.runs.order_by("-queued_at")[:3]]
    return {**told(row), **definition(row), **runs_when(row), "last_runs": runs, **versions(row, revision)}


def definition(workflow: Workflow) -> dict[str, Any]:
    """The workflow as create_workflow takes it."""
    steps = [
        {"key": step.key, "agent": step.agent.name, "prompt": step.prompt, "after": step.after, "when": step.when}
        for step in workflow.steps.select_related("agent")
    ]
    fields = ("name", "description", "instruction", "inputs", "max_concurrent", "max_rounds", "budget", *timetable.TIMES)
    return {**{field: getattr(workflow, field) for field in fields}, "steps": steps}


@tool(effect=Effect.IDEMPOTENT, atomic=True)
def create_workflow(
    context: ToolContext,
    name: str,
    steps: list[StepIn],
    description: str = "",
    inputs: list[InputIn] | None = None,
    instruction: str = "",
    max_rounds: int = 1,
    max_concurrent: int = 1,
    budget: BudgetIn | None = None,
    execution_mode: Mode | None = None,
    schedule: str | None = None,
    time_zone: str | None = None,
    overlap: Overlaps | None = None,
    misfire: Misfires | None = None,
    grace_seconds: int | None = None,
) -> dict[str, Any]:
    """Make a new workflow: steps of agents that build on each other, which can be run again and again.

    Use it for work that takes several steps or specialists, or that will be wanted again. Its agents must exist.
    Steps that wait for nothing, or for the same step, run at the same time. With a schedule it runs by itself, and each
    of its inputs needs a default.

    Args:
        name: A short name, such as Weekly report.
        steps: What is done, by which agent, after which other steps.
        description: What it is good for, in one line.
        inputs: What a run is given, where prompts use {{ input.NAME }}; with a default it may be left out.
        instruction: What every agent is told in every step, beside its own instructions.
        max_rounds: How often steps that lead back to earlier ones may be gone through; 1 allows no way back.
        max_concurrent: How many of its runs may work at the same time.
        budget: How many dollars or tokens a run may use before the person is asked; leave it out for the usual limits.
        execution_mode: manual: only when somebody runs it; schedule: at the times of its schedule; continuous: again and again.
        schedule: When it runs by itself, such as daily@09:00, every 2 hours or 0 9 * * 1-5; continuous: the pause between runs.
        time_zone: The IANA zone in which the schedule's times are meant; left out: the person's.
        overlap: What a due time does while an earlier run is not over: skip, queue, allow or replace.
        misfire: What is done about times at which nothing was running: latest, all or none.
        grace_seconds: A missed time older than this is not made up for.
    """
    owner = owner_of(context)
    if Workflow.objects.of(owner).count() >= MOST_WORKFLOWS:
        raise ToolError(f"The person has {MOST_WORKFLOWS} workflows already: use one of them, or ask which may be deleted.")
    data: dict[str, Any] = {"name": name, "steps": steps, "description": description, "inputs": inputs or [], "instruction": instruction}
    data |= {"max_rounds": max_rounds, "max_concurrent": max_concurrent, "budget": budget or {}}
    times = said(execution_mode, schedule, time_zone, overlap, misfire, grace_seconds)
    wanted = read(Definition, {**data, **times})
    return {**save(context, wanted, owner, None), "done": "created"}


def other_budget(arguments: dict[str, Any]) -> str:
    """The question whether a workflow may have another budget: whoever set one did not mean that a model may raise it."""
    budget = arguments.get("budget")
    if budget is None:
        return ""
    limits = " and ".join(f"{limit:,} {unit}" for unit, limit in budget.items()) or "no limit of its own"
    return f"Change what a run of the workflow “{arguments.get('workflow')}” may use before you are asked, to {limits}?"


@tool(effect=Effect.IDEMPOTENT, atomic=True, confirm=other_budget)
def update_workflow(
    context: ToolContext,
    workflow: str,
    name: str | None = None,
    steps: list[StepIn] | None = None,
    description: str | None = None,
    inputs: list[InputIn] | None = None,
    instruction: str | None = None,
    max_rounds: int | None = None,
    max_concurrent: int | None = None,
    budget: BudgetIn | None = None,
    execution_mode: Mode | None = None,
    schedule: str | None = None,
    time_zone: str | None = None,
    overlap: Overlaps | None = None,
    misfire: Misfires | None = None,
    grace_seconds: int | None = None,
    revision: int = 0,
) -> dict[str, Any]:
    """Change a workflow, or bring back an earlier version of it. What you leave out stays as it is.

    Use it when the person wants a workflow to do something else. Runs that are under way keep to the version they began with.
    To stop it from running by itself, set execution_mode to manual.

    Args:
        workflow: Its name or id.
        name: A new name.
        steps: All steps from now on: they replace the old ones.
        description: What it is good for, in one line.
        inputs: All inputs from now on.
        instruction: What every agent is told in every step.
        max_rounds: How often steps that lead back may be gone through.
        max_concurrent: How many of its runs may work at the same time.
        budget: How many dollars or tokens a run may use from now on; {} lifts the limit. The person is asked first.
        execution_mode: manual: only when somebody runs it; schedule: at the times of its schedule; continuous: again and again.
        schedule: When it runs by itself, such as daily@09:00, every 2 hours or 0 9 * * 1-5; continuous: the pause between runs.
        time_zone: The IANA zone in which the schedule's times are meant; empty: the person's.
        overlap: What a due time does while an earlier run is not over: skip, queue, allow or replace.
        misfire: What is done about times at which nothing was running: latest, all or none.
        grace_seconds: A missed time older than this is not made up for.
        revision: The number of an earlier version to bring back before the other changes; get_workflow lists them.
            The budget stays as it is.
    """
    owner = owner_of(context)
    row = references.workflow(owner, workflow)
    before = editing.revision_of(row, revision).data | {"budget": row.budget} if revision else definition(row)
    changed: dict[str, Any] = {"name": name, "steps": steps, "description": description, "inputs": inputs, "instruction": instruction}
    changed |= {"max_rounds": max_rounds, "max_concurrent": max_concurrent, "budget": budget}
    times = said(execution_mode, schedule, time_zone, overlap, misfire, grace_seconds)
    changed |= timetable.with_mode(times, before.get("execution_mode", "manual"))
    wanted = read(Definition, {**before, **{key: value for key, value in changed.items() if value is not None}})
    return {**save(context, wanted, owner, row), "done": "changed"}


def save(context: ToolContext, wanted: Definition, owner: User, row: Workflow | None) -> dict[str, Any]:
    """Make or change a workflow none of whose agents can do more than the one that calls."""
    caller = caller_of(context)
    names = {step.agent for step in wanted.steps}
    for agent in Agent.objects.of(owner):
        if names & {agent.name, str(agent.pk)} and (found := next(beyond(AgentDefinition.of(agent), caller), "")):
            raise ToolError(f"“{agent}” may do more than you, so you cannot give it work. {found}")
    check_may_schedule(wanted, caller, row)
    saved = editing.save(wanted, owner=owner, by=owner, workflow=row, run=Run.objects.get(pk=context.run_id))
    needed = sorted(wanted.needed())
    return {**told(saved), **runs_when(saved), **({"needs": needed} if needed else {})}


@tool(effect=Effect.IDEMPOTENT, atomic=True, confirm=lambda arguments: f"Delete the workflow “{arguments.get('workflow')}”?")
def delete_workflow(context: ToolContext, workflow: str) -> str:
    """Delete a workflow for good; the person is asked before it happens. What its runs gave stays.

    Use it only when the person wants a workflow to be gone.

    Args:
        workflow: Its name, so that the person sees what would be deleted.
    """
    row = references.workflow(owner_of(context), workflow)
    editing.delete(row)
    return f"The workflow “{row.name}” was deleted."


@tool(effect=Effect.IDEMPOTENT, atomic=True)
def execute_workflow(context: ToolContext, workflow: str, inputs: dict[str, str] | None = None) -> dict[str, Any]:
    """Start a run of a workflow. It works on its own and may ask the person; this gives its id and link at once.

    Use it when the person wants a workflow to be done. Do not wait for the run or look it up again and again: when it
    has ended, its report appears in this conversation and you are told the result.

    Args:
        workflow: Its name or id.
        inputs: A value for each input that has no default, by name.
    """
    owner = owner_of(context)
    row = references.workflow(owner, workflow)
    parent = Run.objects.get(pk=context.run_id)
    started = Run.objects.filter(owner=owner, idempotency_key=context.key).first() or engine.execute(
        row,
        by=owner,
        trigger=Trigger.TOOL,
        inputs=inputs or {},
        conversation=Conversation.objects.get(pk=context.conversation_id),
        parent=parent,
        idempotency_key=context.key,
    )
    later = "You are told its result when it has ended." if parent.lane == Lane.TURN else "Its result goes to the person, not to you."
    return {"run": str(started.pk), "workflow": row.name, "status": started.status, "link": f"/runs/{started.pk}/", "next": later}
