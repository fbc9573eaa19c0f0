"""What somebody writes about a task: one sentence, or each part for itself; read as a draft, or as changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils import timezone

from chat.models import Profile
from tasks.drafts import Changes, Draft
from tasks.models import Mode, Task
from workflows import references, schedules
from workflows.errors import InvalidError, RefusedError
from workflows.models import GRACE_SECONDS, Misfire, Overlap
from workflows.reading import read
from workflows.schedules import Understood

PREFIX = "input-"
MINUTE_SECONDS = 60
# Which of the ways to say when is meant; empty: the sentence.
ONCE, REPEAT = "once", "repeat"
# Where the refusal of a part shows that the form has under another name.
PLACES = {"grace_seconds": "grace", "delay_seconds": "run_at", "delay_minutes": "run_at", "delay_hours": "run_at", "delay_days": "run_at"}
# What a mode has no use for is out of sight in the form, so it is not meant.
UNUSED: dict[str, tuple[str, ...]] = {
    Mode.NOTIFY: ("agent", "workflow"),
    Mode.PROMPT_AGENT: ("workflow",),
    Mode.RUN_WORKFLOW: ("agent", "text"),
}
# Fields that show their own mistakes.
FIELDS = (
    "say",
    "run_at",
    "schedule",
    "time_zone",
    "title",
    "mode",
    "text",
    "agent",
    "workflow",
    "conversation",
    "overlap",
    "misfire",
    "grace",
)
TIMES = ("run_at", "schedule", "delay_seconds", "delay_minutes", "delay_hours", "delay_days")
NOTHING = "Say what is to happen and when, as in “tomorrow at 9 remind me to call Anna”; or fill in the fields below."
NO_DATE = "Give a date and a time."
NO_SCHEDULE = "Give a schedule, such as daily@09:00."


@dataclass
class Sheet:
    """What stands in the form, and what is wrong with it, both by field."""

    typed: dict[str, str]
    inputs: dict[str, str] = field(default_factory=dict)
    depends_on: list[str] = field(default_factory=list)
    # What could be ticked; what could not stays as it was.
    offered: list[str] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)

    def refuse(self, error: RefusedError) -> None:
        """Put each mistake to its field; those of a time that a sentence gave to the sentence."""
        said = not self.typed.get("when") and self.typed.get("say")
        for name, sentence in (error.fields or {"": str(error)}).items():
            place = PLACES.get(name, name)
            if (said and name in TIMES) or (name == "text" and said and not self.typed.get("text")):
                place = "say"
            self.wrong[place] = sentence

    def apart(self, shown: Iterable[str]) -> list[str]:
        """What is wrong with no field that the form shows; `shown` are the inputs it asks for."""
        places = {*FIELDS, "depends_on", *(f"inputs.{name}" for name in shown)}
        return [sentence for place, sentence in self.wrong.items() if place not in places]

    def zone(self, owner: User) -> str:
        """The zone in which times are meant: the one that was typed, else the owner's."""
        return self.typed.get("time_zone") or Profile.of(owner).zone().key

    def understood(self, owner: User, now: datetime) -> Understood | None:
        """What the sentence says, if there is one. Raises InvalidError at `say`."""
        said = self.typed.get("say", "")
        if not said:
            return None
        try:
            return schedules.understand(said, now, schedules.zone_of(self.zone(owner)))
        except InvalidError as exc:
            place = "time_zone" if "time_zone" in exc.fields else "say"
            raise InvalidError(str(exc), fields={place: str(exc)}) from exc

    def draft(self, owner: User, now: datetime) -> Draft:
        """A new task. What is filled in goes before what the sentence says. Raises InvalidError."""
        heard = self.understood(owner, now)
        if heard is None and not self.typed.get("when"):
            raise InvalidError(NOTHING, fields={"say": NOTHING})
        data = {**spoken(heard), **self.parts()}
        if timing := self.timing(owner):
            data = {name: value for name, value in data.items() if name not in TIMES} | timing
        return read(Draft, {**data, "time_zone": self.zone(owner)})

    def parts(self) -> dict[str, Any]:
        """What is filled in apart from the time; an empty field says nothing."""
        names = ("title", "mode", "text", "agent", "workflow", "overlap", "misfire", "conversation")
        found: dict[str, Any] = {name: self.typed[name] for name in names if self.typed.get(name)}
        if self.inputs:
            found["inputs"] = self.inputs
        if self.depends_on:
            found["depends_on"] = self.depends_on
        return found | self.grace()

    def grace(self) -> dict[str, Any]:
        """The grace in seconds; the form has it in minutes."""
        minutes = self.typed.get("grace", "")
        if not minutes:
            return {}
        if not minutes.isdecimal() or len(minutes) > 9:
            raise InvalidError(sentence := "Give whole minutes: 1440 are a day.", fields={"grace": sentence})
        return {"grace_seconds": int(minutes) * MINUTE_SECONDS}

    def timing(self, owner: User) -> dict[str, Any]:
        """The time that is filled in; nothing where the sentence gives it. Raises InvalidError for an empty one."""
        way = self.typed.get("when")
        if way == ONCE:
            return {"run_at": needed(self.typed, "run_at", NO_DATE), "time_zone": self.zone(owner)}
        return {"schedule": needed(self.typed, "schedule", NO_SCHEDULE)} if way == REPEAT else {}

    def changes(self, task: Task) -> Changes:
        """What is to be different about `task`; its time only where it was changed, for a new time starts anew. Raises InvalidError."""
        names = ("title", "mode", "text", "agent", "workflow", "overlap", "misfire")
        data: dict[str, Any] = {name: self.typed.get(name) or None for name in names}
        stands = filled(task)
        kept = [pk for pk in stands.depends_on if pk not in self.offered and pk not in self.depends_on]
        data |= {"text": self.typed.get("text", ""), "inputs": self.inputs, "depends_on": [*self.depends_on, *kept], **self.grace()}
        now_stands = stands.typed
        if any(self.typed.get(name, "") != now_stands[name] for name in ("when", "run_at", "schedule", "time_zone")):
            data |= {**self.timing(task.owner), "time_zone": self.zone(task.owner)}
        if self.typed.get("grace") == now_stands["grace"]:
            data.pop("grace_seconds", None)
        if not data["title"]:
            raise InvalidError(sentence := "A task needs a title.", fields={"title": sentence})
        return read(Changes, data)


