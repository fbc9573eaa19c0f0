"""The tools that look after agents. What an agent makes can never do more than itself."""

import json
from typing import Any

from django.contrib.auth.models import User
from django.utils.text import Truncator

from workflows import editing, references
from workflows.authority import beyond, inherited
from workflows.editing import AgentDefinition
from workflows.models import Agent, Effect
from workflows.reading import read
from workflows.tools import ToolContext, ToolError, tool

# How many an owner may have for an agent to make one more; people may.
MOST_AGENTS = 50
MOST_LISTED = 100
# How much of new instructions a question shows; the whole stands in its arguments.
MOST_QUOTED = 300


def owner_of(context: ToolContext) -> User:
    """The person for whom a tool works."""
    return User.objects.get(pk=context.owner_id)


def caller_of(context: ToolContext) -> Agent:
    """The agent that calls, or ToolError when it is gone: without it nobody knows what it may give."""
    caller = Agent.objects.filter(pk=context.agent_id).first() if context.agent_id else None
    if caller is None:
        raise ToolError("The agent that you are was deleted: tell the person, and do no more.")
    return caller


@tool(effect=Effect.READ, quick=True)
def list_agents(context: ToolContext) -> list[dict[str, Any]]:
    """List the agents that the person has, with what each is good for and which tools it may use.

    Use it before you create an agent: there may be one already that fits.
    """
    rows = Agent.objects.of(owner_of(context))[:MOST_LISTED]
    return [{"name": row.name, "description": row.description, "tools": row.tools, "shared": row.owner_id is None} for row in rows]


@tool(effect=Effect.READ, quick=True)
def get_agent(context: ToolContext, agent: str, revision: int = 0) -> dict[str, Any]:
    """Show one agent: its instructions, model, tools, policy, limits, earlier versions, and the workflows it works in.

    Use it before you change an agent.

    Args:
        agent: Its name or id.
        revision: The number of an earlier version, to see what has changed since. 0 shows it as it is.
    """
    row = references.agent(owner_of(context), agent)
    works_in = sorted(set(row.steps.filter(workflow__owner=context.owner_id).values_list("workflow__name", flat=True)))
    return {"id": str(row.pk), **AgentDefinition.of(row).stored(), "works_in": works_in, **versions(row, revision)}


def versions(thing: Any, number: int) -> dict[str, Any]:
    """The numbers of the newest versions of a workflow or an agent, and what changed since version `number`."""
    newest = list(editing.revisions_of(thing)[:10])
    found: dict[str, Any] = {"revisions": [{"number": row.number, "at": row.made_at.isoformat(timespec="minutes")} for row in newest]}
    if number and newest:
        found["changes_since"] = editing.changes(editing.revision_of(thing, number), newest[0]) or "Nothing."
    return found


@tool(effect=Effect.IDEMPOTENT, atomic=True)
def create_agent(
    context: ToolContext,
    name: str,
    instructions: str,
    description: str = "",
    tools: list[str] | None = None,
    model: str = "",
    tool_policy: dict[str, str] | None = None,
    limits: dict[str, int | float] | None = None,
) -> dict[str, Any]:
    """Make a new agent: a specialist that the steps of workflows can be given to.

    Use it when no agent that exists fits. Give it few tools: only those that its work needs and that you have yourself.

    Args:
        name: A short name that says what it does, such as Researcher.
        instructions: What it is told before all its work: its task, how to do it, and what its answer looks like.
        description: What it is good for, in one line.
        tools: Names of the tools it may use, such as fetch_url to read the web, request_user_help to ask the person.
        model: provider:model; leave it out for the default model.
        tool_policy: By tool name: allow, ask or deny. Leave it out for the usual.
        limits: Caps of one run: steps, calls, tokens, dollars, seconds. Leave it out for the usual.
    """
    owner, caller = owner_of(context), caller_of(context)
    if Agent.objects.filter(owner=owner).count() >= MOST_AGENTS:
        raise ToolError(f"The person has {MOST_AGENTS} agents already: use one of them, or ask which may be deleted.")
    given = {"name": name, "instructions": instructions, "description": description, "model": model}
    wanted = read(AgentDefinition, {**given, "tools": tools or [], "tool_policy": tool_policy or {}, "limits": limits or {}})
    return save(inherited(wanted, caller), owner, caller, None)


