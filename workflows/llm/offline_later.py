"""The offline model's sentences about later: “remind me in 2 hours to …”, “run the report every Monday at 9”.

What a phrase means is for `schedules.understand` to say. A phrase that counts from now, or recurs, needs no date; for any
other the clock is asked first, as every model would.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from workflows import schedules
from workflows.errors import InvalidError
from workflows.llm import offline_later_words as words
from workflows.llm.offline_arguments import IT, QUOTES, Seen, inputs_of
from workflows.llm.offline_sentences import Intent, Want, sentence
from workflows.schedules import Understood

LONGEST = 2_000
# Instants so long ago that nothing is past, just after midnight; a phrase that is as far from both counts from now.
PROBES = (datetime(2000, 1, 3, 0, 0, 7, tzinfo=UTC), datetime(2000, 2, 17, 0, 11, 29, tzinfo=UTC))
UNITS = (("delay_days", 86_400), ("delay_hours", 3_600), ("delay_minutes", 60))
INPUTS = re.compile(r" with (?=\w{1,50}=)", re.IGNORECASE)
START = re.compile(r"(?:run|execute|start)(?: the| my)?(?: workflow)? ", re.IGNORECASE)
# A question about a time asks for no work at it.
QUESTION = re.compile(r"(?:what|who|whom|whose|why|how|when|where|which|is|are|was|were|do|does|did|has|have)\b", re.IGNORECASE)


@lru_cache(maxsize=200)
def probed(text: str) -> tuple[Understood, timedelta | None] | None:
    """What `text` asks for, and how long after now where it counts from now; None where it is no such request."""
    if len(text) > LONGEST:
        return None
    found = []
    for probe in PROBES:
        try:
            found.append(schedules.understand(text, probe, ZoneInfo("UTC")))
        except InvalidError:
            break
    if not found:
        return None
    delays = {one.at - probe for one, probe in zip(found, PROBES, strict=False) if one.at}
    return found[0], (delays.pop() if len(found) == len(PROBES) and len(delays) == 1 else None)


def understood(text: str) -> bool:
    """Whether a whole sentence asks for something later."""
    return probed(text) is not None


def starts_a_workflow(text: str) -> bool:
    """Whether it asks for a workflow later."""
    found = probed(request_of(text)[0])
    return found is not None and found[0].mode == "run_workflow"


def is_an_order(text: str) -> bool:
    """Whether it asks for anything later, with the time at its beginning or its end."""
    if QUESTION.match(text) or not (found := probed(text)):
        return False
    tidy, phrase = text.strip(" .!?…").casefold(), found[0].phrase.strip(" .!?…").casefold()
    return tidy.startswith(phrase) or tidy.endswith(phrase)


def request_of(text: str) -> tuple[str, str]:
    """A sentence as `understand` reads it, and the workflow's inputs where they stand at its end."""
    head, found, inputs = text.partition(match[0]) if (match := INPUTS.search(text)) else (text, "", "")
    plain = START.sub("run ", head, count=1)
    return (plain, inputs) if found and understood(plain) else (START.sub("run ", text, count=1), "")


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
    if not (known := probed(text)):
        return words.unclear(text)
    asked, delay = known
    if asked.schedule:
        return asked, {"schedule": asked.schedule.text}, results
    if delay is not None:
        return asked, delayed(delay), results
    if not results:
        return Want("current_time", {})
    if not (clock := words.TIME.fullmatch(str(results[0]))):
        return str(results[0])
    zone = ZoneInfo(clock["zone"])
    try:
        asked = schedules.understand(text, datetime.fromisoformat(clock["at"]), zone)
    except InvalidError as exc:
        return str(exc)
    return asked, {"run_at": (asked.at or PROBES[0]).astimezone(zone).isoformat()}, results[1:]


def delayed(delay: timedelta) -> dict[str, Any]:
    """A length of time as the one argument that gives it as a whole number."""
    seconds = delay.total_seconds()
    unit, size = next(((unit, size) for unit, size in UNITS if seconds and seconds % size == 0), ("delay_seconds", 1))
    return {unit: int(seconds // size)}


def what(seen: Seen, asked: Understood, inputs: str) -> dict[str, Any]:
    """What is to happen, as arguments of schedule_task."""
    if asked.mode != "run_workflow":
        return {"mode": asked.mode, "text": asked.text}
    name, _, more = asked.workflow.partition(match[0]) if (match := INPUTS.search(asked.workflow)) else (asked.workflow, "", "")
    name = name.strip(QUOTES)
    given = inputs_of(inputs or more)
    name = seen.latest if seen.latest and IT.fullmatch(name) else name
    return {"mode": "run_workflow", "workflow": name, **({"inputs": given} if given else {})}


def remind_of_what(seen: Seen, results: Sequence[Any]) -> str | Want:
    """Ask for what is missing of a reminder, and go on with it."""
    if not results:
        question, reason = "What should I remind you of, and when?", "A reminder needs a text and a time."
        return Want("ask_user", {"question": question, "reason": reason})
    return remind_when(
        Seen({"what": re.sub(r"(?:remind me )?(?:to )?", "", str(results[0]).strip(), count=1, flags=re.I)}, seen.offered), results[1:]
    )


def remind_when(seen: Seen, results: Sequence[Any]) -> str | Want:
    """Ask when, unless the words say it, and go on with it."""
    about = seen.words["what"].strip(" .!?…")
    if understood(request := f"remind me to {about}"):
        return schedule(Seen({"request": request}, seen.offered), results)
    if not results:
        return Want("ask_user", {"question": f"When should I remind you: “{words.shortened(about)}”?", "options": words.TIMES})
    answer = str(results[0]).strip(" .!?…")
    return schedule(Seen({"request": f"remind me {answer} to {about}"}, seen.offered), results[1:])


REMIND = sentence(
    r"(?=.{0,200}?\b(?:remind|reminder|alarm|wake me|notify me|ping me|alert me|schedule)\b)(?P<request>.+)",
)
# Asked before everything else, for “run” and “remember” would take these sentences for theirs.
FIRST = (
    Intent("remind", REMIND, tool="schedule_task", plan=schedule, fits=understood),
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
