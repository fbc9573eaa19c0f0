"""Which versions of its agents a workflow's run keeps to: what is changed while it waits for weeks does not change it halfway."""

from django.contrib.auth.models import User

from workflows.definition import Definition
from workflows.editing.agents import keep
from workflows.models import Agent, Revision, Run

# What a person takes away counts at once: the policy is always today's, and of the tools only those the agent still has.
PINNED = ("instructions", "model", "limits", "memory")


def pinned_agents(definition: Definition, owner: User) -> dict[str, int]:
    """The newest version of each agent of `definition`, by id; one that has none yet gets its first."""
    ids = {part.agent for part in definition.steps}
    found = {}
    for agent in Agent.objects.of(owner).filter(pk__in=ids):
        newest = agent.revisions.order_by("-number").first() or keep(agent, None)
        found[str(agent.pk)] = newest.number
    return found


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
