"""A schedule in plain English."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from workflows.schedules.fields import MONTH_NAMES, WEEKDAY_NAMES, Fields
from workflows.schedules.schedule import Schedule

SIZES = (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
WORKING = (1, 2, 3, 4, 5)
WEEKEND = (0, 6)
MOST_TIMES = 6


def describe(schedule: Schedule, zone: ZoneInfo | None = None) -> str:
    """Such as “weekdays at 09:00, Europe/Berlin”; elapsed time has no zone."""
    if schedule.fields is None:
        assert schedule.every
        return every(int(schedule.every.total_seconds()))
    return on_clock(schedule.fields) + (f", {zone.key}" if zone else "")


def every(seconds: int) -> str:
    """An interval in the largest unit that gives a whole number."""
    if seconds == 86_400:
        # “Every day” would be a time of day; this one moves when the clock changes.
        return "every 24 hours"
    unit, size = next((unit, size) for unit, size in SIZES if seconds % size == 0)
    number = seconds // size
    return f"every {unit}" if number == 1 else f"every {number} {unit}s"


def on_clock(fields: Fields) -> str:
    days = which_days(fields)
    times = len(fields.hours) * len(fields.minutes)
    if (not fields.by_the_clock and times <= MOST_TIMES) or times == 1:
        clock = listed([f"{hour:02}:{minute:02}" for hour in fields.hours for minute in fields.minutes])
        return f"{days or 'every day'} at {clock}"
    return ", ".join(filter(None, [through_the_day(fields), days]))


def listed(words: Sequence[str]) -> str:
    """“a, b and c”."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def through_the_day(fields: Fields) -> str:
    """Many times of a day, by their pattern."""
    every_hour = len(fields.hours) == 24
    step = step_of(fields.minutes, 60)
    if step and step < 60:
        often = "every minute" if step == 1 else f"every {step} minutes"
        return often if every_hour else f"{often} {in_hours(fields)}"
    minutes = (
        "on the hour"
        if fields.minutes == (0,)
        else f"at {plural('minute', len(fields.minutes))} {listed([str(m) for m in fields.minutes])}"
    )
    if every_hour:
        return "every hour" if fields.minutes == (0,) else f"every hour {minutes}"
    hours = step_of(fields.hours, 24)
    if hours:
        return f"every {hours} hours {minutes}"
    return f"{minutes} {in_hours(fields)}"


def plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def step_of(numbers: tuple[int, ...], size: int) -> int:
    """The step that leads from 0 through all the numbers and round to 0 again; 0 when there is none."""
    if numbers[0] != 0 or size % len(numbers):
        return 0
    step = size // len(numbers)
    return step if numbers == tuple(range(0, size, step)) else 0


def in_hours(fields: Fields) -> str:
    hours = fields.hours
    if len(hours) > 1 and hours == tuple(range(hours[0], hours[-1] + 1)):
        return f"from {hours[0]:02}:{fields.minutes[0]:02} to {hours[-1]:02}:{fields.minutes[-1]:02}"
    return f"in the {plural('hour', len(hours))} of {listed([f'{hour:02}:00' for hour in hours])}"


def which_days(fields: Fields) -> str:
    """The days in words; empty when it is every day."""
    if fields.any_weekday and len(fields.days) == len(fields.months) == 1:
        return f"every year on {months(fields)} {fields.days[0]}"
    parts = []
    if not fields.any_day:
        parts.append(f"on the {listed([ordinal(day) for day in fields.days])} of {months(fields) or 'each month'}")
    if not fields.any_weekday:
        parts.append(weekdays(fields.weekdays) + (f" in {months(fields)}" if months(fields) else ""))
    if not parts and months(fields):
        return f"every day in {months(fields)}"
    return " and on ".join(parts)


def weekdays(numbers: tuple[int, ...]) -> str:
    if numbers == WORKING:
        return "weekdays"
    if numbers == WEEKEND:
        return "weekends"
    if len(numbers) == 6:
        return f"every day but {WEEKDAY_NAMES[21 - sum(numbers)]}"
    # A week as people write it begins on Monday.
    return listed([f"{WEEKDAY_NAMES[number]}s" for number in sorted(numbers, key=lambda number: number or 7)])


def months(fields: Fields) -> str:
    if len(fields.months) == 12:
        return ""
    return listed([MONTH_NAMES[month - 1] for month in fields.months])


def ordinal(number: int) -> str:
    """“1st”, “12th”."""
    ending = "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
