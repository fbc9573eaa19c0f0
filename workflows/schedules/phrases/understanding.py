"""A request for later in a person's words: the time, and the text that is left."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from workflows.errors import InvalidError
from workflows.schedules.parsing import parse
from workflows.schedules.phrases import foreign, rules
from workflows.schedules.phrases.reading import Reading, read
from workflows.schedules.phrases.splitting import Candidate, candidates, tidy
from workflows.schedules.phrases.words import Unclear
from workflows.schedules.quoting import shown
from workflows.schedules.schedule import Schedule

Mode = Literal["notify", "prompt_agent", "run_workflow"]

POLITE = r"(?:(?:please|hey|ok|okay|agentron|and|can you|could you|would you|will you|i want you to|i need you to|i’d like you to),? ){0,4}"
REMIND = re.compile(
    rf"{POLITE}(?:remind me|(?:set|make|add|create)(?: me)? a reminder|(?:ping|nudge|notify|alert) me"
    r"|recu[eé]rdame|avísame|erinner[e]? mich|rappelle[- ]moi|lembr[ea][- ]me|ricordami)(?:[,:]? |$)(?:please )?",
    re.IGNORECASE,
)
ORDER = re.compile(rf"{POLITE}schedule(?: (?:a|the) (?:task|job|prompt|run))?(?:[,:]? |$)", re.IGNORECASE)
AMID = re.compile(r"(?P<time>.{1,80}?),? (?:please )?remind me(?P<rest>[,:]? .*)", re.IGNORECASE | re.DOTALL)
COURTESY = re.compile(POLITE, re.IGNORECASE)
TRAILING = re.compile(r",? (?:please|thanks|thank you)[.!]{0,3}$", re.IGNORECASE)
NOT = re.compile(rf"{POLITE}(?:don['’]?t|do not|never|stop|no longer) remind", re.IGNORECASE)
FROM_ANOTHER = "Nothing is counted from another time: say at what time itself, such as “at 15:45”."
TWO_TIMES = "It names two times: say the one at which it is to happen, and put what else there is into the middle."
NOT_ONE = "To have a reminder no more, cancel it where it is listed."
FOR = re.compile(r"for (?![0-9]+[wdhms])")
OWN = re.compile(r"(?:the|my) ", re.IGNORECASE)
OF = re.compile(r"of (?=\S)", re.IGNORECASE)
LINK = re.compile(r"(?:to|that|about|[:,;–-])(?: |$)", re.IGNORECASE)
WORKFLOW = re.compile(
    r"(?:run|start|execute|launch) (?:the |my )?(?:workflow (?P<after>.{1,200})|(?P<before>.{1,200}) workflow)", re.IGNORECASE
)
# Forms of a schedule string that may stand before a text; of the five words of a cron expression one is a star.
WRITTEN = re.compile(
    r"(?P<schedule>(?:daily|weekly)@\S{0,60}|@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)(?= |$)|(?:every|cron) ?\([^()]{0,100}\)"
    r"|(?=[^*]{0,99}\*)(?:[\d*][\d*,/A-Z-]{0,60} ){2}(?:[\d*,/A-Z-]{1,60}(?: |$)){3})(?P<text>.*)",
    re.DOTALL | re.IGNORECASE,
)
# Without one of these no words tell a time.
HINT = re.compile(
    r"[\d*]|every|each|daily|hourly|weekly|monthly|yearly|week|month|morning|evening|night|noon|day|hour|minute|second|today|tomorrow|tmrw|@|\b(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\b",
    re.IGNORECASE,
)
LONGEST_TEXT = 10_000
FIRST_WORDS = 4
# Where one order ends and another may begin.
JOINTS = re.compile(r",? and |[,;] ")
MOST_PARTS = 3
# A word that is a time wherever it stands, and those that lead from a time to what is to happen then.
STRONG = re.compile(r"today|tonight|tomorrow|noon|midnight|\d.*", re.IGNORECASE)
LEADING = ("to", "that", "of", "about")
AT_END = re.compile(r"(?:\bat|@) ?(?:\d{1,2}(?:[:.]\d{2})?(?: ?[ap]\.?m\.?)?|noon|midnight)$", re.IGNORECASE)
CLOCKED = re.compile(r"\d|noon|midday|midnight|morning|afternoon|evening|night")
EXAMPLES = "Try “in 30 minutes check the oven”, “tomorrow 9am call Anna” or “every weekday at 9 write the report”."


@dataclass(frozen=True, slots=True)
class Understood:
    """A request for later: either `at` (UTC) or `schedule` is set.

    `text` is what is to be said or done then, `phrase` the words that gave the time, and `workflow` the name of the one to run.
    """

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
    """What a sentence asks for later, and when; InvalidError where the time, or what to do then, is not clear.

    The time stands at the beginning or the end. A day without a time of day is meant at 9:00, where the sentence begins
    with “remind me” or “schedule” or recurs.
    """
    said = TRAILING.sub("", text[: LONGEST_TEXT + 1].strip())
    if not said or len(said) > LONGEST_TEXT or not HINT.search(said):
        raise refused(f"“{shown(said)}” does not say when. {EXAMPLES}")
    if NOT.match(said):
        raise refused(f"“{shown(said)}” asks for none. {NOT_ONE}")
    body, reminding = without_intro(joined(said, now.astimezone(zone)))
    local, ordered = now.astimezone(zone), ORDER.match(said) is not None
    try:
        taken = written(body) or spoken(body, local, ordered=ordered, reminding=reminding) or other(body, local, reminding=reminding)
    except Unclear as unclear:
        raise refused(f"“{shown(said)}” is not clear: {unclear}") from None
    if taken is None:
        raise refused(f"“{shown(said)}” does not say when, or not clearly. {EXAMPLES}")
    reading, found = taken
    rest, again = without_intro(found.rest)
    return request(rest, found.spoken, reading, ordered=ordered, reminding=reminding or again)


def refused(sentence: str) -> InvalidError:
    return InvalidError(sentence, fields={"text": sentence})


def without_intro(text: str) -> tuple[str, bool]:
    """The text without “please remind me to”, and whether it asked to be reminded."""
    if match := REMIND.match(text):
        return linked(text[match.end() :]), True
    match = ORDER.match(text) or COURTESY.match(text)
    return linked(text[match.end() :] if match else text), False


def joined(text: str, now: datetime) -> str:
    """The text with “remind me” at its beginning, where the time was said before it: there may be more of it after."""
    match = AMID.fullmatch(text)
    if not match or not tells_time(match["time"], now):
        return text
    return f"remind me {match['time']} {match['rest'].lstrip()}"


def tells_time(words: str, now: datetime) -> bool:
    """Whether words tell a time, or leave open which."""
    try:
        return read(tidy(words), now) is not None
    except (Unclear, InvalidError):
        return True


def linked(text: str) -> str:
    """The text without the word or sign that joined it to what stood before."""
    text = text.strip()
    match = LINK.match(text)
    return text[match.end() :].strip() if match else text


def written(body: str) -> tuple[Reading, Candidate] | None:
    """A schedule string before the text."""
    match = WRITTEN.fullmatch(body)
    if not match:
        return None
    spoken = match["schedule"].strip()
    return Reading(schedule=parse(spoken)), Candidate(spoken, match["text"].strip(), spoken, True, False)


def spoken(body: str, now: datetime, *, ordered: bool, reminding: bool) -> tuple[Reading, Candidate] | None:
    """The longest words at either end that tell a time, in our own grammar; Unclear where they leave open which."""
    for one in candidates(body):
        # What is scheduled “for Mondays” is not a text that ends with “for”.
        phrase = FOR.sub("", one.phrase) if ordered and not one.before else one.phrase
        if not one.plausible(reminding=reminding) or not (reading := read(phrase, now)):
            continue
        if reading.half and not one.alone():
            continue
        check(one, reading, now)
        if reading.timeless and not (ordered or reminding) and not reading.schedule:
            raise Unclear(f"say at what time, such as “{one.spoken.strip(' ,.')} at 9:00”.")
        return reading, one
    return None


def check(one: Candidate, reading: Reading, now: datetime) -> None:
    """Raise Unclear where the rest of a sentence says more about its time."""
    if one.counts_from():
        raise Unclear(FROM_ANOTHER)
    if reading.schedule and one.ends():
        raise Unclear(rules.ENDS)
    if one.after and AT_END.search(one.rest) and (reading.timeless or (reading.schedule and not CLOCKED.search(one.phrase))):
        raise Unclear(TWO_TIMES)
    if (not one.before and begins(one.rest, now)) or joined_with_another(one, now):
        raise Unclear(TWO_TIMES)


def begins(rest: str, now: datetime) -> bool:
    """Whether a text begins with a time. One word alone may as well be a name: “daily report”, “Sunday roast”."""
    words = rest.split()[: FIRST_WORDS + 1]
    if words and (STRONG.fullmatch(words[0]) or " ".join(words[1:2]) in LEADING) and tells_time(words[0], now):
        return True
    return any(tells_time(" ".join(words[:size]), now) for size in range(2, min(len(words), FIRST_WORDS) + 1))


def joined_with_another(one: Candidate, now: datetime) -> bool:
    """Whether a second thing to do stands in the text, with a time of its own."""
    parts = [part.split() for part in JOINTS.split(one.rest)]
    sizes = range(1, FIRST_WORDS + 1)
    ahead = [part[:size] for part in parts[1 : MOST_PARTS + 1] for size in sizes] if one.before else []
    behind = [part[-size:] for part in parts[-MOST_PARTS - 1 : -1] for size in sizes] if one.after else []
    return any(is_time(words, now) for words in ahead + behind)


def is_time(words: list[str], now: datetime) -> bool:
    """Whether words tell a time of day, which nobody says beside another but for a second thing to do."""
    if len(words) == 1 and not STRONG.fullmatch(words[0]):
        return False
    try:
        found = read(tidy(" ".join(words)), now)
    except (Unclear, InvalidError):
        return False
    return found is not None and not found.timeless


def other(body: str, now: datetime, *, reminding: bool) -> tuple[Reading, Candidate] | None:
    """The same by others' grammars: one for rules with exceptions, one for other languages."""
    for one in candidates(body, both=False):
        if one.plausible(reminding=reminding) and (reading := rules.read(one.phrase, now)):
            check(one, reading, now)
            return reading, one
    for one in candidates(body, longest=foreign.LONGEST, both=False):
        plausible = one.plausible(reminding=reminding) and not (one.before and foreign.goes_on(one.rest))
        if plausible and (reading := foreign.read(one.phrase, now)):
            return reading, one
    return None


def request(rest: str, phrase: str, reading: Reading, *, ordered: bool, reminding: bool) -> Understood:
    """The request for a time and what to do then."""
    text = rest.strip().rstrip(",;:–-").strip()
    text = OF.sub("", text, count=1) if reminding and OF.match(text) else text
    if not re.search(r"\w", text):
        raise refused(f"“{shown(phrase)}” says when, but not what: add what is to happen then, such as “{shown(phrase)} call Anna”.")
    found = Understood(text, phrase, "notify" if reminding else "prompt_agent", at=reading.at, schedule=reading.schedule)
    # “Schedule the report workflow” asks for a run of it.
    match = WORKFLOW.fullmatch(f"run {text}".rstrip(".!") if ordered and OWN.match(text) else text.rstrip(".!"))
    if reminding or not match:
        return found
    return replace(found, mode="run_workflow", workflow=(match["after"] or match["before"]).strip().strip("“”\"'"))
