"""The questions that stand before a tool call: may it be made, and did one that was cut off happen."""

from typing import Any

from workflows.ledger import args_hash
from workflows.llm.types import Call
from workflows.models import HelpRequest
from workflows.policy import Verdict
from workflows.tools import Tool


def gate(call: Call, tool: Tool, verdict: Verdict) -> dict[str, Any] | None:
    """The question without whose yes `call` is not made; None when it needs none."""
    if tool.confirm and (question := tool.confirm(call.arguments)):
        return about(call, tool, HelpRequest.Kind.CONFIRMATION, question, ["yes", "no"])
    if verdict == Verdict.ASK:
        question = f"May “{tool.name}” be called like this?"
        return about(call, tool, HelpRequest.Kind.APPROVAL, question, ["approve", "deny"], reason=tool.summary)
    return None


def outcome_unknown(call: Call, tool: Tool) -> dict[str, Any]:
    """The question to the owner about a call that acts once and was cut off."""
    question = f"“{tool.name}” was cut off and may have happened. Was it done, should it be done again, or should the work stop?"
    reason = "It acts outside, so it is never repeated without you."
    return about(call, tool, HelpRequest.Kind.CONFIRMATION, question, ["done", "again", "stop"], reason=reason)


def about(call: Call, tool: Tool, kind: HelpRequest.Kind, question: str, decisions: list[str], reason: str = "") -> dict[str, Any]:
    """The fields of a HelpRequest that is bound to a call and its arguments."""
    return {
        "kind": kind,
        "question": question,
        "reason": reason,
        "tool": tool.name,
        "arguments": call.arguments,
        "args_hash": args_hash(call.tool, call.arguments),
        "decisions": decisions,
    }
