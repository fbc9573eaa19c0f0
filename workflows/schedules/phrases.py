"""What a person means by “in 2 hours” or “every weekday at 9”: the time, and the text that is left."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from workflows.errors import InvalidError
from workflows.schedules.oneshot import iso, parse_delay, to_come
from workflows.schedules.quoting import shown
from workflows.schedules.schedule import Schedule

Mode = Literal["notify", "prompt_agent", "run_workflow"]


@dataclass(frozen=True, slots=True)
class Understood:
    """A request for later: either `at` (UTC) or `schedule` is set. `text` is what is to be said or done then, `phrase` the words that gave the time."""

    text: str
    phrase: str
    mode: Mode
    at: datetime | None = None
    schedule: Schedule | None = None
    workflow: str = ""

    @property
    def kind(self) -> Literal["one-shot", "schedule"]:
        return "schedule" if self.schedule else "one-shot"


def understand(text: str, now: datetime, zone: ZoneInfo) -> Understood:
    """A request for later in a person's words; InvalidError where the time, or what to do then, is not clear."""
    match = re.match(r"\s*(\S+)\s+(\S.*)", text, re.DOTALL)
    if not match:
        raise unclear(text)
    word, rest = match[1], match[2].strip()
    if re.fullmatch(r"(?:[0-9]+[wdhms])+", word, re.IGNORECASE):
        return Understood(rest, word, "notify", at=now.astimezone(UTC) + parse_delay(word))
    if re.match(r"[0-9]{4}-", word):
        at = iso(word)
        if at.tzinfo is None:
            raise unclear(text)
        return Understood(rest, word, "notify", at=to_come(at, now))
    raise unclear(text)


def unclear(text: str) -> InvalidError:
    sentence = (
        f"“{shown(text)}” does not say when, or what: try “30m check the oven”, “tomorrow 9am call Anna” or “every weekday at 9 stand-up”."
    )
    return InvalidError(sentence, fields={"text": sentence})
