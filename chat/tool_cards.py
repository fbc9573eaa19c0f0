"""How a tool call looks to a person: its name in words, an icon, and what it is about."""

import re
from typing import Any

from chat.quotes import unmarked

# What is done, in a person's words. A tool that is not here shows its own name.
LABELS = {
    "ask_user": "Ask you",
    "request_user_help": "Ask you",
    "current_time": "Current time",
    "fetch_url": "Read a web page",
    "recall": "Look into the memory",
    "schedule_task": "Schedule",
    "list_tasks": "Look at what is scheduled",
    "get_task": "Look at what is scheduled",
    "update_task": "Change what is scheduled",
    "cancel_task": "Cancel what is scheduled",
    "run_task": "Do now what is scheduled",
}
# An icon (heroicons, mini) for the first pattern that a tool's name fits.
ICONS = (
    (r"time|clock", "clock"),
    (r"fetch|url|web|http|browse", "globe-alt"),
    (r"remember|recall|forget|memory", "bookmark"),
    (r"schedule|task|remind", "calendar-days"),
    (r"ask|help|respond|question", "chat-bubble-left-right"),
    (r"delete|cancel|remove", "trash"),
    (r"create|add", "plus-circle"),
    (r"update|edit|rename", "pencil-square"),
    (r"execute|run|retry|start", "play-circle"),
    (r"send|mail|telegram|message", "paper-airplane"),
    (r"file|document|read|write", "document-text"),
    (r"list|get|search|find", "magnifying-glass"),
)
OTHER = "wrench-screwdriver"
LONGEST_GIST = 120
TELLING = ("title", "text", "question")
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def label(tool: str) -> str:
    """A tool's name as words: create_agent becomes “Create agent”."""
    return LABELS.get(tool) or tool.replace("_", " ").strip().capitalize() or "Tool"


def icon(tool: str) -> str:
    """The name of the icon for a tool."""
    return next((name for pattern, name in ICONS if re.search(pattern, tool)), OTHER)


def gist(arguments: dict[str, Any]) -> str:
    """What a call is about, in a word or two: its title, text or question, else the first plain value. A yes or no or an id says nothing."""
    said = [unmarked(text[:LONGEST_GIST]) if isinstance(text := arguments.get(name), str) else text for name in TELLING]
    plain = (value for value in [*said, *arguments.values()] if isinstance(value, str | int | float) and not isinstance(value, bool))
    return next((text for value in plain if (text := str(value)) and not ID.fullmatch(text)), "")[:LONGEST_GIST]
