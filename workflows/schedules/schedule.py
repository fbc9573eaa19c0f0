"""What a schedule is, once its text was read."""

from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum

from workflows.schedules.fields import Fields


class Kind(StrEnum):
    """How a schedule counts: by elapsed time, or by the wall clock of a zone."""

    INTERVAL = "interval"
    DAILY = "daily"
    WEEKLY = "weekly"
    CRON = "cron"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something recurs. Two that mean the same are equal, whatever their text.

    `text` is the string it was read from, in its regular form: parsing it again gives the same schedule.
    `every` is set for intervals; `at` for daily and weekly ones, `weekdays` (0 = Sunday) for weekly ones;
    `cron` for expressions, as they were written; `fields` for all but intervals: the times as sets of numbers.
    """

    kind: Kind
    text: str = field(compare=False)
    every: timedelta | None = None
    at: time | None = None
    weekdays: tuple[int, ...] = ()
    cron: str = field(default="", compare=False)
    fields: Fields | None = None

    def __str__(self) -> str:
        return self.text
