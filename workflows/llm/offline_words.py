"""What the offline model says."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workflows.llm.offline_arguments import Seen, tidy, to_remember
from workflows.llm.types import DECLINED

CONNECT = "connect a real model: set AGENTRON_MODEL (such as openai:gpt-5.2, with OPENAI_API_KEY), or have one added under Models."
HOW_TO_CONNECT = f"For everything else, {CONNECT}"
# By tool: what it is good for, and a sentence that shows it.
ABILITIES = {
    "remember": ("remember things", "remember that my dog is called Rex"),
    "recall": ("tell you what I remember", "what do you remember?"),
    "forget": ("forget them", "forget dog"),
    "current_time": ("tell the time", "what time is it in Tokyo?"),
    "fetch_url": ("read a web page", "read https://example.com"),
    "ask_user": ("ask you a question", "ask me to choose between tea or coffee"),
    "create_agent": ("create agents", "create an agent called Tea that answers questions about tea"),
    "create_workflow": ("create workflows", "create a workflow that fetches https://example.com and summarises it"),
    "execute_workflow": ("run them", "run Tea report with topic=tea"),
    "schedule_task": ("remind you and do things later", "remind me in 2 hours to stretch"),
    "list_tasks": ("tell what is scheduled", "what is scheduled?"),
    "update_task": ("change, pause and resume it", "change the first one to 10:00"),
    "cancel_task": ("cancel it", "cancel the second one"),
    "list_workflows": ("list workflows, agents and runs", "list my workflows"),
    "list_runs": ("tell what waits for you", "what needs me?"),
    "respond_to_run": ("pass your answers on", "answer A to the tea question"),
    "cancel_run": ("stop a run", "cancel the run"),
    "retry_run": ("try it again", "retry the run"),
    "delete_workflow": ("delete what you name", "delete workflow Tea report"),
}
# What is good for a greeting; the rest is told when somebody asks for help.
MAIN = ("remember", "schedule_task", "current_time", "fetch_url", "ask_user", "create_workflow", "execute_workflow")
QUOTE = 300
PAGE = 4_000
# How the engine tells a model that its owner said no.
REFUSED = "The owner does not want"
SUMMARY = 500
# What the tool current_time gives: 2026-11-21T15:41:03+09:00 (Saturday, Asia/Tokyo).
TIME = re.compile(r"(?P<at>\d{4}-\S{1,40}) \(\w{1,20}, (?P<zone>\S{1,60})\)")
SENTENCE = re.compile(r"[^.!?…]{1,400}(?:[.!?…]{1,3}|$)\s{0,9}")


def greeting(seen: Seen) -> str:
    """Says hello, and what it is good for."""
    return f"Hello! I am the assistant that works without a model: I can {able(seen)}. What can I do for you?"


def abilities(seen: Seen) -> str:
    """The help: what it can do, with a sentence for each."""
    lines = [f"- {what}: “{example}”" for tool, (what, example) in ABILITIES.items() if tool in seen.offered]
    if not lines:
        return f"I work without a model and have no tools here, so I can only chat a little. {HOW_TO_CONNECT}"
    return "\n".join(["I work without a model, so I understand simple requests:", "", *lines, "", HOW_TO_CONNECT])


def puzzled(seen: Seen) -> str:
    """For everything that the grammar does not know."""
    return f"I did not understand that, because I work without a model: I can {able(seen)}. {HOW_TO_CONNECT}"


def unread(seen: Seen) -> str:
    """For files, which it cannot read: short, for they mostly come from phones."""
    names = shortened(" ".join(seen.words["files"].split()))
    return f"Kept in this conversation: {names}. To read files I need a real model: an administrator can add one under Models."


def able(seen: Seen) -> str:
    """What the tools allow, in one phrase."""
    what = [phrase for tool, (phrase, _) in ABILITIES.items() if tool in seen.offered and tool in MAIN]
    if not what:
        return "only chat a little"
    return " and ".join([", ".join(what[:-1]), what[-1]]) if len(what) > 1 else what[0]


def nothing(seen: Seen) -> str:
    """For intents that always follow up with another sentence."""
    return puzzled(seen)


def cannot(tool: str) -> str:
    """For a tool that the agent does not have."""
    what = ABILITIES.get(tool, (tool, ""))[0]
    return f"I cannot {what} here: this agent does not have the tool “{tool}”. It can be added to the agent in the admin."


def declined(tool: str) -> str:
    """For a call that its owner does not want."""
    return "All right, nothing was deleted." if tool.startswith("delete_") else "All right, I left it."


def failed(reason: Any) -> str:
    """For a tool that broke or refused."""
    return f"That did not work: {why(reason)}"


def why(reason: Any) -> str:
    """What a tool said when it broke or refused."""
    return shortened(as_text(reason)) or "the tool gave no reason."


def remembered(seen: Seen) -> str:
    """Shows what was understood, since a wrong guess would otherwise go unnoticed."""
    arguments = to_remember(seen)
    return f"I will remember it: {arguments['key']} – {shortened(arguments['value'])}"


def recalled(seen: Seen) -> str:
    """What the memory holds, or that it holds nothing."""
    key = seen.words.get("key", "")
    if not seen.result:
        about_it = f" about “{tidy(key)}”" if key else ""
        return f"I do not remember anything{about_it} yet. Tell me with “remember that …”."
    if isinstance(seen.result, str):
        return shortened(seen.result, 4000)
    return f"This is what I remember:\n\n{as_text(seen.result)}"


def forgotten(seen: Seen) -> str:
    """Confirms it."""
    return f"Forgotten: {tidy(seen.words['key'])}."


def the_time(seen: Seen) -> str:
    """As a person would tell it."""
    said = as_text(seen.result)
    found = TIME.fullmatch(said)
    if not found:
        return said
    at, zone = datetime.fromisoformat(found["at"]), found["zone"]
    place = named_place(seen.words.get("place", ""), zone)
    told = f"It is {at:%H:%M} on {at:%A}, {at.day} {at:%B}{f' in {place}' if place else ''}"
    return f"{told} ({zone}{f', {offset(at)}' if '/' in zone else ''})."


def named_place(asked: str, zone: str) -> str:
    """The place in `zone` that was asked for, as it is written; empty when none was, or it is no place."""
    if not asked.strip() or "/" not in zone:
        return ""
    place = zone.rsplit("/", 1)[-1].replace("_", " ") if "/" in asked else " ".join(asked.split())
    return place.title() if place.islower() else place


def offset(at: datetime) -> str:
    """How far a moment's zone is from UTC, such as UTC+5:30."""
    hours, minutes = f"{at:%z}"[:3], f"{at:%z}"[3:5]
    return f"UTC{int(hours):+d}{f':{minutes}' if minutes != '00' else ''}"


