"""Rules with exceptions, such as “every weekday except Friday at 9”, by timesense; what a schedule cannot hold is refused."""

import re
from collections.abc import Iterable
from datetime import datetime, time
from functools import cache
from typing import TYPE_CHECKING, Any

from workflows.schedules.oneshot import to_come
from workflows.schedules.parsing import parse
from workflows.schedules.phrases import clocks
from workflows.schedules.phrases.reading import Reading, wall
from workflows.schedules.phrases.recurring import STEPS, on_clock
from workflows.schedules.phrases.words import MONTH, WEEKDAY, WEEKDAYS, Unclear
from workflows.schedules.schedule import Schedule

if TYPE_CHECKING:
    from timesense import TimeSenseParser

DAYS = {"SU": 0, "MO": 1, "TU": 2, "WE": 3, "TH": 4, "FR": 5, "SA": 6}
# Only what these words are about; all else our own grammar knows better.
RULE = re.compile(
    r"\b(?:between|from|except|but|other|first|second|third|fourth|last|until|till|after|biweekly|fortnightly|quarter|(?:every|each) .* on)\b"
)
# All that a rule, or a day of a month, may be made of: timesense drops the words that it does not know, and what they change.
CLOCK_WORD = r"\d{1,2}(?::\d{2})?(?:[ap]\.?m\.?)?|[ap]\.?m\.?|noon|midnight|at"
DAY_WORD = rf"(?:{WEEKDAY})s?|,|and|or|the|on"
AGAIN = re.compile(
    rf"(?:every|each|other|daily|hourly|days?|week(?:day|end)s?|workdays?|hours?|minutes?|min|between|from|to|except|\d+|{DAY_WORD}|{CLOCK_WORD}),?"
)
ONCE = re.compile(rf"(?:of|this|next|month|last|first|second|third|fourth|{MONTH}|{DAY_WORD}|{CLOCK_WORD})")
BUT = re.compile(r" (?:but|other than|excluding)(?: not)? ")
EXCEPT = re.compile(r"\bexcept\b")
WINDOW = re.compile(r"\b(?:between|from)\b")
BETWEEN = re.compile(
    r"\b(?:between|from) (\d{1,2}(?::\d{2})?(?: ?[ap]m)?|noon) (?:and|to) (\d{1,2}(?::\d{2})?(?: ?[ap]m)?|noon|midnight)\b"
)
CLOCK = re.compile(r"(?P<at>\bat )?\b(?P<clock>\d{1,2}(?::\d{2})?(?: ?[ap]\.?m\b)?|noon|midnight)(?![\w:])")
USUAL = time(9)
ONLY_BY_HOUR = ("HOURLY", "MINUTELY")
NTH = "A schedule knows days of the month, not the first or the last weekday of one: say “on the 1st of each month at 9:00”, or name a weekday."
WHOLE_HOURS = "Say from which full hour to which, as in “every 30 minutes between 9:00 and 17:00 on weekdays”."
ENDS = "A schedule goes on until it is cancelled: leave out how often, until when and single days."


@cache
def parser() -> "TimeSenseParser":
    from timesense import TimeConfig, TimeSenseParser

    return TimeSenseParser(TimeConfig(default_language="en", use_morph=False, max_text_length=200))


def read(phrase: str, now: datetime) -> Reading | None:
    """What a phrase means, if it is about time from its first word to its last. Raises Unclear for a rule that no schedule can hold."""
    if not RULE.search(phrase) or len(phrase) > 200:
        return None
    plain = BUT.sub(" except ", phrase)
    result = parser().analyze(plain, now=now.replace(tzinfo=None)).result
    if result is None or result.title or result.location or result.is_past or result.exclusions:
        return None
    if result.recurrence:
        found = schedule(result.recurrence, plain)
        return Reading(schedule=found) if found and known(plain, AGAIN) else None
    at = clock_of(plain) if known(plain, ONCE) else []
    if result.event_type.value != "reminder" or len(at) != 1 or result.when.time() != at[0] or WINDOW.search(plain):
        return None
    return Reading(at=to_come(wall(result.when, now), now))


def known(phrase: str, words: re.Pattern[str]) -> bool:
    """Whether a phrase is made of these words alone."""
    return all(words.fullmatch(word) for word in phrase.replace("after next", "next").split())