def other_work(arguments: dict[str, Any]) -> str:
    """The question whether an agent may be told other things or have other rights from now on; empty where neither changes."""
    told = arguments.get("instructions")
    rights = [
        f"{name} {json.dumps(arguments[name])}" for name in ("model", "tools", "tool_policy", "limits") if arguments.get(name) is not None
    ]
    rights += [f"as it was in version {arguments['revision']}"] if arguments.get("revision") else []
    agent = f"the agent “{str(arguments.get('agent'))[:100]}”"
    quoted = Truncator(" ".join(str(told).split())).chars(MOST_QUOTED)
    parts = [f"give {agent} new instructions: “{quoted}”"] if told is not None else []
    parts += [f"change what {agent} may do: {', '.join(rights)}"] if rights else []
    question = ", and ".join(parts)
    return f"{question[:1].upper()}{question[1:]}?" if parts else ""


@tool(effect=Effect.IDEMPOTENT, atomic=True, confirm=other_work)
def update_agent(
    context: ToolContext,
    agent: str,
    name: str | None = None,
    instructions: str | None = None,
    description: str | None = None,
    tools: list[str] | None = None,
    model: str | None = None,
    tool_policy: dict[str, str] | None = None,
    limits: dict[str, int | float] | None = None,
    revision: int = 0,
) -> dict[str, Any]:
    """Change an agent of the person's, or bring back an earlier version of it. What you leave out stays as it is.

    Use it when the person wants an agent to work in another way; they are asked before anything but its name and description
    changes. You cannot change yourself.

    Args:
        agent: Its name or id.
        name: A new name.
        instructions: New instructions, whole: they replace the old ones.
        description: What it is good for, in one line.
        tools: All tools it may use from now on.
        model: provider:model, or an empty text for the default model.
        tool_policy: The whole policy, by tool name: allow, ask or deny.
        limits: All caps of one run: steps, calls, tokens, dollars, seconds.
        revision: The number of an earlier version to bring back before the other changes; get_agent lists them.
    """
    owner, caller = owner_of(context), caller_of(context)
    row = may_change(references.agent(owner, agent), caller)
    before = editing.revision_of(row, revision).data if revision else AgentDefinition.of(row).stored()
    changed: dict[str, Any] = {"name": name, "instructions": instructions, "description": description, "tools": tools, "model": model}
    changed |= {"tool_policy": tool_policy, "limits": limits}
    wanted = read(AgentDefinition, {**before, **{key: value for key, value in changed.items() if value is not None}})
    return save(wanted, owner, caller, row)


@tool(effect=Effect.IDEMPOTENT, atomic=True, confirm=lambda arguments: f"Delete the agent “{arguments.get('agent')}”?")
def delete_agent(context: ToolContext, agent: str) -> str:
    """Delete an agent of the person's for good; they are asked before it happens.

    Use it only when the person wants an agent to be gone. One that works in a workflow cannot be deleted.

    Args:
        agent: Its name, so that the person sees what would be deleted.
    """
    owner = owner_of(context)
    row = may_change(references.agent(owner, agent), caller_of(context))
    editing.delete_agent(row, by=owner)
    return f"The agent “{row.name}” was deleted."


def may_change(row: Agent, caller: Agent) -> Agent:
    """`row`, if `caller` may change it at all; else ToolError."""
    if row.pk == caller.pk:
        raise ToolError("This agent is yourself, and no agent changes itself: ask the person to do it in the admin.")
    if row.owner_id is None:
        raise ToolError(f"“{row}” is everybody's, and no agent changes those: create one for this person instead.")
    if found := list(beyond(AgentDefinition.of(row), caller)):
        raise ToolError(f"“{row}” may do more than you, so you cannot change it. {found[0]}")
    return row


def save(wanted: AgentDefinition, owner: User, caller: Agent, row: Agent | None) -> dict[str, Any]:
    """Make or change an agent that can do no more than `caller`, and say what came of it."""
    if found := list(beyond(wanted, caller)):
        raise ToolError(" ".join(found[:5]))
    agent = editing.save_agent(wanted, owner=owner, by=owner, agent=row)
    return {"agent": agent.name, "id": str(agent.pk), "tools": agent.tools, "done": "changed" if row else "created"}
