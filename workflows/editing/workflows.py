"""Workflows: made, changed and deleted."""

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Max

from chat.models import Profile
from workflows import schedules, timetable
from workflows.definition import Definition, check
from workflows.errors import ConflictError, InvalidError
from workflows.models import Agent, Revision, Run, Step, Workflow
from workflows.signals import workflow_closing, workflow_saved, workflow_saving


@transaction.atomic
def save(definition: Definition, *, owner: User, by: User, workflow: Workflow | None = None, run: Run | None = None) -> Workflow:
    """Make a workflow, or change `workflow`; as a new revision. `run`: an agent's run does it.

    Raises InvalidError that names each mistake, and NotAllowedError where an agent may not schedule it.
    """
    # The owner's own agents last: they come before a shared one of the same name.
    usable = Agent.objects.of(owner).order_by(F("owner").asc(nulls_first=True))
    agents = {name: agent for agent in usable for name in (agent.name, str(agent.pk))}
    check(definition, agents.keys())
    same = Workflow.objects.filter(owner=owner, name=definition.name)
    if (same.exclude(pk=workflow.pk) if workflow else same).exists():
        raise taken(definition)
    definition = timed(definition, owner)
    workflow_saving.send(sender=Workflow, definition=definition, workflow=workflow, run=run)
    workflow = workflow or Workflow(owner=owner)
    for field in ("name", "description", "instruction", "max_concurrent", "max_rounds", *timetable.TIMES):
        setattr(workflow, field, getattr(definition, field))
    workflow.inputs = [part.model_dump(exclude_none=True) for part in definition.inputs]
    workflow.budget = definition.budget.model_dump(mode="json")
    try:
        with transaction.atomic():
            workflow.save()
    except IntegrityError as exc:
        # Another one has got the name since it was looked for.
        raise taken(definition) from exc
    write_steps(workflow, definition, agents)
    revise(workflow, definition, agents, by)
    # What fails above is logged and repaired there: the save stands.
    workflow_saved.send_robust(sender=Workflow, workflow=workflow, by=by, run=run)
    return workflow


def taken(definition: Definition) -> InvalidError:
    """The refusal of a name that another workflow has."""
    sentence = f"You have a workflow “{definition.name}” already: change that one, or choose another name."
    return InvalidError(sentence, fields={"name": sentence})


def timed(definition: Definition, owner: User) -> Definition:
    """The definition with its schedule in the regular form, in a zone that does not move when its owner does."""
    schedule = schedules.parse(definition.schedule).text if definition.schedule else ""
    zone = definition.time_zone or (Profile.of(owner).zone().key if timetable.scheduled(definition) else "")
    return definition.model_copy(update={"schedule": schedule, "time_zone": zone})


def write_steps(workflow: Workflow, definition: Definition, agents: dict[str, Agent]) -> None:
    """Replace the steps by those of the definition."""
    workflow.steps.all().delete()
    Step.objects.bulk_create(
        Step(
            workflow=workflow,
            key=part.key,
            agent=agents[part.agent],
            prompt=part.prompt,
            after=part.after,
            when=part.when.model_dump(mode="json", by_alias=True) if part.when else None,
            position=position,
        )
        for position, part in enumerate(definition.steps)
    )


def revise(workflow: Workflow, definition: Definition, agents: dict[str, Agent], by: User) -> Revision:
    """Keep this version: agents by their ids, which stay when they are renamed."""
    steps = [part.model_copy(update={"agent": str(agents[part.agent].pk)}) for part in definition.steps]
    data = definition.model_copy(update={"steps": steps}).stored()
    number = Revision.objects.filter(workflow=workflow).aggregate(last=Max("number"))["last"] or 0
    return Revision.objects.create(workflow=workflow, number=number + 1, data=data, made_by=by)


@transaction.atomic
def delete(workflow: Workflow) -> None:
    """Delete a workflow. Raises ConflictError while a run of it is at work or waits, or a task needs it."""
    workflow_closing.send(sender=Workflow, workflow=workflow)
    # A run that is begun at this moment is seen below, or comes too late. After the task, as the clock does it.
    Workflow.objects.select_for_update().filter(pk=workflow.pk).first()
    if busy := workflow.runs.unfinished().first():
        pause = "pause its schedule, and " if timetable.scheduled(workflow) else ""
        raise ConflictError(f"“{workflow}” is at work in {busy}: {pause}cancel that first, or wait for its end.")
    workflow.delete()
