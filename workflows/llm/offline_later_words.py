"""What the offline model says of what is scheduled."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from workflows.llm.offline_arguments import Seen
from workflows.llm.offline_words import CONNECT, TIME, shortened

__all__ = ["TIME", "TIMES", "changed", "due", "listed", "scheduled", "shortened", "unclear"]

# What is offered where a time is missing.
TIMES = ["in 10 minutes", "in 1 hour", "tomorrow at 9:00"]
EXAMPLES = "“remind me in 2 hours to stretch”, “every weekday at 9 remind me of the stand-up” or “tomorrow at 9 read https://example.com”"


def unclear(text: str, reason: str = "") -> str:
    """For a request whose time it cannot read, or whose time cannot be."""
    if reason:
        return f"Nothing was scheduled. {reason}"
    return f"I did not understand when that should be: “{shortened(text.removeprefix('remind me to '))}”. Nothing was scheduled. Try {EXAMPLES}."


def scheduled(seen: Seen, task: Mapping[str, Any], text: str) -> str:
    """Confirms what was scheduled, as it was understood."""
    opening = "That was scheduled already" if str(task["done"]).startswith("nothing") else OPENINGS[task["mode"]]
    said = f"{opening}: {called(task)}, {when(task)}."
    return "".join([said, times(task), alone(task, text)])


OPENINGS = {"notify": "I will remind you", "prompt_agent": "I will come back to it", "run_workflow": "I will run it"}


def called(task: Mapping[str, Any]) -> str:
    """Which task it is."""
    return f"“{shortened(' '.join(str(task['title']).split()), 100)}”"


def when(task: Mapping[str, Any]) -> str:
    """When it happens: once with how far away that is and in UTC, again and again in words."""
    coming = task.get("next") or []
    if task.get("schedule") or not coming:
        return str(task["when"])
    there = "" if task["time_zone"] == "UTC" else f" ({utc(coming[0])})"
    return f"{coming[0]['in']}: {task['when']}{there}"


def utc(due: Mapping[str, str]) -> str:
    """A due time in UTC, without the date where that is the same."""
    return f"{datetime.fromisoformat(due['utc']):%H:%M:%S}".removesuffix(":00") + " UTC"


def times(task: Mapping[str, Any]) -> str:
    """The next times of what recurs, a line each."""
    coming = task.get("next") or []
    if not task.get("schedule") or not coming:
        return ""
    lines = [f"- {one['local']}{'' if task['time_zone'] == 'UTC' else f' ({utc(one)})'}{note(one)}" for one in coming]
    return "\n".join(["\n\nThe next times:\n", *lines])


def note(due: Mapping[str, str]) -> str:
    """What a change of the clock does to it."""
    return f": {due['note']}" if due.get("note") else ""


def alone(task: Mapping[str, Any], text: str) -> str:
    """Admits what nobody will be able to do then."""
    if task["mode"] != "prompt_agent" or can_do(text):
        return ""
    return "\n\nUntil a model is connected I cannot do that myself: I will tell you that it is time."


def can_do(text: str) -> bool:
    """Whether the offline model understands a text."""
    from workflows.llm.offline_grammar import ANYTHING, recognise

    return recognise(text)[0] is not ANYTHING


def listed(rows: Sequence[Mapping[str, Any]]) -> str:
    """What is scheduled, with the numbers by which it may be named."""
    if not rows:
        return "Nothing is scheduled. Try “remind me in 2 hours to stretch”."
    lines = [f"{row['number']}. {line(row)}" for row in rows]
    return "\n".join(["This is scheduled:", "", *lines, "", "Say “cancel the first one”, “pause 1” or “change 1 to 10:00”."])


def line(row: Mapping[str, Any]) -> str:
    """One of them."""
    if row.get("paused"):
        return f"{called(row)}, {row['when']}: paused"
    coming = row.get("next") or []
    soon = f"next {coming[0]['in']}" if row.get("schedule") and coming else coming[0]["in"] if coming else ""
    return f"{called(row)}, {row['when']}{f' ({soon})' if soon else ''}"


def changed(verb: str, task: Mapping[str, Any]) -> str:
    """Says what became of a task."""
    match verb:
        case "cancel":
            return f"Cancelled: {called(task)}, {task['when']}."
        case "pause":
            return f"Paused: {called(task)}. Say “resume it” to let it go on."
        case "run":
            return f"{called(task)} happens now."
    return f"{'It goes on' if verb == 'resume' else 'Changed'}: {called(task)}, {when(task)}.{times(task)}"


def due(text: str) -> str:
    """For a scheduled request that only a real model could carry out."""
    return f"It is time: “{shortened(text)}”. I work without a model, so I cannot do that myself: {CONNECT}"
