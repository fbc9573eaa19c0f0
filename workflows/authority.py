"""What an agent may give to others: never more than it has itself (tools, policy, limits)."""

from collections.abc import Iterator, Mapping
from typing import Any

from workflows import tools
from workflows.caps import MAX_REPLIES, MAX_SECONDS
from workflows.editing import AgentDefinition
from workflows.models import Agent, Effect
from workflows.policy import ANY, STRENGTH, Verdict, entry_mistakes, stronger

# The caps of an agent that sets none of its own.
USUAL = {"steps": MAX_REPLIES, "seconds": MAX_SECONDS}
# What a call comes to at least where no rule decides it: any call, and one that takes a credential.
FLOORS = (Verdict.ALLOW, Verdict.ASK)


def inherited(wanted: AgentDefinition, caller: Agent) -> AgentDefinition:
    """A new agent with its maker's policy and limits wherever it says nothing itself."""
    everything = Agent.ALL_TOOLS in wanted.tools
    policy = {name: entry for name, entry in caller.tool_policy.items() if everything or name == ANY or name in wanted.tools}
    update = {"tool_policy": {**policy, **wanted.tool_policy}, "limits": {**caller.limits, **wanted.limits}}
    return wanted.model_copy(update={**update, "memory": caller.memory})


def beyond(wanted: AgentDefinition, caller: Agent) -> Iterator[str]:
    """What `wanted` could do that `caller` cannot, a sentence each."""
    has_all = Agent.ALL_TOOLS in caller.tools
    for name in wanted.tools:
        if not has_all and name not in caller.tools:
            yield f"You do not have {'all tools' if name == Agent.ALL_TOOLS else f'the tool “{name}”'} yourself, so you cannot give it."
    yield from policy_beyond(wanted, caller)
    mine, its = {**USUAL, **caller.limits}, {**USUAL, **wanted.limits}
    for cap, most in mine.items():
        if its.get(cap, most + 1) > most:
            yield f"Your own limit of {cap} is {most:,}: set limits.{cap} to at most that."


def policy_beyond(wanted: AgentDefinition, caller: Agent) -> Iterator[str]:
    """The tools that `wanted` could call with fewer questions than `caller`."""
    known = tools.load()
    owns = {name: Verdict.ASK if tool.effect == Effect.ONCE else Verdict.ALLOW for name, tool in known.items()}
    # Under ANY stand the tools of later versions, which may act outside.
    names = {*known, ANY} if Agent.ALL_TOOLS in wanted.tools else set(wanted.tools) & known.keys()
    for name in sorted(names):
        own = owns.get(name, Verdict.ASK)
        mine, its = entry(caller.tool_policy, name, own), entry(wanted.tool_policy, name, own)
        carries = name == ANY or bool(known[name].secrets)
        if its != mine and any(lets_more(its, mine, own, least) for least in (FLOORS if carries else FLOORS[:1])):
            yield f"{name}: you may not allow more than is allowed to you: leave it out of tool_policy, or use deny."


def entry(policy: Mapping[str, Any], name: str, own: Verdict) -> Any:
    """What a policy says of a tool."""
    return policy.get(name, policy.get(ANY, own.value))


def lets_more(its: Any, mine: Any, own: Verdict, least: Verdict) -> bool:
    """Whether some call may be asked about less under the entry `its` than under `mine`."""
    return min(reachable(its, own, least)) < max(reachable(mine, own, least))


def reachable(entry: Any, own: Verdict, least: Verdict) -> set[int]:
    """How strong the verdicts are that an entry can come to; the more, the stronger. Only rules go below `least`."""
    if any(entry_mistakes(entry)):
        return {STRENGTH.index(Verdict.DENY)}
    default = entry if isinstance(entry, str) else entry.get("default", own)
    rules = [] if isinstance(entry, str) else entry.get("rules", [])
    return {STRENGTH.index(stronger(Verdict(default), least)), *(STRENGTH.index(Verdict(rule["then"])) for rule in rules)}
