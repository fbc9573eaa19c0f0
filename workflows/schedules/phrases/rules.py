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
from workflows.schedules.phrases.words import Unclear
from workflows.schedules.schedule import Schedule

if TYPE_CHECKING:
    from timesense import TimeSenseParser

DAYS = {"SU": 0, "MO": 1, "TU": 2, "WE": 3, "TH": 4, "FR": 5, "SA": 6}
# Only what these words are about; all else our own grammar knows better.
RULE = re.compile(
    r"\b(?:between|from|except|but|first|second|third|fourth|last|other|until|till|after|biweekly|fortnightly|quarter|(?:every|each) .* on)\b"
)
CLOCK = re.compile(r"(?P<at>\bat )?\b(?P<clock>\d{1,2}(?::\d{2})?(?: ?[ap]\.?m\b)?|noon|midnight)(?![\w:])")
USUAL = time(9)
ONLY_BY_HOUR = ("HOURLY", "MINUTELY")
NTH = "A schedule knows days of the month, not the first or the last weekday of one: say “on the 1st of each month at 9:00”, or name a weekday."
ENDS = "A schedule goes on until it is cancelled: leave out how often, until when and single days."


@cache
def parser() -> "TimeSenseParser":
    from timesense import TimeConfig, TimeSenseParser

    return TimeSenseParser(TimeConfig(default_language="en", use_morph=False, max_text_length=200))


def read(phrase: str, now: datetime) -> Reading | None:
    """What a phrase means, if it is about time from its first word to its last. Raises Unclear for a rule that no schedule can hold."""
    if not RULE.search(phrase) or len(phrase) > 200:
        return None
    result = parser().analyze(phrase, now=now.replace(tzinfo=None)).result
    if result is None or result.title or result.location or result.is_past:
        return None
    if result.recurrence:
        return Reading(schedule=schedule(result.recurrence, phrase))
    at = clock_of(phrase)
    if result.event_type.value != "reminder" or at is None or result.when.time() != at:
        return None
    return Reading(at=to_come(wall(result.when, now), now))


def clock_of(phrase: str) -> time | None:
    """The one time of day that a phrase names, to check what was read against."""
    found = [clock for match in CLOCK.finditer(phrase) if (clock := clocks.clock(match["clock"], marked=bool(match["at"])))]
    return found[0].plain() if len(found) == 1 else None


def schedule(rule: Any, phrase: str) -> Schedule:
    """The schedule of a recurrence rule; Unclear where no schedule says the same."""
    if rule.until or rule.count or rule.exdates or re.search(r"\b(?:until|till|times|starting)\b", phrase):
        raise Unclear(ENDS)
    if rule.by_set_pos or any(day not in DAYS for day in rule.by_day):
        raise Unclear(NTH)
    weekdays = sorted(DAYS[day] for day in rule.by_day)
    if rule.frequency in ONLY_BY_HOUR:
        return parse(f"{through_the_day(rule)} * * {joined(weekdays)}")
    if rule.interval > 1:
        raise Unclear(STEPS)
    return on_clock(f"{dates(rule)} {','.join(map(str, weekdays)) or '*'}", [clock_of(phrase) or USUAL])


def joined(numbers: Iterable[int]) -> str:
    """A field of a cron expression: a range where the numbers follow one another, a star where there are none."""
    known = sorted(numbers)
    if len(known) > 2 and known[-1] - known[0] == len(known) - 1:
        return f"{known[0]}-{known[-1]}"
    return ",".join(map(str, known)) or "*"


def dates(rule: Any) -> str:
    """The fields for the day of the month and the month."""
    days, months = rule.by_month_day, rule.by_month
    if any(day < 1 for day in days):
        raise Unclear(NTH)
    # A rule that leaves out the day means that of its first date, which nobody said.
    if (rule.frequency in ("MONTHLY", "YEARLY") and not days) or (rule.frequency == "WEEKLY" and not rule.by_day):
        raise Unclear(NTH)
    if rule.frequency == "YEARLY" and not months:
        raise Unclear("Say the day and the month, such as “every year on March 5 at 9:00”.")
    return f"{joined(days)} {joined(months)}"


def through_the_day(rule: Any) -> str:
    """The fields for the minute and the hour of what recurs within a day."""
    if rule.frequency == "HOURLY":
        # Counted from the first hour, so that “every 2 hours from 9” is 9, 11, 13…
        return f"0 {joined((rule.by_hour or range(24))[:: rule.interval])}"
    if 60 % rule.interval:
        raise Unclear("Within hours, a schedule counts in minutes that make up an hour: 1, 2, 3, 4, 5, 6, 10, 12, 15, 20 or 30.")
    return f"*/{rule.interval} {joined(rule.by_hour)}"
