"""The model that answers when no other is configured: a table of sentences, the same tools, no network.

It keeps nothing. Where it is in a turn follows from the tool results since the person's last message,
so a turn that is resumed goes on at the same place.
"""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart, ToolCallPart, ToolReturnPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

from workflows.llm.offline_arguments import Seen
from workflows.llm.offline_grammar import recognise
from workflows.llm.offline_sentences import Plan, Want
from workflows.llm.offline_words import cannot, failed

PIECE = re.compile(r"\S+\s*|\s+")
PIECES_AT_ONCE = 2


@cache
def model() -> FunctionModel:
    """The offline model; it has no state, so there is one."""
    return FunctionModel(in_one, stream_function=in_pieces, model_name="offline")


async def in_one(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """The reply as a whole."""
    move = next_move(messages, info)
    return ModelResponse(parts=[TextPart(move) if isinstance(move, str) else move])


async def in_pieces(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
    """The reply as a stream, a few words at a time, as from any other model."""
    move = next_move(messages, info)
    if not isinstance(move, str):
        yield {0: DeltaToolCall(move.tool_name, json.dumps(move.args), tool_call_id=move.tool_call_id)}
        return
    words = PIECE.findall(move)
    for start in range(0, len(words), PIECES_AT_ONCE):
        yield "".join(words[start : start + PIECES_AT_ONCE])


@dataclass(frozen=True)
class Turn:
    """What the person said last, and what the tools have given since."""

    number: int
    text: str
    results: tuple[ToolReturnPart, ...]


def next_move(messages: Sequence[ModelMessage], info: AgentInfo) -> str | ToolCallPart:
    """What to say, or the tool to call. Each result so far takes the plan one step further."""
    turn = last_turn(messages)
    offered = frozenset(tool.name for tool in info.function_tools)
    text = turn.text
    for position in range(len(turn.results) + 1):
        intent, words = recognise(text)
        seen = Seen(words, offered)
        if intent.plan:
            return planned(turn, position, intent.plan, seen)
        if not intent.tool:
            return intent.answer(seen)
        if position == len(turn.results):
            return wanted(turn, position, Want(intent.tool, intent.arguments(seen)), offered)
        result = turn.results[position]
        if result.outcome != "success":
            return failed(result.content)
        if not intent.follow:
            return intent.answer(Seen(words, offered, result.content))
        text = intent.follow.format(result.content)
    raise AssertionError("every round returns or follows")


def planned(turn: Turn, position: int, plan: Plan, seen: Seen) -> str | ToolCallPart:
    """The next call or the answer of a plan that began at `position`. A call that was refused ends it."""
    results = turn.results[position:]
    if refused := next((result for result in results if result.outcome != "success"), None):
        return failed(refused.content)
    move = plan(seen, [result.content for result in results])
    return move if isinstance(move, str) else wanted(turn, len(turn.results), move, seen.offered)


def wanted(turn: Turn, position: int, want: Want, offered: frozenset[str]) -> str | ToolCallPart:
    """The call, or that it cannot be made. Whoever works in a run asks with the tool that is for runs."""
    tool, arguments = want.tool, want.arguments
    if tool == "ask_user" and tool not in offered and "request_user_help" in offered:
        tool, arguments = "request_user_help", {"kind": "choice" if arguments.get("options") else "question", **arguments}
    return call(turn, position, tool, arguments) if tool in offered else cannot(tool)


def last_turn(messages: Sequence[ModelMessage]) -> Turn:
    """The newest message of the person, with the tool results after it."""
    prompts = [index for index, message in enumerate(messages) if said(message) is not None]
    if not prompts:
        return Turn(0, "", ())
    later = [part for message in messages[prompts[-1] :] for part in message.parts if isinstance(part, ToolReturnPart)]
    return Turn(len(prompts), said(messages[prompts[-1]]) or "", tuple(later))


def said(message: ModelMessage) -> str | None:
    """The person's words in `message`; None when it holds none."""
    if not isinstance(message, ModelRequest):
        return None
    prompts = [part for part in message.parts if isinstance(part, UserPromptPart)]
    if not prompts:
        return None
    contents: list[Any] = [item for part in prompts for item in ([part.content] if isinstance(part.content, str) else part.content)]
    return "\n".join(item if isinstance(item, str) else getattr(item, "content", "") for item in contents if is_text(item))


def is_text(item: object) -> bool:
    """Whether a piece of a message is words, not a picture or a file."""
    return isinstance(item, str) or isinstance(getattr(item, "content", None), str)


def call(turn: Turn, position: int, tool: str, arguments: dict[str, Any]) -> ToolCallPart:
    """A call whose id is the same when the turn is resumed, and another one in every other place."""
    place = f"{turn.number} {position} {tool} {turn.text}"
    digest = hashlib.sha256(place.encode(errors="replace")).hexdigest()
    return ToolCallPart(tool, arguments, tool_call_id=f"offline-{digest[:16]}")
