"""What passes through the door to pydantic-ai, in plain types: no caller needs the library."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

Checkpoint = dict[str, Any]

# What a model is told of a question that nobody wanted to answer.
DECLINED = "The person declined to answer."


@dataclass(frozen=True)
class Usage:
    """Tokens of one model reply, and its price in US dollars where it is known."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None


@dataclass(frozen=True)
class Call:
    """A tool call that the model asked for; `reply` counts the model's replies in this step from 1."""

    reply: int
    call_id: str
    tool: str
    arguments: dict[str, Any]

    @property
    def key(self) -> tuple[int, str]:
        """What makes it unique in its step."""
        return self.reply, self.call_id


@dataclass(frozen=True)
class Reply:
    """One complete reply of the model, and the checkpoint that holds it."""

    number: int
    text: str
    thought: str
    calls: tuple[Call, ...]
    usage: Usage
    checkpoint: Checkpoint


@dataclass(frozen=True)
class Asked:
    """A tool call that waits for a person: `detail` is what the tool gave when it deferred."""

    call: Call
    detail: dict[str, Any]


@dataclass(frozen=True)
class Answered:
    """The step ended with a text."""

    reply: Reply


@dataclass(frozen=True)
class Parked:
    """The step cannot go on before these calls have their answers."""

    asked: tuple[Asked, ...]
    checkpoint: Checkpoint


@dataclass(frozen=True)
class Turn:
    """A piece of earlier conversation: what one side said, with the tool calls and results in order."""

    author: str  # user | assistant
    text: str = ""
    calls: tuple[Call, ...] = ()
    results: tuple[tuple[Call, str], ...] = ()


@dataclass(frozen=True)
class ToolSpec:
    """A tool as the model sees it: the signature after the first parameter gives the JSON schema."""

    name: str
    description: str
    function: Callable[..., Any]


@dataclass(frozen=True)
class Result:
    """What a tool call gave, as text or JSON-able data."""

    value: Any


@dataclass(frozen=True)
class Failure:
    """Why a tool call gave nothing, as a sentence that the model can act on."""

    sentence: str


@dataclass(frozen=True)
class Ask:
    """The tool call has to wait for a person; `detail` comes back in Parked."""

    detail: dict[str, Any]


@dataclass(frozen=True)
class StepRequest:
    """Everything one step needs: give the same history each time, or a checkpoint no longer fits."""

    model: str  # provider:model, or empty for the default
    instructions: str
    history: tuple[Turn, ...]
    prompt: str
    tools: tuple[ToolSpec, ...] = ()
    checkpoint: Checkpoint | None = None
    answers: dict[str, str] = field(default_factory=dict)  # call id → what the person said
    in_workflow: bool = False  # a step of a workflow's run, whose answer another step may work on; else a turn in a chat


class Listener(Protocol):
    """What a driver hears of a step while it runs. All are awaited; an exception ends the step."""

    async def before_model(self, replies: int, tokens: int) -> None:
        """The model is about to be called; `replies` and `tokens` are what the step has used so far."""

    async def on_text(self, text: str) -> None:
        """The text of the current reply so far."""

    async def on_reply(self, reply: Reply) -> None:
        """A reply with tool calls is complete; they are made after this returns."""

    async def on_calls_done(self, checkpoint: Checkpoint, refused: dict[str, str]) -> None:
        """All calls of the last reply have their results. `refused`: call id → why it was never made (bad arguments)."""

    async def call(self, call: Call) -> Result | Failure | Ask:
        """Make `call`, or give what came of it when it was made before. Its arguments are validated."""
