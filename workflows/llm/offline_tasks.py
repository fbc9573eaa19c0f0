"""The offline model's sentences about what is scheduled already: show, cancel, pause, resume, run and change it."""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from workflows.llm import offline_later_words as words
from workflows.llm.offline_arguments import Seen
from workflows.llm.offline_later import timed
from workflows.llm.offline_sentences import Intent, Want, sentence

Rows = Sequence[Mapping[str, Any]]
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
ORDINAL = rf"(?:{'|'.join(ORDINALS)}|last|[0-9]{{1,3}}(?:st|nd|rd|th)|(?:number |no\.? ?|#)?[0-9]{{1,3}})"
NOUN = r"(?:one|task|reminder|entry|schedule|alarm)"
NUMBERED = re.compile(rf"(?:the )?(?:{NOUN} )?(?P<word>{ORDINAL})(?: {NOUN})?", re.IGNORECASE)
IT = re.compile(rf"(?:it|that|this|them|(?:the |my |that |this )?(?:{NOUN}|timer))(?: {NOUN})?", re.IGNORECASE)
# What says nothing about which one it is.
IDLE = set(re.findall(r"\w+", "the my a an to of about for that this and reminder reminders task tasks one me every at"))
AT = re.compile(r"(?:at )?(?P<hour>[0-9]{1,2})(?:[:.](?P<minute>[0-9]{2}))?(?: ?(?P<half>am|pm))?(?: o'?clock)?", re.IGNORECASE)
NAMED_TIMES = {"noon": time(12), "midday": time(12), "midnight": time(0)}


def show(seen: Seen, results: Sequence[Any]) -> str | Want:
    """List what is scheduled."""
    return words.listed(results[0]) if results else Want("list_tasks", {})


def act(verb: str, tool: str, **arguments: Any) -> Callable[[Seen, Sequence[Any]], str | Want]:
    """Do something with the task that is meant."""

    def plan(seen: Seen, results: Sequence[Any]) -> str | Want:
        found = meant(seen, results)
        if isinstance(found, Want | str):
            return found
        task, rest = found
        return words.changed(verb, rest[0]) if rest else Want(tool, {"task": task, **arguments})

    return plan


def meant(seen: Seen, results: Sequence[Any]) -> tuple[str, Sequence[Any]] | Want | str:
    """The id of the task that is meant, and the results that are left; else the call or the answer that comes first.

    A number means the list that was shown last, whatever has moved up in it since.
    """
    which = seen.words["which"].strip(" .!?…")
    if (place := number_of(which, len(seen.listed))) is not None and 0 < place <= len(seen.listed):
        return seen.listed[place - 1], results
    if IT.fullmatch(which) and seen.task:
        return seen.task, results
    if not results:
        return Want("list_tasks", {})
    # A number that nobody was shown could be any.
    blind = len(results[0]) > 1 and number_of(which, 1) is not None
    chosen = [] if blind else fitting(which, results[0])
    if len(chosen) != 1:
        return f"I do not know which one you mean. {words.listed(results[0])}"
    return str(chosen[0]["task"]), results[1:]


def number_of(which: str, most: int) -> int | None:
    """The number that “the second one” stands for; the last one of so many."""
    if not (match := NUMBERED.fullmatch(which)):
        return None
    word = match["word"].lower()
    if word == "last":
        return most
    return ORDINALS.index(word) + 1 if word in ORDINALS else int(re.sub(r"\D", "", word))


def fitting(which: str, rows: Rows) -> Rows:
    """Those that are meant: by number, as the only one there is, by title, or by the words in it."""
    if (place := number_of(which, len(rows))) is not None:
        return [row for row in rows if row["number"] == place]
    if IT.fullmatch(which):
        return rows
    wanted = which.strip("“”\"'‘’ ").casefold()
    if exact := [row for row in rows if str(row["title"]).casefold() == wanted]:
        return exact
    told = set(re.findall(r"\w+", wanted)) - IDLE
    return [row for row in rows if told and told <= set(re.findall(r"\w+", f"{row['title']} {row.get('text', '')}".casefold()))]


def change(seen: Seen, results: Sequence[Any]) -> str | Want:
    """Give a task another time. A bare time of day keeps its days."""
    if not results:
        return Want("list_tasks", {})
    found = meant(seen, results)
    if isinstance(found, Want | str):
        return found
    row = next((row for row in results[0] if row["task"] == found[0]), None)
    if row is None:
        return f"That one is not pending any more. {words.listed(results[0])}"
    return changed_to(row, seen.words["when"].strip(" .!?…"), results[1:])


