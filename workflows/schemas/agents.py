"""What the API takes and gives for agents."""

from typing import Any, Self
from uuid import UUID

from ninja import Field, Schema
from pydantic import StrictBool

from chat.schemas import Body, Stamp
from workflows.editing import AgentDefinition
from workflows.models import Agent

TOOLS: Any = Field([], description="Names of tools; “*” stands for all.")
POLICY: Any = Field({}, description="By tool name, or * for all others: allow, ask or deny, or a default with rules on arguments.")
LIMITS: Any = Field({}, description="Caps of one run by name: steps (the model's replies), calls (of tools), tokens, dollars, seconds.")


class AgentOut(Schema):
    """Instructions, a model and tools under a name. `shared`: everybody may use it, only administrators may change it."""

    id: UUID
    name: str
    description: str
    instructions: str
    model: str
    tools: list[str]
    tool_policy: dict[str, Any]
    limits: dict[str, int | float]
    memory: bool
    shared: bool
    created_at: Stamp
    updated_at: Stamp

    @classmethod
    def of(cls, agent: Agent) -> Self:
        own = {name: getattr(agent, name) for name in AgentDefinition.model_fields}
        return cls(id=agent.pk, shared=agent.owner_id is None, created_at=agent.created_at, updated_at=agent.updated_at, **own)


class Agents(Schema):
    """A page of agents, the newest first."""

    items: list[AgentOut]
    next: str | None


class AgentIn(AgentDefinition):
    """A new agent."""

    tools: list[str] = TOOLS
    tool_policy: dict[str, Any] = POLICY
    limits: dict[str, int | float] = LIMITS


class AgentChange(Body):
    """What to change; what is left out stays."""

    name: str = Field("", min_length=1, max_length=100)
    description: str = Field("", max_length=300)
    instructions: str = Field("", max_length=20_000)
    model: str = Field("", max_length=200)
    tools: list[str] = TOOLS
    tool_policy: dict[str, Any] = POLICY
    limits: dict[str, int | float] = LIMITS
    memory: StrictBool = True
