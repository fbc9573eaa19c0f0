"""Workflows as files that another installation takes: agents by name, and what they are beside them if wanted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from django.contrib.auth.models import User
from django.db import transaction

from chat.http.sentences import told
from workflows import editing
from workflows.definition import Definition, Part
from workflows.editing import AgentDefinition
from workflows.errors import ConflictError, InvalidError
from workflows.models import Agent, Workflow
from workflows.reading import read


class Package(Part):
    """What an export holds. `agentron` is the version of this form."""

    agentron: Literal[1]
    workflow: Definition
    agents: list[AgentDefinition] = []


def exported(workflow: Workflow, *, with_agents: bool = False) -> dict[str, Any]:
    """A workflow as JSON."""
    used = {str(agent.pk): agent for agent in Agent.objects.filter(steps__workflow=workflow).distinct()}
    definition = Definition.of(workflow)
    steps = [part.model_copy(update={"agent": used[part.agent].name}) for part in definition.steps]
    agents = [AgentDefinition.of(agent).stored() for agent in used.values()] if with_agents else []
    found = {"agentron": 1, "workflow": definition.model_copy(update={"steps": steps}).stored()}
    return found | ({"agents": agents} if with_agents else {})


@transaction.atomic
def take_in(data: Any, *, owner: User, replace: bool = False) -> Workflow:
    """Make the workflow of an export, or of a bare definition, `owner`'s. Agents that there are already stay as they are.

    Raises InvalidError with the place of each mistake, and ConflictError for a name that is taken, unless it may be `replace`d.
    """
    package = unpacked(data)
    before = Workflow.objects.of(owner).filter(name=package.workflow.name).first()
    if before and not replace:
        raise ConflictError(f"There is a workflow “{before}” already: import with --replace to change it; its versions stay.")
    for at, agent in enumerate(package.agents):
        if not Agent.objects.of(owner).filter(name=agent.name).exists():
            with within(f"agents[{at}]"):
                editing.save_agent(agent, owner=owner, by=owner)
    return editing.save(package.workflow, owner=owner, by=owner, workflow=before)


def unpacked(data: Any) -> Package:
    """What `data` holds: an export, or a workflow's definition alone, as the API takes it."""
    if isinstance(data, dict) and "agentron" in data:
        return read(Package, data)
    return Package(agentron=1, workflow=read(Definition, data))


@contextmanager
def within(place: str) -> Iterator[None]:
    """Let the mistakes of a part say where that part stands in the whole."""
    try:
        yield
    except InvalidError as exc:
        places = {f"{place}.{name}": text for name, text in exc.fields.items()}
        raise InvalidError(told(places) or str(exc), fields=places) from exc
