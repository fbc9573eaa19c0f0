"""Agents: as people, programs and models write them, checked whole; made, changed and deleted."""

from collections.abc import Iterator
from typing import Annotated, Any, Self

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Max
from pydantic import Field

from workflows import tools
from workflows.definition import Part, Problem
from workflows.errors import ConflictError, ForbiddenError, InvalidError
from workflows.llm import names
from workflows.llm.errors import ModelError
from workflows.models import Agent, Revision, Run
from workflows.policy import mistakes as policy_mistakes
from workflows.signals import agent_closing
from workflows.titles import wrong_title

# The largest value of each cap that an agent may set; all but dollars are whole numbers.
MOST = {"steps": 1_000, "calls": 100_000, "tokens": 1_000_000_000, "dollars": 1_000_000, "seconds": 86_400}
LEAST_DOLLARS = 0.01
USERS_NAMED = 5


class AgentDefinition(Part):
    """A whole agent."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    description: Annotated[str, Field(max_length=300)] = ""
    instructions: Annotated[str, Field(max_length=20_000)] = ""
    model: Annotated[str, Field(max_length=200)] = ""
    tools: list[str] = []
    tool_policy: dict[str, Any] = {}
    limits: dict[str, int | float] = {}
    memory: bool = True

    @classmethod
    def of(cls, agent: Agent) -> Self:
        """An agent as it stands."""
        return cls.model_construct(**{name: getattr(agent, name) for name in cls.model_fields})

    def stored(self) -> dict[str, Any]:
        """The definition as JSON, as a revision keeps it."""
        return self.model_dump(mode="json")


@transaction.atomic
def save_agent(definition: AgentDefinition, *, owner: User | None, by: User, agent: Agent | None = None) -> Agent:
    """Make an agent of `owner`, or change `agent`; as a new revision. Nobody's agent is everybody's.

    Raises InvalidError that names each mistake, ForbiddenError when `by` may not change what is shared.
    """
    owner = agent.owner if agent else owner
    check_may_change(owner, by)
    if found := list(agent_mistakes(definition, owner, agent)):
        raise InvalidError(" ".join(f"{place}: {sentence}" for place, sentence in found[:5]), fields=dict(reversed(found)))
    if agent and not agent.revisions.exists():
        # It was made before revisions were kept: what it was stays readable.
        keep(agent, None)
    agent = agent or Agent(owner=owner)
    for field, value in definition.stored().items():
        setattr(agent, field, value)
    agent.model = names.known(definition.model)
    try:
        with transaction.atomic():
            agent.save()
    except IntegrityError as exc:
        # Another one has got the name since it was looked for.
        sentence = named_already(agent)
        raise InvalidError(sentence, fields={"name": sentence}) from exc
    revise_agent(agent, by)
    return agent


def revise_agent(agent: Agent, by: User) -> Revision | None:
    """Keep this version of an agent that was saved; None when it is as the last one."""
    last = agent.revisions.order_by("-number").first()
    return None if last and last.data == AgentDefinition.of(agent).stored() else keep(agent, by)


def keep(agent: Agent, by: User | None) -> Revision:
    """A revision of the agent as it stands."""
    number = agent.revisions.aggregate(last=Max("number"))["last"] or 0
    return Revision.objects.create(agent=agent, number=number + 1, data=AgentDefinition.of(agent).stored(), made_by=by)


def check_may_change(owner: User | None, by: User) -> None:
    """Raise ForbiddenError unless `by` may change what belongs to `owner`."""
    if owner is None and not by.is_superuser:
        raise ForbiddenError("This agent is everybody's: only administrators change it. Make one of your own instead.")


def agent_mistakes(definition: AgentDefinition, owner: User | None, agent: Agent | None) -> Iterator[Problem]:
    """What is wrong, where, and how it would be right."""
    known = tools.load()
    yield from wrong_name(definition.name, owner, agent)
    # Tools that are not installed any more may stay.
    had = set(agent.tools) if agent else set()
    for at, name in enumerate(definition.tools):
        if name not in known and name not in had and name != Agent.ALL_TOOLS:
            yield f"tools[{at}]", f"There is no tool “{name[:60]}”: the tools are {', '.join(sorted(known))}."
    for sentence in policy_mistakes(definition.tool_policy, known):
        yield "tool_policy", sentence
    for cap, value in definition.limits.items():
        if sentence := wrong_limit(cap, value):
            yield f"limits.{cap[:60]}", sentence
    if sentence := wrong_model(definition.model):
        yield "model", sentence


def wrong_limit(cap: str, value: float) -> str:
    """What is wrong with a cap; empty when nothing is."""
    if cap not in MOST:
        return f"There is no such limit: use {', '.join(MOST)}."
    least = LEAST_DOLLARS if cap == "dollars" else 1
    if not least <= value <= MOST[cap]:
        return f"Give {least} to {MOST[cap]:,}, or leave it out."
    return "Give a whole number." if cap != "dollars" and isinstance(value, float) else ""


def wrong_name(name: str, owner: User | None, agent: Agent | None) -> Iterator[Problem]:
    """What is wrong with a name: everybody's agents and one's own are called by different ones."""
    if agent and agent.name == name:
        return
    if sentence := wrong_title(name):
        yield "name", sentence
        return
    seen = Agent.objects.of(owner) if owner else Agent.objects.filter(owner=None)
    others = seen.exclude(pk=agent.pk) if agent else seen
    if taken := others.filter(name__iexact=name.strip()).first():
        yield "name", named_already(taken)


def named_already(agent: Agent) -> str:
    """What is wrong with the name of another agent."""
    whose = "There is a shared agent" if agent.owner_id is None else "You have an agent"
    return f"{whose} “{agent.name}” already: use that one, or choose another name."


def wrong_model(name: str) -> str:
    """What is wrong with the name of a model; empty when nothing is. Its service need not answer now."""
    try:
        names.known(name)
    except ModelError as exc:
        return str(exc)
    return ""


@transaction.atomic
def delete_agent(agent: Agent, *, by: User) -> None:
    """Delete an agent. Raises ConflictError that names what uses it."""
    check_may_change(agent.owner, by)
    if agent.is_default:
        raise ConflictError(f"“{agent}” answers where no other agent was chosen: make another one the default first.")
    users = sorted(set(agent.steps.values_list("workflow__name", flat=True)))
    if users:
        more = f" and {len(users) - USERS_NAMED} more" if len(users) > USERS_NAMED else ""
        named = ", ".join(f"“{name}”" for name in users[:USERS_NAMED]) + more
        raise ConflictError(f"“{agent}” works in {named}: give those steps to another agent first.", workflows=users)
    if busy := next(working(agent), None):
        raise ConflictError(f"“{agent}” is at work in {busy}: cancel that first, or wait for its end.")
    agent_closing.send(sender=Agent, agent=agent)
    agent.delete()


def working(agent: Agent) -> Iterator[Run]:
    """The runs that have not ended and need the agent: its turns, and those whose own version of a workflow names it."""
    for run in Run.objects.unfinished().select_related("revision"):
        steps = run.revision.data.get("steps", []) if run.revision else []
        if run.agent_id == agent.pk or any(step.get("agent") == str(agent.pk) for step in steps):
            yield run
