"""The five fields of a cron expression: what they allow, and what is wrong with those that do not."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property

MONTH_NAMES = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
WEEKDAY_NAMES = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTHS = tuple(name[:3].upper() for name in MONTH_NAMES)
WEEKDAYS = tuple(name[:3].upper() for name in WEEKDAY_NAMES)
# The 29th of February counts: it comes, if only every four years.
LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
ITEM = re.compile(r"(?P<first>\*|[0-9]{1,4}|[A-Z]{1,9})(?:-(?P<last>[0-9]{1,4}|[A-Z]{1,9}))?(?:/(?P<step>[0-9]{1,4}))?")
# Signs that other crons know; each would mean something else elsewhere.
FOREIGN = {
    "L (the last one)": re.compile(r"L|LW|(?:[0-9]|SUN|MON|TUE|WED|THU|FRI|SAT)L|L-[0-9]+"),
    "# (the nth weekday)": re.compile(r".*#.*"),
    "W (the nearest working day)": re.compile(r"[0-9]*W"),
    "R (a random one)": re.compile(r"R(?:\(.*)?(?:/.*)?"),
    "H (a hashed one)": re.compile(r"H(?:\(.*)?(?:/.*)?"),
    "?": re.compile(r"\?"),
}


class FieldError(ValueError):
    """What is wrong with a field, in words that complete “…: ”."""


@dataclass(frozen=True, slots=True)
class Range:
    """What one field may hold. `top` is the last number, which for weekdays is Sunday again."""

    plural: str
    least: int
    top: int
    names: tuple[str, ...] = ()

    @property
    def last(self) -> int:
        """The last number before they begin anew."""
        return 6 if self.names is WEEKDAYS else self.top

    def all(self) -> tuple[int, ...]:
        return tuple(range(self.least, self.last + 1))

    def number(self, word: str) -> int:
        """The number that a word or numeral of this field stands for."""
        if word.isdigit():
            number = int(word)
        elif word[:3] in self.names and word.capitalize() in (*MONTH_NAMES, *WEEKDAY_NAMES, word[:3].capitalize()):
            number = self.names.index(word[:3]) + self.least
        else:
            raise FieldError(unreadable(word, self))
        if not self.least <= number <= self.top:
            raise FieldError(f"{self.plural} go from {self.least} to {self.top}")
        return number


MINUTES = Range("minutes", 0, 59)
HOURS = Range("hours", 0, 23)
DAYS = Range("days of the month", 1, 31)
IN_YEAR = Range("months", 1, 12, MONTHS)
IN_WEEK = Range("weekdays", 0, 7, WEEKDAYS)
ALL = (MINUTES, HOURS, DAYS, IN_YEAR, IN_WEEK)


@dataclass(frozen=True)
class Fields:
    """A cron expression as sets of numbers, each in order; weekday 0 is Sunday.

    Where both days and weekdays are restricted, one of the two is enough.
    `by_the_clock`: minute or hour begins with a star, so every real minute counts that shows a time of it.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    by_the_clock: bool

    @property
    def every_hour(self) -> bool:
        """Whether each real hour counts, so that there is nothing to make up for where the clock leaps over one."""
        return self.by_the_clock and len(self.hours) == 24

    @property
    def any_day(self) -> bool:
        return len(self.days) == 31

    @property
    def any_weekday(self) -> bool:
        return len(self.weekdays) == 7

    def on(self, date: date) -> bool:
        """Whether the date is one of its days."""
        if date.month not in self.months:
            return False
        day, weekday = date.day in self.days, date.isoweekday() % 7 in self.weekdays
        return day and weekday if self.any_day or self.any_weekday else day or weekday

    @cached_property
    def expression(self) -> str:
        """The same five fields in digits only, so that no two readers take them for different times."""
        spans = zip((self.minutes, self.hours, self.days, self.months, self.weekdays), (60, 24, 31, 12, 7), strict=True)
        return " ".join("*" if len(numbers) == size else ",".join(map(str, numbers)) for numbers, size in spans)

    def never(self) -> bool:
        """Whether no date has it, like the 30th of February."""
        return self.any_weekday and all(min(self.days) > LONGEST[month - 1] for month in self.months)


def read(expression: str) -> Fields:
    """The fields of a five-field expression, in capitals; FieldError for any other."""
    words = expression.split()
    if len(words) != len(ALL):
        raise FieldError(f"a cron expression has five fields (minute, hour, day of the month, month, weekday), and this has {len(words)}")
    minutes, hours, days, months, weekdays = (numbers(word, span) for word, span in zip(words, ALL, strict=True))
    weekdays = tuple(sorted({day % 7 for day in weekdays}))
    if not is_star(words[2]) and not is_star(words[4]) and (len(days) == 31 or len(weekdays) == 7):
        # One of the two is enough, and one of them is always so.
        days, weekdays = DAYS.all(), IN_WEEK.all()
    by_the_clock = words[0].startswith("*") or words[1].startswith("*")
    fields = Fields(minutes, hours, days, months, weekdays, by_the_clock)
    if fields.never():
        raise FieldError("there is no such date, so it would never happen")
    return fields


def is_star(word: str) -> bool:
    """Whether a field says nothing, which leaves the choice of days to the other."""
    return word in ("*", "*/1")


def numbers(word: str, span: Range) -> tuple[int, ...]:
    """All numbers that one field names, in order."""
    found: set[int] = set()
    for item in word.split(","):
        found.update(spread(item, span))
    return tuple(sorted(found))


def spread(item: str, span: Range) -> range | tuple[int, ...]:
    """The numbers of one item of a list: a star, a number, a name or a range, each with or without a step."""
    match = ITEM.fullmatch(item)
    if not match:
        raise FieldError(unreadable(item, span))
    first, last, step = match["first"], match["last"], match["step"]
    if step is not None and int(step) == 0:
        raise FieldError("a step of 0 leads nowhere")
    if first == "*":
        if last:
            raise FieldError(f"“{item}” is neither a star nor a range")
        return range(span.least, span.last + 1, int(step or 1))
    start = span.number(first)
    if not last:
        return range(start, span.last + 1, int(step)) if step else (start,)
    return between(start, span.number(last), int(step or 1), span)


def between(start: int, end: int, step: int, span: Range) -> range | tuple[int, ...]:
    """A range; one that ends before it starts goes on from the beginning, as in 22-2 or FRI-MON."""
    if start <= end:
        return range(start, end + 1, step)
    size = span.last - span.least + 1
    return tuple((number - span.least) % size + span.least for number in range(start, end + size + 1, step))


def unreadable(item: str, span: Range) -> str:
    """Why an item is not one."""
    if not item:
        return "there is a comma with nothing beside it"
    for sign, pattern in FOREIGN.items():
        if pattern.fullmatch(item):
            return f"{sign} is not known here"
    return f"“{item}” is none of the {span.plural}"
