"""The offline model's sentences about later: “remind me in 2 hours to …”, “run the report every Monday at 9”.

What a phrase means is for `schedules.understand` to say. A phrase that counts from now, or recurs, needs no date; for any
other the clock is asked first, as every model would.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from workflows import schedules
from workflows.errors import InvalidError
from workflows.llm import offline_later_words as words
from workflows.llm.offline_arguments import IT, QUOTES, Seen, inputs_of
from workflows.llm.offline_sentences import POLITE, Intent, Want, sentence
from workflows.schedules import Understood

# How `understand` says that a sentence tells no time, and that it tells nothing else.
NO_TIME, NOT_WHAT = "does not say when", "but not what"
# Instants so long ago that nothing is past, just after midnight; a phrase that is as far from both counts from now. The months
# after them have other lengths, so that “in 2 months” is not.
PROBES = (datetime(2000, 1, 3, 0, 0, 7, tzinfo=UTC), datetime(2001, 2, 17, 0, 11, 29, tzinfo=UTC))
UNITS = (("delay_days", 86_400), ("delay_hours", 3_600), ("delay_minutes", 60))
INPUTS = re.compile(r" with (?=\w{1,50}=)", re.IGNORECASE)
START = re.compile(r"(?:run|execute|start)(?: the| my)?(?: workflow)? ", re.IGNORECASE)
# What a reminder is of, not what a day is of.
DATED = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\b|each\b|every\b|this\b|next\b|the (?:month|year|week)\b"
OF = re.compile(rf"(\bremind me\b.{{0,100}}?) of (?!{DATED})", re.IGNORECASE)
LEADING = re.compile(r"(?:remind me )?(?:(?:to|of|about|that) )?", re.IGNORECASE)
# A question about a time asks for no work at it.
QUESTION = re.compile(
    r"(?:(?:what|who|whom|whose|why|how|when|where|which|is|are|was|were)\b|(?:do|does|did|has|have|will|should) (?:i|you|he|she|we|they)\b)",
    re.IGNORECASE,
)
# Somebody who tells of a time wants nothing at it.
TOLD = re.compile(r"(?:i|we|he|she|they|it)(?:['’](?:ll|m|re|ve|s|d))?\b(?! (?:want|need|would like|wish)\b)", re.IGNORECASE)
OPENING = re.compile(r"(?:remind|snooze|set (?:a|an)|schedule|wake|notify|ping|alert)\b", re.IGNORECASE)
# A new reminder by any name.
NEW = re.compile(
    r"(?:set|make|add|create|schedule)(?: me)? (?:a |an )?(?:new )?(?:reminder|alarm|timer)(?: for| at| on)? (?=\S)", re.IGNORECASE
)
SNOOZE = re.compile(r"snooze(?: it| this| that)?(?: for)? ", re.IGNORECASE)
LENGTH = re.compile(r"remind me (?=\d{1,4} ?(?:s|m|h|d)[a-z]{0,6}\b)", re.IGNORECASE)
AGAIN = ("again", "it", "of it", "that", "this", "about it", "about that", "about this", "it again", "that again", "of that", "of this")
WAKE = re.compile(r"wake me(?: up)?", re.IGNORECASE)
SHORT = re.compile(r"(?:\d{1,6}[smhdw])+", re.IGNORECASE)
# What has one of these tells a time, if not one that is understood.
TIMELY = re.compile(r"\d|\b(?:every|each|next|last|when|once|until|after|before|\w{3,6}day)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """What a sentence asks for: `later`, at a time that counts from now by `delay` where it does. Or `refusal`: why nobody can
    tell, which may be another thing on another day.
    """

    later: Understood | None = None
    delay: timedelta | None = None
    refusal: str = ""


@lru_cache(maxsize=200)
def asked_in(text: str) -> Asked:
    """What `text` asks for later; nothing at all where it says no time."""
    found: list[tuple[Understood, datetime]] = []
    refusal = ""
    for probe in PROBES:
        try:
            found.append((schedules.understand(text, probe, ZoneInfo("UTC")), probe))
        except InvalidError as exc:
            if NO_TIME in (refusal := str(exc)):
                return Asked()
    if not found:
        return Asked(refusal=refusal)
    delays = {later.at - probe for later, probe in found if later.at}
    return Asked(found[0][0], delays.pop() if len(found) == len(PROBES) and len(delays) == 1 else None)


def says_when(text: str) -> bool:
    """Whether it asks for something later, or tries to."""
    asked = asked_in(plain(text))
    return asked.later is not None or bool(asked.refusal)


def wants_a_reminder(text: str) -> bool:
    """Whether it asks for a reminder, or says that something is to be scheduled."""
    asked = asked_in(plain(text))
    return bool(asked.later and asked.later.mode == "notify") or bool(OPENING.match(text) and says_when(text))


def starts_a_workflow(text: str) -> bool:
    """Whether it asks for a workflow later."""
    asked = asked_in(request_of(text)[0])
    return bool(asked.later and (asked.later.workflow or START.match(asked.later.text))) or bool(asked.refusal and START.match(text))


def is_an_order(text: str) -> bool:
    """Whether it asks for anything later, without a word that says so; or says a time and nothing else."""
    asked = asked_in(text)
    return not any(pattern.match(text) for pattern in (QUESTION, TOLD, POLITE)) and (asked.later is not None or NOT_WHAT in asked.refusal)


def plain(text: str) -> str:
    """A sentence with “remind me of” said as “remind me about”."""
    text = LENGTH.sub("remind me in ", NEW.sub("remind me ", SNOOZE.sub("remind me again in ", text, count=1), count=1), count=1)
    about = OF.sub(r"\1 about ", text, count=1)
    return about if asked_in(about).later and not asked_in(text).later else text


def request_of(text: str) -> tuple[str, str]:
    """A sentence without the workflow's inputs that stand at its end, and these."""
    match = INPUTS.search(text)
    if match and asked_in(text[: match.start()]).later:
        return text[: match.start()], text[match.end() :]
    return plain(text), ""