def changed_to(row: Mapping[str, Any], when: str, results: Sequence[Any]) -> str | Want:
    """Change the time of a task, and say what was understood."""
    if (at := clock(when)) is None:
        found = timed(f"remind me {when} to do it", results)
        if isinstance(found, Want | str):
            return f"I left it as it is. {words.unclear(when)}" if isinstance(found, str) else found
        _, new, results = found
    elif (moved := at_another_hour(row, at)) is None:
        return f"{words.called(row)} happens {row['when']}: say what it is to be instead, such as “every day at {at:%H:%M}”."
    else:
        new = moved
    return words.changed("change", results[0]) if results else Want("update_task", {"task": row["task"], **new})


def clock(text: str) -> time | None:
    """A bare time of day, such as 10, 10:30 or 10 pm; None for anything else."""
    if named := NAMED_TIMES.get(text.lower().removeprefix("at ")):
        return named
    match = AT.fullmatch(text)
    if not match:
        return None
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if match["half"] and 1 <= hour <= 12:
        hour = hour % 12 + 12 * (match["half"].lower() == "pm")
    return time(hour, minute) if hour < 24 and minute < 60 else None


def at_another_hour(row: Mapping[str, Any], at: time) -> dict[str, str] | None:
    """The time of a task with its days kept; None where it has no time of day."""
    text = str(row.get("schedule") or "")
    if not text:
        due = datetime.fromisoformat(row["next"][0]["utc"]).astimezone(ZoneInfo(row["time_zone"])) if row.get("next") else None
        return {"run_at": f"{due:%Y-%m-%d}T{at:%H:%M}:00", "time_zone": row["time_zone"]} if due else None
    if match := re.fullmatch(r"(daily|weekly@[^@]+)(?:@[0-9:]+)?", text):
        return {"schedule": f"{match[1]}@{at:%H:%M}"}
    if match := re.fullmatch(r"[0-9]+ [0-9]+( \S+ \S+ \S+)", text):
        return {"schedule": f"{at.minute} {at.hour}{match[1]}"}
    return None


def rename(seen: Seen, results: Sequence[Any]) -> str | Want:
    """Give a task another title."""
    return act("change", "update_task", title=seen.words["title"].strip("“”\"'‘’ "))(seen, results)


def tasks_in(content: Any) -> list[str]:
    """The ids of the tasks that a tool's result tells of; in a history it is the text of it."""
    if isinstance(content, str):
        try:
            content = ast.literal_eval(content)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return []
    rows = content if isinstance(content, list) else [content]
    return [str(row["task"]) for row in rows if isinstance(row, Mapping) and "task" in row]


WHICH = r"(?: the| my| that| this)? (?P<which>.{1,120}?)"
MANAGE = (
    Intent(
        "what is scheduled",
        sentence(
            r"what(?:'s| is| do i have| have i| have you| did i)? (?:scheduled|planned|coming up|on (?:the|my) (?:schedule|agenda))(?: (?:for|on|next|today|tomorrow|this|now)(?: .{1,30})?)?",
            r"(?:list|show)(?: me)?(?: all)?(?: my| the)?(?: scheduled| pending)? (?:tasks|reminders|schedules?)(?: please)?",
            r"(?:what|which) (?:tasks|reminders)(?: do i have| are (?:there|scheduled|pending))|(?:my )?(?:tasks|reminders|scheduled?)|/tasks|/scheduled",
        ),
        tool="list_tasks",
        plan=show,
    ),
    Intent(
        "run a task",
        sentence(rf"(?:run|do|start)(?: the| my)? (?P<which>(?:{ORDINAL}(?: {NOUN})?|(?:task|reminder) .{{1,100}}?))(?: (?:right )?now)?"),
        tool="run_task",
        plan=act("run", "run_task"),
    ),
    Intent("pause a task", sentence(rf"(?:pause|suspend){WHICH}"), tool="update_task", plan=act("pause", "update_task", enabled=False)),
    Intent("resume a task", sentence(rf"(?:resume|unpause){WHICH}"), tool="update_task", plan=act("resume", "update_task", enabled=True)),
    Intent(
        "change a task",
        sentence(
            r"(?:change|move|reschedule|postpone|shift|set)(?: the| my| that| this)? (?P<which>.{1,120})(?: from .{1,40}?)? (?:to|until) (?P<when>.{1,80}?)"
        ),
        tool="update_task",
        plan=change,
    ),
    Intent(
        "rename a task",
        sentence(
            rf"rename(?: the| my)? (?P<which>{ORDINAL}(?: {NOUN})?|it|(?:task|reminder) .{{1,100}}?) (?:to|as|into) (?P<title>.{{1,200}}?)"
        ),
        tool="update_task",
        plan=rename,
    ),
)
# Behind the sentences about runs, workflows and agents, which say what they mean.
CANCEL = (
    Intent(
        "cancel a task",
        sentence(rf"(?:cancel|call off|unschedule|delete|remove){WHICH}", r"stop reminding me(?: to| of| about)? (?P<which2>.{1,120}?)"),
        tool="cancel_task",
        plan=act("cancel", "cancel_task"),
    ),
)
