"""Times of day in words: “9am”, “17:30”, “half past nine”, “noon”, “in the evening at 8”."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import time

from workflows.schedules.phrases.words import WEEKDAY, Unclear, number

PARTS = {"morning": 9, "afternoon": 15, "evening": 18, "night": 21}
# The hours of each; what is said to be in a part and lies outside of it is a slip, or means another day.
HOURS = {"morning": range(12), "afternoon": range(12, 19), "evening": range(16, 24), "night": range(18, 24)}
PART = "morning|afternoon|evening|night"
DIGITS = r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?(?: ?(?P<half>[ap])\.?m\.?)?(?: o'?clock)?(?: sharp)?"
DIGIT_CLOCK = re.compile(DIGITS)
SPOKEN_CLOCK = re.compile(
    r"(?P<offset>half|quarter|five|ten|twenty) (?P<way>past|to) (?P<hour>[a-z]{1,9}|\d{1,2})(?: ?(?P<half>[ap])\.?m\.?)?"
)
SAID_PART = re.compile(rf"\b(?:tonight|(?:(?P<lead>every|each|this) |in the |at )?(?P<part>{PART})(?P<many>s)?)\b")
AT = re.compile(r"(?:at |@ ?)")
# In words: no time of day is longer, nor are two.
LONGEST = 9
OFFSETS = {"half": 30, "quarter": 15, "five": 5, "ten": 10, "twenty": 20}


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day; `sure` unless it may be meant for the morning as well as for the afternoon. `part`: what it is said to be in and is not."""

    hour: int
    minute: int
    sure: bool
    part: str = ""

    def plain(self) -> time:
        """The time as 24 hours have it, where nobody would mean the other one."""
        if self.part:
            raise Unclear(f"{self} and “{self.part}” do not go together: leave out one of them, and say the time as 24 hours have it.")
        if not self.sure and self.hour < 7:
            raise Unclear(
                f"{self} may be in the morning or in the afternoon: say {self.in_the_morning} or {self.hour + 12}:{self.minute:02}."
            )
        return time(self.hour, self.minute)

    @property
    def in_the_morning(self) -> str:
        """It as people write it who mean the morning: “9am”, “2:30am”."""
        return f"{self.hour}{f':{self.minute:02}' if self.minute else ''}am"

    def __str__(self) -> str:
        return f"{self.hour}:{self.minute:02}"


def clock(words: str, *, marked: bool = False) -> Clock | None:
    """The time of day that some words tell. `marked`: an “at” stands before them, which a bare number needs."""
    if words in ("noon", "midday"):
        return Clock(12, 0, sure=True)
    if words == "midnight":
        return Clock(0, 0, sure=True)
    if match := SPOKEN_CLOCK.fullmatch(words):
        return spoken(match)
    if not (match := DIGIT_CLOCK.fullmatch(words)):
        return None
    if not (marked or match["minute"] or match["half"] or "clock" in words):
        return None
    return of_numbers(match["hour"], int(match["minute"] or 0), match["half"])


def of_numbers(digits: str, minute: int, half: str | None) -> Clock | None:
    """A time from its numbers; None for one that no clock shows."""
    hour = int(digits)
    if minute > 59 or hour > (12 if half else 23) or (half and not hour):
        return None
    if half:
        return Clock(hour % 12 + 12 * (half == "p"), minute, sure=True)
    return Clock(hour, minute, sure=hour == 0 or hour > 12 or digits.startswith("0"))


def spoken(match: re.Match[str]) -> Clock | None:
    """“half past nine”, “quarter to 8pm”."""
    hour = number(match["hour"])
    if not hour or hour != int(hour) or hour > 12:
        return None
    found = of_numbers(str(int(hour)), 0, match["half"])
    offset = OFFSETS[match["offset"]]
    if found is None or (match["way"] == "to" and match["offset"] == "half"):
        return None
    minutes = found.hour * 60 + (offset if match["way"] == "past" else -offset)
    return Clock(minutes // 60 % 24, minutes % 60, found.sure)


def in_part(found: Clock, part: str, day: str) -> Clock:
    """A time that is said to be in a part of a day, such as 8 in the evening."""
    sure = found.sure and not (found.hour == 12 and part == "night")
    if not sure and part == "night" and (found.hour < 6 or found.hour == 12):
        raise Unclear(f"{found} at night may belong to either day: say it as 24 hours have it, such as 0:30 or 23:30.")
    later = not sure and part != "morning" and found.hour < 12
    meant = found if sure else Clock(found.hour + 12 * later, found.minute, sure=True)
    # After midnight the night of one day is the morning of another; of every day it is all the same.
    fits = meant.hour in HOURS[part] or (part == "night" and meant.hour < 6 and day == "every day")
    return meant if fits else replace(found, part=part)


def splits(phrase: str) -> Iterator[tuple[str, tuple[Clock, ...]]]:
    """The ways to take a phrase apart into a day and times of day, the most telling first; no times where it tells none."""
    phrase, part = parted(phrase)
    words = phrase.split()
    for size in range(min(len(words), LONGEST), 0, -1):
        for day, times in ((words[:-size], words[-size:]), (words[size:], words[:size])):
            if clocks := listed(" ".join(times), marked=bool(part)):
                yield " ".join(day), tuple(in_part(one, part, " ".join(day)) for one in clocks) if part else clocks
    yield phrase, (Clock(PARTS[part], 0, sure=True),) if part else ()


def parted(phrase: str) -> tuple[str, str]:
    """A phrase without its part of the day, and that; a part with no day is one of today."""
    match = SAID_PART.search(phrase)
    if not match:
        return phrase, ""
    lead, part = match["lead"] or "", match["part"] or "night"
    day = {"every": "every day", "each": "every day", "this": "today", "": "today" if match[0] == "tonight" else ""}.get(lead, "")
    left = f"{phrase[: match.start()]} {day} {phrase[match.end() :]}"
    if match["many"] and lead in ("", "in the ", "at "):
        left = again(left)
    return " ".join(left.split()), part


def again(day: str) -> str:
    """A day whose mornings or evenings are meant, as one that recurs."""
    return re.sub(rf"\b({WEEKDAY})\b", r"\1s", day) if re.search(rf"\b({WEEKDAY})s?\b", day) else f"every day {day}"


def listed(words: str, *, marked: bool) -> tuple[Clock, ...]:
    """One time of day, or several: “at 9”, “9am”, “at 9:30 and 17:30”."""
    match = AT.match(words)
    bare, marked = words[match.end() :] if match else words, marked or bool(match)
    bare = re.sub(r"(\d) (?=[ap]\.?m\b)", r"\1", bare)
    if whole := clock(bare, marked=marked):
        return (whole,)
    items = re.split(r",? and (?:at )?|, ", bare)
    found = [clock(item, marked=marked) for item in items] if len(items) > 1 else []
    clocks = tuple(one for one in found if one)
    return clocks if len(clocks) == len(items) else ()
