"""Lengths of time in words: “2 hours”, “an hour and a half”, “1h30m”."""

import re
from datetime import timedelta

from workflows.schedules.oneshot import bounded
from workflows.schedules.phrases.words import UNITS, number

# Set phrases, as numbers and units.
SET_PHRASES = (
    (re.compile(r"\b(?:a )?half (?:an? )?hour\b"), "30 minutes"),
    (re.compile(r"\b(?:a )?quarter (?:of an )?hour\b"), "15 minutes"),
    (re.compile(r"\bthree quarters of an hour\b"), "45 minutes"),
    (re.compile(r"\b(?:a|an|one) (hour|day|week|minute) and a half\b"), r"1.5 \1s"),
    (re.compile(r"\b(\d{1,4}) and a half (hours|days|weeks|minutes)\b"), r"\1.5 \2"),
    (re.compile(r"\b(?:a )?couple (?:of )?"), "2 "),
)
COMPACT = re.compile(r"(?:\d{1,30}[wdhms]){1,5}")
SIZES = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}


def length(phrase: str) -> timedelta | None:
    """How long a phrase says; None where it says something else. InvalidError beyond a hundred years."""
    if COMPACT.fullmatch(phrase):
        found = re.findall(r"(\d+)([wdhms])", phrase)
        units = [unit for _, unit in found]
        ordered = units == sorted(set(units), key=list(SIZES).index)
        return bounded(sum(int(digits) * SIZES[unit] for digits, unit in found), "text") if ordered else None
    for pattern, plain in SET_PHRASES:
        phrase = pattern.sub(plain, phrase)
    words = re.sub(r"(\d)([a-z])", r"\1 \2", phrase).replace(" and ", " ").split()
    return summed(words) if len(words) % 2 == 0 else None


def summed(words: list[str]) -> timedelta | None:
    """The sum of pairs of a number and a unit, from the largest unit to the smallest."""
    numbers, sizes = [number(word) for word in words[::2]], [UNITS.get(word) for word in words[1::2]]
    pairs = [(count, size) for count, size in zip(numbers, sizes, strict=True) if count is not None and size is not None]
    ordered = [size for _, size in pairs] == sorted({size for _, size in pairs}, reverse=True)
    if not pairs or len(pairs) < len(numbers) or not ordered:
        return None
    return bounded(sum(count * size for count, size in pairs), "text")
