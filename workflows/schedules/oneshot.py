"""Times given once: an absolute time or a delay, and what is wrong with any other."""

import math
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from chat.zones import named
from workflows.errors import InvalidError
from workflows.schedules.quoting import shown
from workflows.schedules.wall import valid

FURTHEST = timedelta(days=36_500)
BOTH = "provide either run_at or delay inputs, not both"
NEITHER = "provide run_at or at least one delay input"
NEGATIVE = "delay inputs must be zero or positive"
NO_OFFSET = "timestamp must include an explicit timezone offset"
UNIT_SECONDS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
DELAY = re.compile(r"(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?", re.IGNORECASE)
LONGEST_TEXT = 100

Number = int | float


def when(
    *,
    now: datetime,
    run_at: str | None = None,
    delay_seconds: Number | None = None,
    delay_minutes: Number | None = None,
    delay_hours: Number | None = None,
    delay_days: Number | None = None,
    time_zone: str | None = None,
) -> datetime:
    """The instant of a one-shot, in UTC; InvalidError for what is no time, is past or beyond a hundred years.

    A local time needs `time_zone`, which has to be named with it: nobody's profile completes it.
    """
    delays = {"delay_seconds": delay_seconds, "delay_minutes": delay_minutes, "delay_hours": delay_hours, "delay_days": delay_days}
    given = {name: value for name, value in delays.items() if value is not None}
    if run_at and given:
        raise InvalidError(BOTH, fields={"run_at": BOTH})
    if run_at:
        return moment(run_at, now, time_zone)
    if not given:
        raise InvalidError(NEITHER, fields={"run_at": NEITHER})
    return after(given, now)


def after(delays: dict[str, Number], now: datetime) -> datetime:
    """Now and the sum of the delays."""
    for name, value in delays.items():
        if value < 0 or math.isnan(value):
            raise InvalidError(NEGATIVE, fields={name: NEGATIVE})
    sizes = {"delay_seconds": 1, "delay_minutes": 60, "delay_hours": 3600, "delay_days": 86_400}
    seconds = sum(value * sizes[name] for name, value in delays.items())
    return now.astimezone(UTC) + bounded(seconds, next(iter(delays)))


def bounded(seconds: Number, field: str) -> timedelta:
    """A length of time, unless nobody could mean it."""
    if seconds > FURTHEST.total_seconds():
        raise InvalidError(sentence := "That is too far away: 100 years are the most.", fields={field: sentence})
    return timedelta(seconds=seconds)


def moment(text: str, now: datetime, time_zone: str | None = None) -> datetime:
    """The instant of an ISO 8601 time that is yet to come; its own offset counts, else the zone named with it."""
    at = iso(text)
    if at.tzinfo is None:
        if not time_zone:
            raise InvalidError(NO_OFFSET, fields={"run_at": NO_OFFSET})
        at = on_the_clock(at.replace(tzinfo=zone_of(time_zone)))
    return to_come(at, now)


def on_the_clock(local: datetime) -> datetime:
    """The instant of a local time, in UTC; InvalidError at either end of the calendar."""
    try:
        return valid(local)
    except OverflowError:
        raise out_of_reach(local) from None


def out_of_reach(at: datetime) -> InvalidError:
    """The refusal of a time that the calendar has only in some zones."""
    sentence = f"“{at.isoformat()}” is no time a clock reaches."
    return InvalidError(sentence, fields={"run_at": sentence})


def to_come(at: datetime, now: datetime) -> datetime:
    """A time in UTC that is neither past nor too far."""
    try:
        instant = at.astimezone(UTC)
    except OverflowError:
        raise out_of_reach(at) from None
    if instant < now:
        sentence = (
            f"{at.isoformat(timespec='seconds')} is in the past: it is {now.astimezone(at.tzinfo).isoformat(timespec='seconds')} now."
        )
        raise InvalidError(sentence, fields={"run_at": sentence})
    bounded((instant - now).total_seconds(), "run_at")
    return instant


def iso(text: str) -> datetime:
    """The date and time of an ISO 8601 text, aware or not."""
    tidy = text.strip()
    try:
        if len(tidy) > LONGEST_TEXT or not re.search("[0-9][T ][0-9]", tidy):
            raise ValueError(tidy)
        return datetime.fromisoformat(tidy)
    except ValueError:
        sentence = f"“{shown(tidy)}” is not a date and time in ISO 8601, such as 2030-06-15T09:30:00+02:00."
        raise InvalidError(sentence, fields={"run_at": sentence}) from None


def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name."""
    if zone := named(name.strip()):
        return zone
    sentence = f"“{shown(name)}” is not a time zone: use a name such as Europe/Berlin."
    raise InvalidError(sentence, fields={"time_zone": sentence})


def parse_delay(text: str) -> timedelta:
    """A delay such as 30s, 10m, 2h, 1d or 1h30m; InvalidError for any other."""
    match = DELAY.fullmatch(text.strip()) if len(text) <= LONGEST_TEXT else None
    if not match or not match[0]:
        sentence = f"“{shown(text)}” is not a delay: write it as 30s, 10m, 2h, 1d or 1h30m."
        raise InvalidError(sentence, fields={"delay": sentence})
    numbers = zip(match.groups(), UNIT_SECONDS.values(), strict=True)
    return bounded(sum(int(number or 0) * size for number, size in numbers), "delay")
