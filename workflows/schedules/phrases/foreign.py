"""One-off times in other languages, by dateparser; what it gives is checked against the numbers that were said."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from workflows.schedules.oneshot import to_come
from workflows.schedules.phrases.reading import Reading, wall

# In words: a longer phrase is mostly text.
LONGEST = 5
LANGUAGES = ["es", "de", "fr", "pt", "it", "nl"]
# How those languages say “at 9”, which dateparser takes for a day of the month.
AT = re.compile(
    r"\b(?:a las|a la|às|as|alle|à|um|om) (\d{1,2})(?:[:h](\d{2}))?(?: ?(?:uhr|uur|h|heures?|horas?))?$|\b(\d{1,2}) ?(?:uhr|uur|heures?|horas?|h)$"
)
CLOCK = re.compile(r"\b(?P<hour>\d{1,2})(?:[:h](?P<minute>\d{2}))?(?:(?P<half>[ap])m|h)?\b")
LEAD = re.compile(r"(?:in|en|dans|em|tra|fra|over) ")
ARTICLE = re.compile(r"^(?:am|el|le|la|op|na|no|il) ")
SHORT = frozenset(("de", "a", "las", "del", "der", "den", "dem", "les", "du", "di", "al", "hoy", "mai"))
UNIT = re.compile(r"uhr|uur|stund|minut|sekund|second|segund|hora|heure|ore|uren")
HOURS_24 = re.compile(r"\d{1,2}:\d{2} (?:uhr|uur)\b")
SIZES = (60, 3600, 86_400, 604_800)
ELAPSED = timedelta(days=9, hours=5, minutes=7)


# What goes on with a time in those languages: a part of the day, a half of an hour, the time of day behind a length.
PARTS = r"noche|tarde|mañana|madrugada|noite|manhã|sera|mattina|pomeriggio|notte|soir|matin|après-midi|nuit|abends?|morgens|früh|nachmittags?|vormittags?|nachts|mittags?|avonds?|ochtends?|middags?"
GOES_ON = re.compile(
    rf"(?:(?:uhr|uur|heures?|horas?|ore)\b|(?:(?:de|por|da|do|di|du|del|della|en|in|am|'s) )?(?:(?:la|el|o|a|der) )?(?:{PARTS})\b)|(?:y|e|et) (?:\d|media|cuarto|meia|mezz|demi|quart|un )|(?:menos|moins|meno) "
    r"|(?:um|om|a las?|las?|à|às|alle|@) ?\d",
    re.IGNORECASE,
)


def goes_on(rest: str) -> bool:
    """Whether a text begins with more of the time that stands before it."""
    return GOES_ON.match(rest) is not None


def read(phrase: str, now: datetime) -> Reading | None:
    """What a phrase means, if the time that dateparser gives has the numbers of the phrase, and no others."""
    if not re.search(r"\d", phrase) or not re.search(r"[^\W\d]{3}", phrase) or len(phrase) > 60:
        return None
    if LEAD.match(phrase):
        return elapsed(phrase, now)
    phrase = ARTICLE.sub("", AT.sub(lambda match: f"{match[1] or match[3]}:{match[2] or '00'}", phrase))
    local = now.replace(tzinfo=None)
    found = parsed(phrase, local)
    clock = clock_of(phrase)
    if not found or clock is None or (found.hour, found.minute) != clock or not names_a_day(phrase, found - local):
        return None
    return Reading(at=to_come(wall(found.replace(second=0, microsecond=0), now), now))


def names_a_day(phrase: str, ahead: timedelta) -> bool:
    """Whether the words name the day: short ones are too often words of another language, and a month alone is none."""
    words = re.findall(r"[^\W\d]+", CLOCK.sub(" ", phrase))
    if not words or any(UNIT.match(word) or (len(word) < 4 and word not in SHORT) for word in words):
        return False
    return bool(re.search(r"\d", CLOCK.sub(" ", phrase, count=1))) or ahead < timedelta(days=8)


def elapsed(phrase: str, now: datetime) -> Reading | None:
    """“in 2 Stunden”: as far from one moment as from another, by the one number that is said."""
    numbers, local = re.findall(r"\d+", phrase), now.replace(tzinfo=None)
    first, second = parsed(phrase, local), parsed(phrase, local + ELAPSED)
    if not first or not second or len(numbers) != 1 or first - local != second - local - ELAPSED:
        return None
    length = first - local
    if length.total_seconds() not in [int(numbers[0]) * size for size in SIZES]:
        return None
    return Reading(at=now.astimezone(UTC) + length)


def clock_of(phrase: str) -> tuple[int, int] | None:
    """The time of day that a phrase names last, where it could not be a day of the month."""
    found = [match for match in CLOCK.finditer(phrase) if match["minute"] or match["half"] or match[0].endswith("h")]
    if not found:
        return None
    last = found[-1]
    hour = int(last["hour"])
    if 0 < hour < 7 and len(last["hour"]) < 2 and not (last["half"] or last[0].endswith("h") or HOURS_24.search(phrase)):
        # In the morning or in the afternoon.
        return None
    return (hour % 12 + 12 * (last["half"] == "p") if last["half"] else hour), int(last["minute"] or 0)


def parsed(phrase: str, base: datetime) -> datetime | None:
    """What dateparser makes of a phrase, read at a moment; None for words that name a zone."""
    import dateparser

    settings: dict[str, Any] = {"PREFER_DATES_FROM": "future", "RELATIVE_BASE": base, "TIMEZONE": "UTC"}
    found: datetime | None = dateparser.parse(phrase, languages=LANGUAGES, settings=settings)
    return found if found and found.tzinfo is None else None