def spoken(heard: Understood | None) -> dict[str, Any]:
    """What a sentence says, in the fields of a draft."""
    if heard is None:
        return {}
    found: dict[str, Any] = {"text": heard.text, "mode": heard.mode, "workflow": heard.workflow or None}
    return found | ({"schedule": heard.schedule.text} if heard.schedule else {"run_at": heard.at.isoformat() if heard.at else None})


def needed(typed: Mapping[str, str], name: str, sentence: str) -> str:
    """What stands in a field that may not be empty."""
    if not typed.get(name):
        raise InvalidError(sentence, fields={name: sentence})
    return typed[name]


def posted(data: QueryDict) -> Sheet:
    """What was sent; texts come with the line ends of forms."""
    typed = {name: tidy(data.get(name, "")) for name in ("when", *FIELDS)}
    inputs = {name.removeprefix(PREFIX): tidy(str(data[name])) for name in data if name.startswith(PREFIX)}
    for name in UNUSED.get(typed["mode"], ()):
        typed[name] = ""
    used = {name: value for name, value in inputs.items() if value} if typed["workflow"] else {}
    ticked, offered = ([pk for pk in data.getlist(name) if references.as_id(pk)] for name in ("depends_on", "offered"))
    return Sheet(typed, used, ticked, offered)


def tidy(text: str) -> str:
    """What was typed, as it is kept."""
    return text.replace("\r\n", "\n").replace("\0", "").strip()


def blank(owner: User, say: str = "") -> Sheet:
    """A new task of which nothing but a sentence is written."""
    rest = {"time_zone": Profile.of(owner).zone().key, "overlap": Overlap.SKIP.value, "misfire": Misfire.LATEST.value}
    return Sheet({"say": say, "grace": str(GRACE_SECONDS // MINUTE_SECONDS), **rest})


def filled(task: Task) -> Sheet:
    """A task as the form shows it; a time that happens once is told on the task's own clock."""
    once = timezone.localtime(task.run_at, task.zone).replace(tzinfo=None).isoformat(timespec="minutes") if task.run_at else ""
    typed = {
        "when": REPEAT if task.schedule else ONCE,
        "run_at": once,
        "schedule": task.schedule,
        "time_zone": task.time_zone,
        "title": task.title,
        "mode": str(task.mode),
        "text": task.text,
        "agent": str(task.agent_id or ""),
        "workflow": str(task.workflow_id or ""),
        "overlap": str(task.overlap),
        "misfire": str(task.misfire),
        "grace": str(task.grace_seconds // MINUTE_SECONDS),
    }
    waits_for = [str(pk) for pk in task.depends_on.values_list("pk", flat=True)]
    return Sheet(typed, task.given, waits_for)
