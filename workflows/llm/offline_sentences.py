"""What a line of the offline model's grammar is made of."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from workflows.llm.offline_arguments import Seen, no_arguments

POLITE = re.compile(
    r"(?:(?:please|hey|hi|hello|ok|okay|agentron|assistant|can you|could you|would you|will you|i want you to|i'd like you to)[,!:]?\s{1,9}){1,5}",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Want:
    """A tool that a plan calls next."""

    tool: str
    arguments: dict[str, Any]


# What comes next, from the results of its calls so far: another call, or the answer.
Plan = Callable[[Seen, Sequence[Any]], str | Want]


@dataclass(frozen=True)
class Intent:
    """What a sentence wants: perhaps a tool, called once, and what is said then.

    With `follow`, the tool's result fills a new sentence, and the turn goes on as if the person had said that. With
    `plan`, several tools are called one after the other; `tool` is then the one that it is all about. `fits` has the last word
    on whether a sentence that the pattern fits is meant.
    """

    name: str
    pattern: re.Pattern[str]
    answer: Callable[[Seen], str] = lambda seen: ""
    tool: str = ""
    arguments: Callable[[Seen], dict[str, Any]] = no_arguments
    follow: str = ""
    plan: Plan | None = None
    fits: Callable[[str], bool] = lambda text: True


def sentence(*patterns: str) -> re.Pattern[str]:
    """A pattern for whole sentences: blanks may be any white space, and an end mark or a “please” may follow."""
    either = "|".join(patterns).replace(" ", r"\s{1,9}")
    return re.compile(rf"(?:{either})(?:,?\s{{1,9}}please)?[\s.?!…]{{0,20}}", re.IGNORECASE | re.DOTALL)
