"""Agents over HTTP: made, shown, changed, deleted, brought back. In addresses an agent goes by its id or its name."""

from django.db import transaction
from django.http import HttpRequest
from ninja import Query, Router, Status

from chat.http.auth import person
from chat.http.idempotency import PARAMETER, idempotent
from chat.http.rows import Paging, page
from workflows import editing, references
from workflows.editing import AgentDefinition
from workflows.models import Agent
from workflows.schemas import AgentChange, AgentIn, AgentOut, Agents, RevisionOut, Revisions, RollbackIn

router = Router(tags=["agents"])


@router.get("/agents", response=Agents)
def list_agents(request: HttpRequest, paging: Query[Paging]) -> Agents:
    """The agents that you may use: your own and the shared ones."""
    found, onward = page(Agent.objects.of(person(request)), paging, "created_at")
    return Agents(items=[AgentOut.of(agent) for agent in found], next=onward)


@router.post("/agents", response={201: AgentOut}, openapi_extra=PARAMETER)
@idempotent(201)
def create_agent(request: HttpRequest, body: AgentIn) -> AgentOut:
    """Make an agent of your own."""
    return AgentOut.of(editing.save_agent(body, owner=person(request), by=person(request)))


@router.get("/agents/{agent}", response=AgentOut)
def show_agent(request: HttpRequest, agent: str) -> AgentOut:
    """One agent."""
    return AgentOut.of(references.agent(person(request), agent))


@router.patch("/agents/{agent}", response=AgentOut)
def change_agent(request: HttpRequest, agent: str, body: AgentChange) -> AgentOut:
    """Change what is given, and leave the rest; as a new revision. Shared agents are changed by administrators alone."""
    with transaction.atomic():
        found = Agent.objects.select_for_update().get(pk=references.agent(person(request), agent).pk)
        definition = AgentDefinition.model_validate({**AgentDefinition.of(found).stored(), **body.model_dump(exclude_unset=True)})
        return AgentOut.of(editing.save_agent(definition, owner=found.owner, by=person(request), agent=found))


@router.delete("/agents/{agent}", response={204: None})
def delete_agent(request: HttpRequest, agent: str) -> Status[None]:
    """Delete an agent; refused while a workflow or a run uses it."""
    editing.delete_agent(references.agent(person(request), agent), by=person(request))
    return Status(204, None)


@router.get("/agents/{agent}/revisions", response=Revisions)
def list_agent_revisions(request: HttpRequest, agent: str, paging: Query[Paging]) -> Revisions:
    """Every version of an agent that was saved, the newest first."""
    rows = editing.revisions_of(references.agent(person(request), agent))
    found, onward = page(rows, paging, "made_at")
    return Revisions(items=[RevisionOut.of(row) for row in found], next=onward)


@router.post("/agents/{agent}/rollback", response=AgentOut)
def roll_back_agent(request: HttpRequest, agent: str, body: RollbackIn) -> AgentOut:
    """Make an earlier version the current one again, as a new revision."""
    found = references.agent(person(request), agent)
    editing.roll_back(editing.revision_of(found, body.revision), by=person(request))
    return AgentOut.of(references.agent(person(request), str(found.pk)))
