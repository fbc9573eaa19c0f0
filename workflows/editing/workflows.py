"""Workflows: made, changed and deleted."""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max

from workflows.definition import Definition, check
from workflows.errors import ConflictError, InvalidError
from workflows.models import Agent, Revision, Step, Workflow
from workflows.signals import workflow_closing


@transaction.atomic
def save(definition: Definition, *, owner: User, by: User, workflow: Workflow | None = None) -> Workflow:
    """Make a workflow, or change `workflow`; as a new revision. Raises InvalidError that names each mistake."""
    agents = {name: agent for agent in Agent.objects.of(owner) for name in (agent.name, str(agent.pk))}
    check(definition, agents.keys())
    same = Workflow.objects.filter(owner=owner, name=definition.name)
    if (same.exclude(pk=workflow.pk) if workflow else same).exists():
        sentence = f"You have a workflow “{definition.name}” already: change that one, or choose another name."
        raise InvalidError(sentence, fields={"name": sentence})
    workflow = workflow or Workflow(owner=owner)
    for field in ("name", "description", "instruction", "max_concurrent", "max_rounds"):
        setattr(workflow, field, getattr(definition, field))
    workflow.inputs = [part.model_dump(exclude_none=True) for part in definition.inputs]
    workflow.budget = definition.budget.model_dump(mode="json")
    workflow.save()
    write_steps(workflow, definition, agents)
    revise(workflow, definition, agents, by)
    return workflow


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


def delete(workflow: Workflow) -> None:
    """Delete a workflow. Raises ConflictError while a run of it is at work or waits."""
    if busy := workflow.runs.unfinished().first():
        raise ConflictError(f"“{workflow}” is at work in {busy}: cancel that first, or wait for its end.")
    workflow_closing.send(sender=Workflow, workflow=workflow)
    workflow.delete()
