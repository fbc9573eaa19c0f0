"""What a checkpoint says, for people: the model's replies with their texts and tokens.

Reads the stored JSON as it is, so that a page needs no model library; what it does not know is left out.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflows.llm.types import Checkpoint


@dataclass(frozen=True)
class SaidReply:
    """One reply of the model."""

    number: int
    at: datetime | None = None
    model: str = ""
    text: str = ""
    thought: str = ""
    input_tokens: int = 0
    output_tokens: int = 0


def replies(saved: Checkpoint) -> list[SaidReply]:
    """The replies in a checkpoint, numbered as the journal counts them."""
    found = [message for message in saved.get("messages", ()) if message.get("kind") == "response"]
    return [said(number, message) for number, message in enumerate(found, start=1)]


def said(number: int, message: dict[str, Any]) -> SaidReply:
    """One stored response."""
    usage = message.get("usage") or {}
    return SaidReply(
        number=number,
        at=instant(message.get("timestamp")),
        model=str(message.get("model_name") or ""),
        text="\n\n".join(contents(message, "text")),
        thought="\n\n".join(contents(message, "thinking")),
        input_tokens=int(usage.get("input_tokens") or 0),
        output_tokens=int(usage.get("output_tokens") or 0),
    )


def parts(message: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The parts of a message of one kind."""
    return [part for part in message.get("parts", ()) if part.get("part_kind") == kind]


def contents(message: dict[str, Any], kind: str) -> list[str]:
    """What these parts say, without those that say nothing."""
    return [str(part["content"]) for part in parts(message, kind) if part.get("content")]


def instant(text: str | None) -> datetime | None:
    """A stored time."""
    return datetime.fromisoformat(text) if text else None