def schedule(seen: Seen, results: Sequence[Any]) -> str | Want:
    """Schedule what a sentence asks for, and say what was understood."""
    text, inputs = request_of(seen.words["request"])
    found = timed(text, results)
    if isinstance(found, Want | str):
        return found
    asked, when, rest = found
    return words.scheduled(seen, rest[0], asked.text) if rest else Want("schedule_task", {**what(seen, asked, inputs), **when})


def timed(text: str, results: Sequence[Any]) -> tuple[Understood, dict[str, Any], Sequence[Any]] | Want | str:
    """What is asked for, when as arguments of a tool, and the results that are left; else the call or the answer that comes first."""
    asked = asked_in(text)
    if asked == Asked():
        return words.unclear(text)
    if NOT_WHAT in asked.refusal:
        return words.unclear(text, asked.refusal)
    if asked.later and asked.later.schedule:
        return asked.later, {"schedule": asked.later.schedule.text}, results
    if asked.later and asked.delay is not None:
        return asked.later, delayed(asked.delay), results
    if not results:
        return Want("current_time", {})
    if not (clock := words.TIME.fullmatch(str(results[0]))):
        return str(results[0])
    zone = ZoneInfo(clock["zone"])
    try:
        later = schedules.understand(text, datetime.fromisoformat(clock["at"]), zone)
    except InvalidError as exc:
        return words.unclear(text, str(exc))
    assert later.at
    return later, {"run_at": later.at.astimezone(zone).isoformat()}, results[1:]


