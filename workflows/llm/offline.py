"""The model that answers when no other is configured: a table of sentences, the same tools, no network.

It keeps nothing. Where it is in a turn follows from the tool results since the person's last message,
so a turn that is resumed goes on at the same place. In a workflow's step a failure is no answer but an error.
"""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise, takewhile
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart, ToolCallPart, ToolReturnPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

from workflows.llm.errors import ModelError
from workflows.llm.offline_arguments import Seen
from workflows.llm.offline_grammar import ANYTHING, recognise
from workflows.llm.offline_later_words import due
from workflows.llm.offline_sentences import Plan, Want
from workflows.llm.offline_tasks import tasks_in
from workflows.llm.offline_words import REFUSED, as_text, cannot, declined, failed, unread, why

PIECE = re.compile(r"\S+\s*|\s+")
PIECES_AT_ONCE = 2
# As the history begins what a reminder said.
REMINDED = "[A reminder was due."
# As the last line begins of one that was late.
BELATED = "\n\n(This was due "
# What is said of files that came along where nothing else is understood.
OF_FILES = (ANYTHING.name, "read what?")
# As the history tells of a file.
SENT = re.compile(r"\[The person sent a file: “(?P<name>[^\n]{1,300}?)”, ")
SCHEDULED = re.compile(r"\[Scheduled: .*\]")
# The tools whose result tells of one task.
ONE_TASK = ("schedule_task", "update_task", "get_task", "run_task")
# The tools that make or start a workflow, with the argument that names it.
NAMES_A_WORKFLOW = {"create_workflow": "name", "execute_workflow": "workflow"}


@cache
def model() -> FunctionModel:
    """The offline model; it has no state, so there is one."""
    return FunctionModel(in_one, stream_function=in_pieces, model_name="offline")


