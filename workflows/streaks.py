"""Going round in circles: the same tool with the same arguments and the same result, again and again."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from workflows.halts import halt, is_halt
from workflows.ledger import Outcome, args_hash
from workflows.llm.types import Call, Result
from workflows.models import CallState, HelpRequest, ToolCall

# So many times in a row before the owner is asked, once for each streak (promise P31).
TOO_OFTEN = 3
LOOKED_BACK = 20


@dataclass
class Streak:
    """The newest calls of a step that were all the same."""

    tool: str = ""
    mark: str = ""
    length: int = 0
    since: int = 0  # the reply in which it began
    asked: bool = False

    def add(self, call: Call, outcome: Outcome) -> None:
        """Take note of what came of a call."""
        given = outcome.value if isinstance(outcome, Result) else outcome.sentence
        self.count(call.tool, f"{args_hash(call.tool, call.arguments)} {fingerprint(given)}", call.reply)

    def count(self, tool: str, mark: str, reply: int) -> None:
        """One more like the last, or the first of another streak."""
        if mark != self.mark:
            self.tool, self.mark, self.length, self.since, self.asked = tool, mark, 0, reply, False
        self.length += 1

    def question(self) -> dict[str, Any] | None:
        """Whether to go on, when it is too long and nobody was asked yet."""
        if self.length < TOO_OFTEN or self.asked:
            return None
        question = f"It has called “{self.tool}” {times(self.length)} in a row with the same result. Shall it go on?"
        return halt(question, ["yes", "stop"], "It may be going round in circles.", {"streak": self.tool})


def fingerprint(value: Any) -> str:
    """The same for the same result."""
    return args_hash("", {"": json.dumps(value, sort_keys=True, default=str)})


def times(number: int) -> str:
    """How often."""
    return "three times" if number == TOO_OFTEN else f"{number} times"


def streak_of(step_run_id: UUID) -> Streak:
    """The streak that a step was in when it was let go of, from its journal."""
    ended = ToolCall.objects.filter(step_run_id=step_run_id, state__in=(CallState.DONE, CallState.FAILED))
    rows = ended.order_by("-reply", "-started_at", "-pk").values_list("tool", "args_hash", "result", "error", "reply")[:LOOKED_BACK]
    streak = Streak()
    for tool, hashed, result, error, reply in reversed(rows):
        streak.count(tool, f"{hashed} {fingerprint(error or result)}", reply)
    if streak.length >= TOO_OFTEN:
        since = HelpRequest.objects.filter(step_run_id=step_run_id, tool="", reply__gte=streak.since, decision="yes")
        streak.asked = any(is_halt(request) and "streak" in (request.arguments or {}) for request in since)
    return streak