def delayed(delay: timedelta) -> dict[str, Any]:
    """A length of time as the one argument that gives it as a whole number."""
    seconds = delay.total_seconds()
    unit, size = next(((unit, size) for unit, size in UNITS if seconds and seconds % size == 0), ("delay_seconds", 1))
    return {unit: int(seconds // size)}


def what(seen: Seen, asked: Understood, inputs: str) -> dict[str, Any]:
    """What is to happen, as arguments of schedule_task."""
    started = START.match(asked.text) if asked.mode == "prompt_agent" else None
    name = asked.workflow or (asked.text[started.end() :] if started else "")
    if not name:
        return words_for(seen, asked)
    if match := INPUTS.search(name):
        name, inputs = name[: match.start()], name[match.end() :]
    name, given = name.strip(f"{QUOTES}.!"), inputs_of(inputs)
    name = seen.latest if seen.latest and IT.fullmatch(name) else name
    return {"mode": "run_workflow", "workflow": name, **({"inputs": given} if given else {})}


def words_for(seen: Seen, asked: Understood) -> dict[str, Any]:
    """The words of a reminder or of a request; “again” is what was reminded of last."""
    text = asked.text if QUESTION.match(asked.text) else asked.text.rstrip("?.! ")
    text = LEADING.sub("", text, count=1) if asked.mode == "notify" else text
    if text.casefold() in AGAIN and seen.reminder:
        return {"mode": "notify", "text": seen.reminder}
    if WAKE.fullmatch(text):
        return {"mode": "notify", "text": "Wake up!"}
    # Three minutes and a word are a kitchen timer.
    return {"mode": "notify" if SHORT.fullmatch(asked.phrase) else asked.mode, "text": text}


def remind(seen: Seen, results: Sequence[Any]) -> str | Want:
    """Set a reminder; ask what for, where only the time is said."""
    asked = asked_in(request := plain(seen.words["request"]).strip(" .!?…"))
    once_more = asked.later is not None and asked.later.text.casefold() in AGAIN and not seen.reminder
    if not once_more and NOT_WHAT not in asked.refusal:
        return schedule(seen, results)
    if not results:
        return Want("ask_user", {"question": "What should I remind you of?"})
    when = f"remind me {asked.later.phrase}" if asked.later else request
    return schedule(replace(seen, words={"request": f"{when} to {about_what(results[0])}"}), results[1:])


def remind_of_what(seen: Seen, results: Sequence[Any]) -> str | Want:
    """Ask for all that is missing of a reminder, and go on with it."""
    if not results:
        question, reason = "What should I remind you of, and when?", "A reminder needs a text and a time."
        return Want("ask_user", {"question": question, "reason": reason})
    return remind_when(replace(seen, words={"what": about_what(results[0])}), results[1:])


def remind_when(seen: Seen, results: Sequence[Any]) -> str | Want:
    """Ask when, unless the words say it, and go on with it."""
    about = about_what(seen.words["what"])
    if says_when(request := f"remind me to {about}") or TIMELY.search(about):
        return schedule(replace(seen, words={"request": request}), results)
    if not results:
        return Want("ask_user", {"question": f"When should I remind you: “{words.shortened(about)}”?", "options": words.TIMES})
    return schedule(replace(seen, words={"request": f"remind me {str(results[0]).strip(' .!?…')} to {about}"}), results[1:])


def about_what(said: Any) -> str:
    """What somebody wants to be reminded of, without the words that lead to it."""
    return LEADING.sub("", str(said).strip(" .!?…"), count=1)


# Asked before everything else, for “run” and “remember” would take these sentences for theirs.
FIRST = (
    Intent("remind", sentence(r"(?P<request>.+)"), tool="schedule_task", plan=remind, fits=wants_a_reminder),
    Intent(
        "run later",
        sentence(r"(?=.*\b(?:run|execute|start)\b)(?P<request>.+)"),
        tool="schedule_task",
        plan=schedule,
        fits=starts_a_workflow,
    ),
    Intent(
        "remind when?",
        sentence(
            r"remind me(?: to| of| about| that)? (?P<what>.{1,1000}?)",
            r"set (?:a|an) (?:reminder|alarm)(?: to| for| of| about)? (?P<what2>.{1,1000}?)",
        ),
        tool="schedule_task",
        plan=remind_when,
    ),
    Intent(
        "remind of what?",
        sentence(
            r"remind me|set (?:a|an) (?:reminder|alarm)|(?:add|create|make) a (?:reminder|task)|schedule(?: (?:something|it|this|a task))?"
        ),
        tool="schedule_task",
        plan=remind_of_what,
    ),
)
# Asked once nothing more special fits.
ANY_ORDER = Intent("later", sentence(r"(?P<request>.+)"), tool="schedule_task", plan=schedule, fits=is_an_order)