def clock_of(phrase: str) -> list[time]:
    """The times of day that a phrase names, to check what was read against."""
    found = (clocks.clock(match["clock"], marked=bool(match["at"])) for match in CLOCK.finditer(phrase))
    return [clock.plain() for clock in found if clock]


def schedule(rule: Any, phrase: str) -> Schedule | None:
    """The schedule of a recurrence rule; None where it leaves out some of the phrase. Unclear where no schedule says the same."""
    if rule.until or rule.count or rule.exdates or re.search(r"\b(?:until|till|times|starting)\b", phrase):
        raise Unclear(ENDS)
    if rule.by_set_pos or any(day not in DAYS for day in rule.by_day) or (rule.frequency == "MONTHLY" and not rule.by_month_day):
        raise Unclear(NTH)
    weekdays = sorted(DAYS[day] for day in rule.by_day)
    named, left_out = (named_days(part) for part in [*EXCEPT.split(phrase, maxsplit=1), ""][:2])
    if rule.frequency in ONLY_BY_HOUR:
        # What is left out of hours and minutes it takes for what is meant.
        if EXCEPT.search(phrase) or named != set(weekdays):
            return None
        return parse(f"{through_the_day(rule, phrase)} * * {joined(weekdays)}")
    if rule.interval > 1:
        raise Unclear(STEPS)
    # Of other rules it may have dropped what makes them special.
    times = clock_of(phrase) or [USUAL]
    if (
        WINDOW.search(phrase)
        or len(times) > 1
        or not EXCEPT.search(phrase)
        or rule.by_month_day
        or left_out & set(weekdays)
        or not weekdays
    ):
        return None
    return on_clock(f"* * {','.join(map(str, weekdays))}", times)


def named_days(phrase: str) -> set[int]:
    """The weekdays that words name."""
    groups = {"weekday": {1, 2, 3, 4, 5}, "workday": {1, 2, 3, 4, 5}, "weekend": {0, 6}}
    names = re.findall(r"[a-z]+", phrase)
    singular = [name if name in WEEKDAYS else name.removesuffix("s") for name in names]
    return {day for name in singular for day in groups.get(name, {WEEKDAYS[name]} if name in WEEKDAYS else set())}


def joined(numbers: Iterable[int]) -> str:
    """A field of a cron expression: a range where the numbers follow one another, a star where there are none."""
    known = sorted(numbers)
    if len(known) > 2 and known[-1] - known[0] == len(known) - 1:
        return f"{known[0]}-{known[-1]}"
    return ",".join(map(str, known)) or "*"


def through_the_day(rule: Any, phrase: str) -> str:
    """The fields for the minute and the hour of what recurs within a day."""
    hours = window(phrase)
    if list(rule.by_hour or range(24)) != list(hours):
        raise Unclear(WHOLE_HOURS)
    if rule.frequency == "HOURLY" and rule.by_hour:
        # Counted from the first hour, so that “every 2 hours from 9” is 9, 11, 13…
        return f"0 {joined(hours[:: rule.interval])}"
    if rule.frequency == "HOURLY":
        if 24 % rule.interval:
            raise Unclear("Within days, a schedule counts in hours that make up a day: 1, 2, 3, 4, 6, 8 or 12.")
        return f"0 {star(rule.interval)}"
    if 60 % rule.interval:
        raise Unclear("Within hours, a schedule counts in minutes that make up an hour: 1, 2, 3, 4, 5, 6, 10, 12, 15, 20 or 30.")
    return f"{star(rule.interval)} {joined(hours) if rule.by_hour else '*'}"


def star(step: int) -> str:
    return f"*/{step}" if step > 1 else "*"


def window(phrase: str) -> range:
    """The hours between two times of day that a phrase names; all where it names none."""
    if not WINDOW.search(phrase):
        return range(24)
    match = BETWEEN.search(phrase)
    ends = [clocks.clock(end, marked=True) for end in match.groups()] if match else [None]
    times = [end.plain() for end in ends if end]
    if len(times) < 2 or times[0].minute or times[1].minute:
        raise Unclear(WHOLE_HOURS)
    return range(times[0].hour, times[1].hour)
