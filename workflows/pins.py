"""Which versions of its agents a run keeps to: what is changed while it waits for weeks does not change it halfway."""

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from workflows.definition import Definition
from workflows.editing.agents import keep
from workflows.models import Agent, Revision, Run

# What a person takes away counts at once: the policy is always today's, and of the tools only those the agent still has.
PINNED = ("instructions", "model", "limits", "memory")


def pinned_agents(definition: Definition, owner: User) -> dict[str, int]:
    """The newest version of each agent of `definition`, by id; one that has none yet gets its first."""
    ids = {part.agent for part in definition.steps}
    return {str(agent.pk): newest(agent) for agent in Agent.objects.of(owner).filter(pk__in=ids)}


def newest(agent: Agent) -> int:
    """The number of the agent's newest version."""
    numbers = agent.revisions.order_by("-number").values_list("number", flat=True)
    if (number := numbers.first()) is not None:
        return number
    try:
        with transaction.atomic():
            return keep(agent, None).number
    except IntegrityError:
        return numbers[0]  # Another run began in this very moment.


def pins_of(agent: Agent) -> dict[str, int]:
    """The agent as it is now, for a turn that begins now to keep to."""
    return {str(agent.pk): newest(agent)}


def as_pinned(agent: Agent, run: Run) -> Agent:
    """`agent` as it was when the run began; as it is now where nothing was kept."""
    number = run.pins.get(str(agent.pk))
    revision = Revision.objects.filter(agent=agent, number=number).first() if number else None
    if revision is None:
        return agent
    for field in PINNED:
        setattr(agent, field, revision.data[field])
    if Agent.ALL_TOOLS not in agent.tools:
        agent.tools = [name for name in agent.tools if name in revision.data["tools"] or Agent.ALL_TOOLS in revision.data["tools"]]
    else:
        agent.tools = revision.data["tools"]
    return agent
