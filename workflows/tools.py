"""The registry of tools: what agents can do, and what repeating it would mean.

Each app adds its own in a `tools.py`, found by `load()`.
"""

import inspect
import typing
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Annotated, Any, TypeVar
from uuid import UUID

from django.utils.module_loading import autodiscover_modules
from pydantic import ConfigDict, ValidationError, create_model

from chat.http import sentences
from workflows.errors import InvalidError
from workflows.models import Effect, HelpRequest


@dataclass(frozen=True)
class ToolContext:
    """Who calls a tool, and for what. `key` is the same when a call is repeated after a crash."""

    owner_id: int
    conversation_id: UUID
    run_id: UUID
    step_run_id: UUID
    key: str
    agent_id: UUID | None = None


@dataclass(frozen=True)
class Question:
    """What a tool returns to ask a person; the answer becomes the tool's result."""

    question: str
    kind: HelpRequest.Kind = HelpRequest.Kind.QUESTION
    options: list[str] = field(default_factory=list)
    reason: str = ""
    # What is taken for the answer when none comes in time; without it the step fails then.
    default: str = ""
    hours: float = 0  # until it expires; 0: never


class Credential:
    """Marks the type of parameters that take a credential."""


# The type of a tool's parameter that takes a credential: models give it secret:ID, the function gets the value, and nothing
# else ever sees that. A call that takes one is made only after its owner's yes, unless a rule of the policy allows just it.
Secret = Annotated[str, Credential]


class ToolError(Exception):
    """A tool could not do it. The text is a sentence that the model can act on."""


ToolFunction = Callable[..., Any] | Callable[..., Awaitable[Any]]
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Tool:
    """One tool: a function whose first parameter is the ToolContext and whose docstring the model reads."""

    name: str
    function: ToolFunction
    effect: Effect
    timeout: float
    # A function that only writes our own rows runs inside the transaction that records its result.
    atomic: bool
    # One that is not async and only reads our own rows, or nothing at all, runs on the process's database thread; others
    # of that sort may block, and get a thread of their own.
    quick: bool = False
    # The question to the owner without whose yes it is never called, made from the arguments; empty: these need none.
    confirm: Callable[[dict[str, Any]], str] | None = None
    # The parameters of type Secret.
    secrets: frozenset[str] = frozenset()

    @cached_property
    def description(self) -> str:
        """What the model is told."""
        return inspect.getdoc(self.function) or ""

    @property
    def summary(self) -> str:
        """The first line of it, for people."""
        return self.description.split("\n", 1)[0]

    def checked(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """`arguments` as the function takes them. Raises InvalidError that says what is wrong with them."""
        hints = typing.get_type_hints(self.function)
        parameters = list(inspect.signature(self.function).parameters.values())[1:]
        fields: dict[str, Any] = {
            item.name: (hints[item.name], ... if item.default is inspect.Parameter.empty else item.default) for item in parameters
        }
        model = create_model(self.name, __config__=ConfigDict(extra="forbid"), **fields)
        try:
            found: dict[str, Any] = model.model_validate(arguments).model_dump()
        except ValidationError as exc:
            wrong = sentences.mistakes(exc.errors(), "arguments")
            raise InvalidError(f"{self.name} cannot be called like this. {sentences.told(wrong)}", fields=wrong) from exc
        return found


REGISTRY: dict[str, Tool] = {}


def tool(
    *,
    effect: Effect,
    timeout: float = 30,
    atomic: bool = False,
    quick: bool = False,
    confirm: Callable[[dict[str, Any]], str] | None = None,
) -> Callable[[Function], Function]:
    """Register a function as a tool under its own name. `timeout` is in seconds; see Tool for the rest."""

    def register(function: Function) -> Function:
        name = function.__name__
        if atomic and inspect.iscoroutinefunction(function):
            raise TypeError(f"{name}: an atomic tool runs inside a transaction, so it cannot be async.")
        REGISTRY[name] = Tool(name, function, effect, timeout, atomic, quick, confirm, secret_parameters(function))
        return function

    return register


def secret_parameters(function: ToolFunction) -> frozenset[str]:
    """The names of those of type Secret, or of Secret | None."""
    hints = typing.get_type_hints(function, include_extras=True)
    return frozenset(name for name, hint in hints.items() if any(is_secret(part) for part in (hint, *typing.get_args(hint))))


def is_secret(hint: Any) -> bool:
    """Whether a type is Secret."""
    return Credential in getattr(hint, "__metadata__", ())


@cache
def discover() -> None:
    """Import every app's `tools.py`, once."""
    autodiscover_modules("tools")
    from workflows import builtin  # noqa: F401 - registers the engine's own


def load() -> dict[str, Tool]:
    """All tools, by name."""
    discover()
    return REGISTRY


def named(names: Iterable[str]) -> list[Tool]:
    """The tools of an agent; `*` stands for all, and a name without a tool is left out."""
    known = load()
    wanted = set(names)
    return [known[name] for name in sorted(known) if "*" in wanted or name in wanted]