def summary(seen: Seen) -> str:
    """The title and the first sentences of the page."""
    title, text = page_of(seen.result)
    if not text:
        return "The page has no text that I can read."
    lead = f"“{shortened(title)}” begins so:" if title else "It begins so:"
    return f"{lead}\n\n{opening(text)}"


def page(seen: Seen) -> str:
    """The text of a page, for another step to go on from."""
    title, text = page_of(seen.result, "\n")
    return shortened(f"{title}\n\n{text}".strip() or "The page has no text that I can read.", PAGE)


def page_of(result: Any, line: str = " ") -> tuple[str, str]:
    """Title and text of what fetch_url gave; its lines are quoted, and links stand at the end."""
    if isinstance(result, Mapping):
        return str(result.get("title") or "").strip(), " ".join(str(result.get("text") or result.get("content") or "").split())
    quoted = [one[1:].strip() for one in str(result).splitlines() if one.startswith(">")] or str(result).splitlines()
    title = quoted.pop(0).removeprefix("Title: ") if quoted and quoted[0].startswith("Title: ") else ""
    text = quoted[: quoted.index("Links:")] if "Links:" in quoted else quoted
    return title, line.join(" ".join(one.split()) for one in text if one)


def opening(text: str) -> str:
    """The first sentences of a text."""
    found = ""
    for match in SENTENCE.finditer(text[: 4 * SUMMARY]):
        if found and len(found) + len(match[0]) > SUMMARY:
            break
        found += match[0]
    return shortened(found.strip() or text, SUMMARY)


def summed_up(seen: Seen) -> str:
    """The first sentences: an honest summary, as far as it goes without a model."""
    return opening(" ".join(seen.words["text"].split()))


def heard(seen: Seen) -> str:
    """What to say when a run has ended that was started here."""
    if seen.words["status"] == "succeeded":
        return f"“{seen.words['name']}” is done: its report is above."
    return f"“{seen.words['name']}” did not work out; why is told above. Say “retry the run” to try it again."


def listed(what: str, rows: Any) -> str:
    """All workflows, agents or runs, a line each."""
    if not rows:
        return f"There are no {what} yet."
    return "\n".join([f"Your {what}:", "", *(f"- {line(row)}" for row in rows)])


def line(row: Mapping[str, Any]) -> str:
    """One of them, with what tells it from the others."""
    if "status" in row:
        return f"[{row['workflow']}]({row['link']}): {row['status'].replace('_', ' ')}"
    about = f": {row['description']}" if row.get("description") else ""
    return f"[{row['workflow']}]({row['link']}){about}" if "workflow" in row else f"{row['name']}{about}"


def waiting(rows: Any) -> str:
    """The open questions of all runs, with the way to each."""
    lines = [
        f"- [{row['workflow']}]({row['link']}) asks: {item['question']}{options(item)}" for row in rows for item in row.get("questions", [])
    ]
    return "\n".join(["These questions wait for you:", "", *lines]) if lines else "Nothing waits for you."


def options(item: Mapping[str, Any]) -> str:
    """The answers to choose from, if there are any."""
    return f" ({', '.join(item['options'])})" if item["options"] else ""


def quoted_answer(seen: Seen) -> str:
    """Repeats what the person answered; bare where another step goes on from it."""
    if seen.in_workflow:
        return as_text(seen.result)
    if as_text(seen.result) == DECLINED:
        return "You declined to answer, so I leave it at that."
    return f"You answered: “{shortened(as_text(seen.result))}”"


def shortened(text: str, limit: int = QUOTE) -> str:
    """`text`, cut where it would fill the page."""
    return text if len(text) <= limit else f"{text[:limit].rstrip()}…"


def as_text(result: Any) -> str:
    """What a tool gave, readable."""
    if isinstance(result, Mapping):
        return "\n".join(f"- {key}: {as_text(value)}" for key, value in result.items())
    if isinstance(result, list | tuple):
        return "\n".join(f"- {as_text(item)}" for item in result)
    return "" if result is None else str(result)
