"""The words in which people tell times, and what is clear of them."""

import re

from workflows.schedules.fields import MONTH_NAMES

WEEKDAYS = {
    **dict.fromkeys(("sunday", "sun"), 0),
    **dict.fromkeys(("monday", "mon"), 1),
    **dict.fromkeys(("tuesday", "tue", "tues"), 2),
    **dict.fromkeys(("wednesday", "wed"), 3),
    **dict.fromkeys(("thursday", "thu", "thur", "thurs"), 4),
    **dict.fromkeys(("friday", "fri"), 5),
    **dict.fromkeys(("saturday", "sat"), 6),
}
MONTHS = {name.lower(): number for number, month in enumerate(MONTH_NAMES, 1) for name in (month, month[:3])} | {"sept": 9}
COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NUMBERS = {word: number for number, word in enumerate(COUNTS, 1)} | {"a": 1, "an": 1, "fifteen": 15, "twenty": 20, "thirty": 30}
NUMBERS |= {"forty": 40, "forty-five": 45, "fifty": 50, "sixty": 60, "ninety": 90}
UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), 604_800),
}
WEEKDAY = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
ORDINAL = r"\d{1,2}(?:st|nd|rd|th)"


class Unclear(ValueError):  # noqa: N818 - never leaves this package: understand() makes an InvalidError of it
    """Words that tell a time, but leave open which; in a sentence that says how to be clear."""


def number(word: str) -> float | None:
    """The number that a numeral or a word stands for."""
    return float(word) if re.fullmatch(r"\d{1,9}(?:\.\d{1,2})?", word) else NUMBERS.get(word)
