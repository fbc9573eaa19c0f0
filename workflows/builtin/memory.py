"""The tools that remember, recall and forget: short notes, each under a key, for one person alone."""

import difflib

from chat.log import clean
from workflows.models import Effect, Memory
from workflows.tools import ToolContext, ToolError, tool

MAX_KEY = 100
MAX_VALUE = 4_000
MAX_MEMORIES = 500
# The list of everything stays short enough to be read with the rest of a conversation.
MAX_LIST = 20_000
GLIMPSE = 100


@tool(effect=Effect.IDEMPOTENT, atomic=True)
def remember(context: ToolContext, key: str, value: str) -> str:
    """Keep a fact for later conversations, replacing what was kept under the same key.

    Use it when the person asks you to remember something, or tells you a lasting fact or preference.

    Args:
        key: A short name to find it by, such as “favourite tea”. Case and extra spaces do not matter.
        value: What to remember, complete in itself.
    """
    key, value = normal(key), clean(value).strip()
    if not value:
        raise ToolError("The value is empty: say what to remember, or use forget to drop it.")
    if len(value) > MAX_VALUE:
        raise ToolError(f"The value has {len(value):,} characters: shorten it to {MAX_VALUE:,}, or split it over several keys.")
    mine = Memory.objects.filter(owner=context.owner_id)
    before = mine.filter(key=key).values_list("value", flat=True).first()
    if before is None and mine.count() >= MAX_MEMORIES:
        raise ToolError(f"There are {MAX_MEMORIES} memories already: forget one that is out of date first.")
    Memory.objects.update_or_create(owner_id=context.owner_id, key=key, defaults={"value": value})
    if before is None or before == value:
        return f"Remembered under “{key}”."
    return f"Remembered under “{key}”. Before, it was: {glimpse(before)}"


@tool(effect=Effect.READ, quick=True)
def recall(context: ToolContext, key: str = "") -> str:
    """Look up what was remembered, under one key or all of it.

    Use it when the person refers to something they told you earlier, or asks what you know about them.

    Args:
        key: The name it was kept under. Empty: list every key with the beginning of what is under it.
    """
    mine = Memory.objects.filter(owner=context.owner_id)
    if not key.strip():
        return listing(dict(mine.values_list("key", "value")))
    key = normal(key)
    found = mine.filter(key=key).values_list("value", flat=True).first()
    return missing(context, key) if found is None else found


@tool(effect=Effect.IDEMPOTENT, atomic=True)
def forget(context: ToolContext, key: str) -> str:
    """Drop what was remembered under a key, for good.

    Use it when the person asks you to forget something, or when it is no longer true.

    Args:
        key: The name it was kept under.
    """
    key = normal(key)
    gone, _ = Memory.objects.filter(owner=context.owner_id, key=key).delete()
    return f"Forgot “{key}”." if gone else missing(context, key)


def normal(key: str) -> str:
    """The one spelling of a key, or ToolError when it cannot be one."""
    key = " ".join(clean(key).casefold().split())
    if not key:
        raise ToolError("The key is empty: give a short name, such as “favourite tea”.")
    if len(key) > MAX_KEY:
        raise ToolError(f"The key has {len(key)} characters: use a short name of at most {MAX_KEY}, and put the rest into the value.")
    return key


def listing(memories: dict[str, str]) -> str:
    """All keys, a line each, as far as they fit."""
    if not memories:
        return "Nothing is remembered yet."
    lines: list[str] = []
    room = MAX_LIST
    for key, value in memories.items():
        line = f"- {key}: {glimpse(value)}"
        room -= len(line) + 1
        if room < 0:
            return "\n".join([*lines, f"(and {len(memories) - len(lines)} more: recall them by their keys)"])
        lines.append(line)
    return "\n".join(lines)


def glimpse(value: str) -> str:
    """The beginning of a value, on one line."""
    line = " ".join(value.split())
    return line if len(line) <= GLIMPSE else f"{line[: GLIMPSE - 1]}…"


def missing(context: ToolContext, key: str) -> str:
    """That nothing is there, and which keys are near."""
    keys = list(Memory.objects.filter(owner=context.owner_id).values_list("key", flat=True))
    words = set(key.split())
    near = dict.fromkeys([*difflib.get_close_matches(key, keys, n=5), *(other for other in keys if words & set(other.split()))])
    hint = f" Near it: {', '.join(f'“{other}”' for other in list(near)[:5])}." if near else ""
    return f"Nothing is remembered under “{key}”.{hint}"