def in_workflow() -> FunctionModel:
    """The offline model at one try of a workflow's step: it knows which failures are of earlier tries."""
    attempt = Attempt()

    async def whole(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return as_reply(attempt.next_move(messages, info))

    def pieces(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
        return streamed(attempt.next_move(messages, info))

    return FunctionModel(whole, stream_function=pieces, model_name="offline")


async def in_one(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """The reply as a whole."""
    return as_reply(next_move(messages, info))


def in_pieces(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
    """The reply as a stream, as from any other model."""
    return streamed(next_move(messages, info))


def as_reply(move: str | ToolCallPart) -> ModelResponse:
    """A move as the library's message."""
    return ModelResponse(parts=[TextPart(move) if isinstance(move, str) else move])


async def streamed(move: str | ToolCallPart) -> AsyncIterator[str | DeltaToolCalls]:
    """A move, a few words at a time."""
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
    calls: int = 0  # made so far, also those whose failure is left behind
    latest: str = ""  # the workflow that was made or run last
    listed: tuple[str, ...] = ()  # the tasks as they were listed last
    task: str = ""  # the one that was spoken of last
    reminder: str = ""  # what was reminded of last
    scheduled: bool = False  # it was time for a task
    files: str = ""  # what was sent right before, by name
    in_workflow: bool = False


@dataclass
class Attempt:
    """One try of a step. What failed before it is called once more; what fails in it makes the step fail, so no try is endless."""

    before: int = -1  # how many calls earlier tries made; not known until the first request

    def next_move(self, messages: Sequence[ModelMessage], info: AgentInfo) -> str | ToolCallPart:
        """What to give as the step's answer, or the tool to call. Raises ModelError where a call failed."""
        turn = last_turn(messages)
        if self.before < 0:
            self.before = turn.calls
        if broken := next(filter(is_broken, turn.results[self.before :]), None):
            raise ModelError(why(broken.content))
        results = tuple(result for result in turn.results if not is_broken(result))
        return move_in(replace(turn, results=results, in_workflow=True), info)


def is_broken(result: ToolReturnPart) -> bool:
    """Whether a call failed, rather than that its owner did not want it."""
    return result.outcome != "success" and not is_declined(result)


def is_declined(result: ToolReturnPart) -> bool:
    """Whether the owner did not want the call; the engine says so in words, as an answer."""
    return as_text(result.content).startswith(REFUSED)


def next_move(messages: Sequence[ModelMessage], info: AgentInfo) -> str | ToolCallPart:
    """What to say in a chat, or the tool to call."""
    return move_in(last_turn(messages), info)


def move_in(turn: Turn, info: AgentInfo) -> str | ToolCallPart:
    """What to say, or the tool to call. Each result so far takes the plan one step further."""
    offered = frozenset(tool.name for tool in info.function_tools)
    text = turn.text
    for position in range(len(turn.results) + 1):
        intent, words = recognise(text)
        if turn.scheduled and intent is ANYTHING:
            return due(text)
        if turn.files and intent.name in OF_FILES:
            return unread(Seen({"files": turn.files}, offered))
        seen = Seen(
            words, offered, latest=turn.latest, listed=turn.listed, task=turn.task, reminder=turn.reminder, in_workflow=turn.in_workflow
        )
        if intent.plan:
            return planned(turn, position, intent.plan, seen)
        if not intent.tool:
            return intent.answer(seen)
        if position == len(turn.results):
            return wanted(turn, Want(intent.tool, intent.arguments(seen)), offered)
        result = turn.results[position]
        if said := given_up(result):
            return said
        if not intent.follow:
            return intent.answer(replace(seen, result=result.content))
        text = intent.follow.format(result.content)
    raise AssertionError("every round returns or follows")


def given_up(result: ToolReturnPart) -> str:
    """What to say when a call was refused or broke; empty when it did not."""
    if is_declined(result):
        return declined(result.tool_name)
    return failed(result.content) if result.outcome != "success" else ""


def planned(turn: Turn, position: int, plan: Plan, seen: Seen) -> str | ToolCallPart:
    """The next call or the answer of a plan that began at `position`. A call that was refused ends it."""
    results = turn.results[position:]
    if said := next(filter(None, map(given_up, results)), ""):
        return said
    move = plan(seen, [result.content for result in results])
    return move if isinstance(move, str) else wanted(turn, move, seen.offered)


def wanted(turn: Turn, want: Want, offered: frozenset[str]) -> str | ToolCallPart:
    """The call, or that it cannot be made. Whoever works in a run asks with the tool that is for runs."""
    tool, arguments = want.tool, want.arguments
    if tool == "ask_user" and tool not in offered and "request_user_help" in offered:
        tool, arguments = "request_user_help", {"kind": "choice" if arguments.get("options") else "question", **arguments}
    if tool in offered:
        return call(turn, turn.calls, tool, arguments)
    if turn.in_workflow:
        raise ModelError(cannot(tool))
    return cannot(tool)


def last_turn(messages: Sequence[ModelMessage]) -> Turn:
    """The newest message of the person, with the tool results after it."""
    prompts = [index for index, message in enumerate(messages) if said(message) is not None]
    if not prompts:
        return Turn(0, "", ())
    later = [part for message in messages[prompts[-1] :] for part in message.parts if isinstance(part, ToolReturnPart)]
    note, text = scheduled(said(messages[prompts[-1]]) or "")
    before = messages[: prompts[-1]]
    return Turn(
        len(prompts),
        text,
        tuple(later),
        len(later),
        latest=latest_workflow(before),
        listed=listed(before),
        task=latest_task(before),
        reminder=latest_reminder(before),
        scheduled=bool(note),
        files=files_sent(messages, prompts),
    )


def files_sent(messages: Sequence[ModelMessage], prompts: Sequence[int]) -> str:
    """The names of the files that the person sent with the newest message, as the history tells them; empty when there are none."""
    told = (SENT.match(said(messages[index]) or "") for index in reversed(prompts[:-1]))
    return ", ".join([found["name"] for found in takewhile(bool, told) if found][::-1])


def scheduled(text: str) -> tuple[str, str]:
    """The note of a scheduled turn, empty in any other, and what is asked in it."""
    note, _, rest = text.partition("\n")
    return (note, rest) if SCHEDULED.match(note) else ("", text)


def returns(messages: Sequence[ModelMessage]) -> Iterator[ToolReturnPart]:
    """The results of tools, the newest first."""
    for message in reversed(messages):
        yield from (part for part in reversed(message.parts) if isinstance(part, ToolReturnPart) and part.outcome == "success")


def listed(messages: Sequence[ModelMessage]) -> tuple[str, ...]:
    """The ids of the tasks that were listed last, in that order."""
    return tuple(next((tasks_in(part.content) for part in returns(messages) if part.tool_name == "list_tasks"), ()))


def latest_task(messages: Sequence[ModelMessage]) -> str:
    """The id of the task that was scheduled or changed last; empty when none was."""
    found = (tasks_in(part.content) for part in returns(messages) if part.tool_name in ONE_TASK)
    return next((tasks[0] for tasks in found if tasks), "")


def latest_reminder(messages: Sequence[ModelMessage]) -> str:
    """What was reminded of last, as the history tells it; empty when nothing was."""
    after = (later for message, later in pairwise(messages) if (said(message) or "").startswith(REMINDED))
    parts = [part.content for later in after for part in later.parts if isinstance(part, TextPart)]
    return parts[-1].rpartition(BELATED)[0] or parts[-1] if parts else ""


def latest_workflow(messages: Sequence[ModelMessage]) -> str:
    """The name of the workflow that was made or run last; empty when none was."""
    parts = [part for message in messages for part in message.parts if isinstance(part, ToolCallPart)]
    names = [part.args_as_dict().get(NAMES_A_WORKFLOW[part.tool_name]) for part in parts if part.tool_name in NAMES_A_WORKFLOW]
    return str(names[-1] or "") if names else ""


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
