"""A phrase that tells a time and nothing else."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workflows.errors import InvalidError
from workflows.schedules.oneshot import NO_OFFSET, bounded, iso, on_the_clock, to_come
from workflows.schedules.phrases import clocks, days, recurring
from workflows.schedules.phrases.clocks import Clock
from workflows.schedules.phrases.lengths import COMPACT, length
from workflows.schedules.phrases.words import Unclear, number
from workflows.schedules.schedule import Schedule
from workflows.schedules.wall import valid

ISO = re.compile(r"(?:at |on )?(?P<time>\d{4}-\d{2}-\d{2}(?:[t ]\d{2}:?\d{2}\S{0,24})?)")
RELATIVE = re.compile(r"(?:in|after) (?P<in>.{1,60}?)(?:'s? time)?|(?P<from>.{1,60}) from now")
IN_MONTHS = re.compile(r"in (?P<number>\d{1,4}|[a-z]{1,9}) (?P<unit>month|year)s?")
MORNING = Clock(9, 0, sure=True)
HALF_DAY = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """What a phrase means. `half`: it tells a day or a time of day, not both; `dayless`, `timeless` say which it lacks."""

    at: datetime | None = None
    schedule: Schedule | None = None
    dayless: bool = False
    timeless: bool = False

    @property
    def half(self) -> bool:
        return self.dayless or self.timeless


def read(phrase: str, now: datetime) -> Reading | None:
    """What a phrase in small letters means to somebody whose clock shows `now`; None where it tells no time.

    Raises Unclear where it leaves open which, and InvalidError for a time that is past or too far.
    """
    readers: Sequence[Callable[[str, datetime], Reading | None]] = (absolute, relative, at_interval, in_months, on_a_day)
    return next((found for reader in readers if (found := reader(phrase, now))), None)


def absolute(phrase: str, now: datetime) -> Reading | None:
    """An ISO time, which nobody's zone completes."""
    match = ISO.fullmatch(phrase)
    if not match:
        return None
    at = iso(match["time"].upper())
    if at.tzinfo is None:
        raise InvalidError(NO_OFFSET, fields={"text": NO_OFFSET})
    return Reading(at=to_come(at, now))


def relative(phrase: str, now: datetime) -> Reading | None:
    """Elapsed time from now."""
    match = RELATIVE.fullmatch(phrase)
    if not match and not COMPACT.fullmatch(phrase):
        return None
    found = length(match["in"] or match["from"] if match else phrase)
    return Reading(at=now.astimezone(UTC) + found) if found is not None else None


def at_interval(phrase: str, now: datetime) -> Reading | None:
    schedule = recurring.interval(phrase)
    return Reading(schedule=schedule) if schedule else None


def in_months(phrase: str, now: datetime) -> Reading | None:
    """The same time of day some months on; the last day of a month that is too short."""
    match = IN_MONTHS.fullmatch(phrase)
    count = number(match["number"]) if match else None
    if not match or not count:
        return None
    months = int(count) * (12 if match["unit"] == "year" else 1)
    bounded(months * 2_678_400, "text")
    year, month = divmod(now.year * 12 + now.month - 1 + months, 12)
    first = now.replace(year=year, month=month + 1, day=1, microsecond=0, fold=0)
    last = ((first + timedelta(days=31)).replace(day=1) - timedelta(days=1)).day
    return Reading(at=valid(first.replace(day=min(now.day, last))))


def on_a_day(phrase: str, now: datetime) -> Reading | None:
    """A day, a time of day, or both."""
    for day, times in clocks.splits(phrase):
        if schedule := recurring.recurring(day, times):
            return Reading(schedule=schedule)
        if times and recurring.interval(day):
            raise Unclear(recurring.STEPS)
        if len(times) > 1:
            continue
        if not day and times:
            return Reading(at=soonest(times[0], now), dayless=True)
        if found := on_one_day(day, times[0] if times else None, now):
            return found
    return None


def on_one_day(day: str, clock: Clock | None, now: datetime) -> Reading | None:
    """A time on a day to come, in the morning where none is said."""
    today = now.date()
    # What the words say is looked at first: a time that may mean two is a question only where the rest is a day.
    if not day or days.day(day, today, passed=True) is None:
        return None
    at = (clock or MORNING).plain()
    if day in ("today", "this") and clock is None:
        raise Unclear("Say at what time today, such as “today at 17:00”.")
    if clock and (clock.hour, clock.minute) == (0, 0):
        raise Unclear(recurring.MIDNIGHT)
    found = days.day(day, today, passed=datetime.combine(today, at) <= now.replace(tzinfo=None))
    assert found
    # In the person's own zone, so that a refusal names the time as it was meant.
    local = wall(datetime.combine(found, at), now).astimezone(now.tzinfo)
    return Reading(at=to_come(local, now), timeless=clock is None)


def soonest(clock: Clock, now: datetime) -> datetime:
    """The next time that the clock shows a time; Unclear where that may be tonight or tomorrow morning."""
    local = now.replace(tzinfo=None)
    today = datetime.combine(local, clock.plain() if clock.sure or clock.part else time(clock.hour, clock.minute))
    if clock.sure:
        return wall(today if today > local else today + timedelta(days=1), now)
    later = today + timedelta(hours=HALF_DAY)
    if today <= local < later and clock.hour == HALF_DAY:
        raise Unclear(f"{clock} may be midday or midnight: say {clock}pm or {later:%H:%M}.")
    if today <= local < later and clock.hour > 6:
        raise Unclear(f"{clock} may be tonight or tomorrow morning: say {clock.in_the_morning} or {later:%H:%M}.")
    if later <= local:
        return wall(datetime.combine(today + timedelta(days=1), clock.plain()), now)
    return wall(today if today > local else later, now)


def wall(local: datetime, now: datetime) -> datetime:
    """A time on the wall, in UTC."""
    return on_the_clock(local.replace(tzinfo=now.tzinfo if isinstance(now.tzinfo, ZoneInfo) else UTC))
