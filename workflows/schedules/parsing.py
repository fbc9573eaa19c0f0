"""Reading schedule strings: the one grammar of the admin, the API, the command line and the tools."""

import re
from datetime import time, timedelta
from functools import lru_cache

from workflows.errors import InvalidError
from workflows.schedules import fields
from workflows.schedules.fields import WEEKDAYS, FieldError, Fields
from workflows.schedules.quoting import shown
from workflows.schedules.schedule import Kind, Schedule

LONGEST_TEXT = 200
# Beyond this nobody means it, and dates run out.
LONGEST_EVERY = timedelta(days=36_500)
UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
SECONDS = re.compile(r"[+-]?[0-9]+")
EVERY = re.compile(r"every (?P<number>[+-]?[0-9]+) (?P<unit>[a-z]+?)s?")
CLOCK = re.compile(r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})")
FORMS = "Try “every 15 minutes”, “daily@09:00”, “weekly@1,3,5@09:30” or “0 9 * * 1-5”."


class Wrong(ValueError):  # noqa: N818 - never leaves this module: parse() makes an InvalidError of it
    """What is wrong, and the example that shows it right."""

    def __init__(self, what: str, example: str) -> None:
        super().__init__(what)
        self.example = example


@lru_cache(maxsize=2048)
def parse(text: str) -> Schedule:
    """The schedule that a string of any form stands for; InvalidError, naming the field `schedule`, says what is wrong with any other."""
    tidy = " ".join(text[: LONGEST_TEXT + 1].split())
    if not tidy:
        raise refused("A schedule is needed: it is empty. " + FORMS)
    if len(text) > LONGEST_TEXT:
        raise refused(f"A schedule has at most {LONGEST_TEXT} characters, and this has {len(text)}. {FORMS}")
    try:
        return read(tidy)
    except Wrong as wrong:
        raise refused(f"“{shown(tidy)}” is not a schedule: {wrong}. Try “{wrong.example}”.") from None


def refused(sentence: str) -> InvalidError:
    return InvalidError(sentence, fields={"schedule": sentence})


def read(tidy: str) -> Schedule:
    """The schedule of a text with single spaces, by the form its beginning shows."""
    low = tidy.lower()
    if SECONDS.fullmatch(low):
        return interval(low, number_of(low), low.lstrip("+"))
    if low.startswith("every"):
        return every(low)
    if low.startswith("daily@"):
        return daily(low)
    if low.startswith("weekly@"):
        return weekly(low)
    return cron(tidy)


def number_of(digits: str) -> int:
    """A number, where one with so many digits that it counts as endless is just too large."""
    return int(digits) if len(digits) <= 15 else int(digits[:1] + "9" * 15)


def every(low: str) -> Schedule:
    """An interval such as “every 15 minutes” or “every(2 hours)”."""
    inside = re.fullmatch(r"every ?\((.*)\)", low)
    match = EVERY.fullmatch(f"every {inside[1].strip()}" if inside else low)
    if not match:
        raise Wrong("after “every” come a number and a unit, and nothing else", "every 15 minutes")
    if match["unit"] not in UNITS:
        raise Wrong(f"“{shown(match['unit'])}” is not a unit: they are seconds, minutes, hours, days and weeks", "every 15 minutes")
    number = number_of(match["number"])
    return interval(low, number * UNITS[match["unit"]], f"every {number} {match['unit']}{'s' * (number != 1)}")


def interval(low: str, seconds: int, text: str) -> Schedule:
    """A schedule of elapsed time."""
    if seconds < 1:
        raise Wrong("the time between two must be 1 second or more", "every 15 minutes")
    if seconds > LONGEST_EVERY.total_seconds():
        raise Wrong(f"the time between two can be {LONGEST_EVERY.days} days at most", "every 4 weeks")
    return Schedule(Kind.INTERVAL, text, every=timedelta(seconds=seconds))


def daily(low: str) -> Schedule:
    at = clock(low.removeprefix("daily@").strip(), "daily@09:00")
    return Schedule(Kind.DAILY, f"daily@{at:%H:%M}", at=at, fields=on_clock(at, "*"))


def weekly(low: str) -> Schedule:
    days, _, at_text = low.removeprefix("weekly@").partition("@")
    weekdays = tuple(sorted({weekday(word.strip()) for word in days.split(",")}))
    at = clock(at_text.strip(), "weekly@1,3,5@09:30") if "@" in low.removeprefix("weekly@") else time(0)
    listed = ",".join(map(str, weekdays))
    text = f"weekly@{listed}" + (f"@{at:%H:%M}" if at != time(0) else "")
    return Schedule(Kind.WEEKLY, text, at=at, weekdays=weekdays, fields=on_clock(at, listed))


def on_clock(at: time, weekdays: str) -> Fields:
    return fields.read(f"{at.minute} {at.hour} * * {weekdays}")


def clock(text: str, example: str) -> time:
    """A time of day with hours and minutes."""
    match = CLOCK.fullmatch(text)
    if not match:
        raise Wrong("after the “@” comes a time with hours and minutes", example)
    if int(match["hour"]) > 23:
        raise Wrong("hours go from 0 to 23", example)
    if int(match["minute"]) > 59:
        raise Wrong("minutes go from 0 to 59", example)
    return time(int(match["hour"]), int(match["minute"]))


def weekday(word: str) -> int:
    """The number of a weekday, from 0 for Sunday, by number or name."""
    if re.fullmatch("[0-6]", word):
        return int(word)
    if word.upper() in WEEKDAYS:
        return WEEKDAYS.index(word.upper())
    raise Wrong("weekdays go from 0 (Sunday) to 6 (Saturday), or are named SUN to SAT", "weekly@1,3,5@09:30")


def cron(tidy: str) -> Schedule:
    """A cron expression, bare, in brackets or as a macro."""
    inside = re.fullmatch(r"cron ?\((.*)\)", tidy, re.IGNORECASE)
    expression = inside[1].strip() if inside else tidy
    if expression.startswith("@"):
        return macro(expression.lower())
    expression = expression.upper()
    if not inside and not re.search(r"[*0-9]", expression):
        raise Wrong("it is none of the forms a schedule has", "every 15 minutes”, “daily@09:00”, “weekly@1,3,5@09:30” or “0 9 * * 1-5")
    try:
        return Schedule(Kind.CRON, expression, cron=expression, fields=fields.read(expression))
    except FieldError as error:
        raise Wrong(str(error), "0 9 * * 1-5") from None


def macro(name: str) -> Schedule:
    if name not in MACROS:
        raise Wrong(f"the names that begin with @ are {', '.join(MACROS)}", "@daily")
    return Schedule(Kind.CRON, name, cron=name, fields=fields.read(MACROS[name]))
