"""How often a schedule may fire where an agent made it."""

from datetime import timedelta

from workflows.errors import InvalidError
from workflows.schedules.describing import every
from workflows.schedules.fields import Fields
from workflows.schedules.schedule import Schedule

DAY_MINUTES = 24 * 60


def check_interval(schedule: Schedule, least: float) -> None:
    """Refuse a schedule with two due times less than `least` seconds apart."""
    if shortest(schedule) >= timedelta(seconds=least):
        return
    sentence = f"“{schedule}” is too often: {every(round(least))} is the most. Choose a longer time between two."
    raise InvalidError(sentence, fields={"schedule": sentence})


def shortest(schedule: Schedule) -> timedelta:
    """The least time between two due times, but for changes of the clock."""
    if schedule.every:
        return schedule.every
    assert schedule.fields
    return timedelta(minutes=within_a_day(schedule.fields))


def within_a_day(fields: Fields) -> int:
    """The least number of minutes from one time of day to the next, over midnight too."""
    times = [hour * 60 + minute for hour in fields.hours for minute in fields.minutes]
    return min(later - earlier for earlier, later in zip(times, [*times[1:], times[0] + DAY_MINUTES], strict=True))
