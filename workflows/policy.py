"""Whether an agent may make a tool call: allow, ask its owner first, or deny.

An agent's `tool_policy` has an entry a tool, or one under `*` for all that have none: a word, or
`{"default": word, "rules": [{"argument": name, "matches": pattern, "then": word}]}` with shell patterns. Of the rules that
match, deny wins over ask and ask over allow. Without an entry a tool that acts outside asks; the others are allowed.
A call that takes a credential asks unless a rule that it matches allows it.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from workflows.models import Effect
from workflows.tools import Tool

ANY = "*"
HOST_ENDS = re.compile(r"[/?#\\]")
RULE = '{"argument": "url", "matches": "https://example.org/*", "then": "allow"}'


class Verdict(StrEnum):
    """What becomes of a call; the later in this order, the stronger."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


STRENGTH = list(Verdict)


def decide(policy: Mapping[str, Any], tool: Tool, arguments: Mapping[str, Any]) -> Verdict:
    """What `policy` says of this call. An entry that cannot be read denies."""
    own = Verdict.ASK if tool.effect == Effect.ONCE else Verdict.ALLOW
    # Whoever allowed a tool did not mean that it may carry a credential anywhere.
    least = Verdict.ASK if any(arguments.get(name) for name in tool.secrets) else Verdict.ALLOW
    entry = policy.get(tool.name, policy.get(ANY, own))
    if isinstance(entry, str):
        return stronger(Verdict(entry), least) if entry in STRENGTH else Verdict.DENY
    if any(entry_mistakes(entry)):
        return Verdict.DENY
    matching = [Verdict(rule["then"]) for rule in entry.get("rules", []) if matches(rule, arguments)]
    return max(matching, key=STRENGTH.index) if matching else stronger(Verdict(entry.get("default", own)), least)


def stronger(one: Verdict, other: Verdict) -> Verdict:
    """The stronger of the two."""
    return max(one, other, key=STRENGTH.index)


def matches(rule: Mapping[str, str], arguments: Mapping[str, Any]) -> bool:
    """Whether the argument that the rule names fits its pattern; case and space around do not count, for addresses have none.

    What allows a call has to fit the host by itself: in https://*.example.org/* the first star stands for no path of another host.
    """
    text, pattern = str(arguments.get(rule["argument"], "")).strip().casefold(), rule["matches"].casefold()
    fits = fnmatchcase(text, pattern)
    if not fits or rule["then"] != Verdict.ALLOW or "://" not in pattern:
        return fits
    return fnmatchcase(HOST_ENDS.split(text.partition("://")[2])[0], pattern.partition("://")[2].partition("/")[0])


def mistakes(policy: Any, known: Mapping[str, Tool]) -> Iterator[str]:
    """What is wrong with a policy, a sentence each."""
    if not isinstance(policy, dict):
        yield 'A policy names tools, such as {"fetch_url": "ask"}.'
        return
    for name, entry in policy.items():
        if name != ANY and name not in known:
            yield f"There is no tool “{name}”."
        for sentence in entry_mistakes(entry):
            yield f"{name}: {sentence}"


def entry_mistakes(entry: Any) -> Iterator[str]:
    """What is wrong with the entry of one tool."""
    words = ", ".join(STRENGTH)
    if isinstance(entry, str):
        if entry not in STRENGTH:
            yield f"“{entry}” is no policy: use one of {words}."
        return
    if not isinstance(entry, dict) or not entry.keys() <= {"default", "rules"} or not isinstance(entry.get("rules", []), list):
        yield f'Give one of {words}, or a default and rules, such as {{"default": "ask", "rules": [{RULE}]}}.'
        return
    if entry.get("default", Verdict.ASK) not in STRENGTH:
        yield f"The default is one of {words}."
    for rule in entry.get("rules", []):
        if not is_rule(rule):
            yield f"A rule is like {RULE}."


def is_rule(rule: Any) -> bool:
    """Whether it has just the three parts of a rule, as text."""
    if not isinstance(rule, dict) or rule.keys() != {"argument", "matches", "then"}:
        return False
    return all(isinstance(part, str) for part in rule.values()) and rule["then"] in STRENGTH
