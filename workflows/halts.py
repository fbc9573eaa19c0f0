"""Questions that no tool call asks: whether a run that used a lot, or that goes round in circles, is to go on."""

from typing import Any

from workflows.models import HelpRequest


class HaltError(Exception):
    """The step stops before its next call of the model; `detail` are the fields of the question to its owner."""

    def __init__(self, detail: dict[str, Any]) -> None:
        super().__init__(detail["question"])
        self.detail = detail


def halt(question: str, decisions: list[str], reason: str, about: dict[str, Any]) -> dict[str, Any]:
    """The fields of a HelpRequest whose answer is no call's result: without a tool. `about` says what it is about."""
    kind = HelpRequest.Kind.CONFIRMATION
    return {"kind": kind, "question": question, "decisions": decisions, "reason": reason, "arguments": about}


def is_halt(request: HelpRequest) -> bool:
    """Whether it is such a question: a tool's own always names the tool, and takes other decisions."""
    return request.kind == HelpRequest.Kind.CONFIRMATION and not request.tool
