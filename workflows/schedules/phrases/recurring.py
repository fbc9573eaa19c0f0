"""What recurs, in words: “every 2 hours”, “every weekday at 9”, “on the 1st of each month”."""

import re
from collections.abc import Sequence
from datetime import time

from workflows.schedules.parsing import parse
from workflows.schedules.phrases.clocks import Clock
from workflows.schedules.phrases.lengths import length
from workflows.schedules.phrases.words import MONTH, MONTHS, ORDINAL, UNITS, WEEKDAY, WEEKDAYS, Unclear
from workflows.schedules.schedule import Schedule

STEPS = (
    "A schedule does not count days or weeks from one time of day to another: name weekdays or days of the month, "
    "or leave out the time to count from now, as in “every 2 weeks”."
)
MIDNIGHT = "Midnight begins and ends a day: say “at 0:05” or “at 23:59” with the day."
SIZES = (("weeks", 604_800), ("days", 86_400), ("hours", 3600), ("minutes", 60), ("seconds", 1))
# Where a day is said and no time of it.
USUAL = (Clock(9, 0, sure=True),)
EVERY = re.compile(r"(?:every|each) (?P<length>.{1,60})")
ANY = "* * *"
ONCE = re.compile(r"once (?:a|per|every|each) (day|week|month|year)\b")
BARE = re.compile(r"(?:once a|every|each) (?:week|month|year)|weekly|monthly|yearly")
EACH_DAY = re.compile(r"(?:every|each) ?day|daily")
WORKING = re.compile(
    r"(?:(?:every|each) (?:week|working |work|business )days?|(?:on )?(?:weekdays|workdays)|(?:from )?mon(?:day)? ?(?:-|–|to|through) ?fri(?:day)?)"
)
RUN = re.compile(rf"(?:(?P<every>every|each) |from )?(?P<first>{WEEKDAY})(?P<many>s)? ?(?:-|–|to|through|thru) ?(?P<last>{WEEKDAY})s?")
WEEKEND = re.compile(r"(?:every|each) weekend|(?:on |at )?weekends")
LIST = rf"(?:{WEEKDAY})s?(?:(?:,? and | & |, ?| )(?:{WEEKDAY})s?){{0,6}}"
EACH_WEEKDAY = re.compile(rf"(?:(?:every|each) (?:week (?:on )?)?|weekly (?:on )?)(?P<each>{LIST})|(?:on )?(?P<plural>{LIST})")
ORDINALS = rf"(?:{ORDINAL})(?:(?:,? and |, ?| )(?:the )?(?:{ORDINAL})){{0,9}}"
MONTHLY = re.compile(
    rf"(?:(?:every|each) month|monthly) (?:on )?(?:the )?(?P<a>{ORDINALS})|(?:on |every |each )?(?:the )?(?P<b>{ORDINALS}) (?:day )?of (?:the|every|each) month"
    rf"|(?:every|each) (?P<c>{ORDINALS})"
)
FIRST = re.compile(r"\bfirst(?= (?:day )?of (?:the|every|each) month|$)")
YEARLY = re.compile(
    rf"(?:(?:every|each) year (?:on )?|yearly (?:on )?|(?:every|each) )(?:the )?"
    rf"(?:(?P<m1>{MONTH}) (?:the )?(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<m2>{MONTH}))"
)


def interval(phrase: str) -> Schedule | None:
    """Elapsed time: “every 15 minutes”, “hourly”. A bare day is a time of day, not 24 hours."""
    if phrase in ("hourly", "every other hour"):
        return parse("every 1 hour" if phrase == "hourly" else "every 2 hours")
    match = EVERY.fullmatch(phrase)
    if not match or match["length"] in ("day", "week") or re.fullmatch(r"[a-z]", match["length"]):
        return None
    said = match["length"]
    found = length(f"1 {said}" if said in UNITS else said)
    if not found or found.microseconds:
        return None
    seconds = int(found.total_seconds())
    unit, size = next((unit, size) for unit, size in SIZES if seconds % size == 0)
    return parse(f"every {seconds // size} {unit}")


def recurring(day: str, clocks: Sequence[Clock]) -> Schedule | None:
    """The schedule of a day that recurs, at one time or several."""
    if BARE.fullmatch(day):
        raise Unclear(f"say on which day, such as “every {'week on Monday' if 'week' in day else 'month on the 1st'} at 9:00”.")
    fields = on_days(ONCE.sub(r"every \1", day))
    return on_clock(fields, [clock.plain() for clock in clocks or USUAL]) if fields else None


def on_clock(fields: str, times: Sequence[time]) -> Schedule:
    """The schedule of some times of day on days in the last three fields of a cron expression; in the plainest form."""
    if len({time.minute for time in times}) > 1:
        raise Unclear("Several times a day need the same minute, as in 9:30 and 17:30: make two of it.")
    if fields != ANY and time(0) in times:
        raise Unclear(MIDNIGHT)
    if fields == ANY and len(times) == 1:
        return parse(f"daily@{times[0]:%H:%M}")
    if fields.startswith("* * ") and len(times) == 1:
        return parse(f"weekly@{fields.removeprefix('* * ')}@{times[0]:%H:%M}")
    hours = ",".join(str(time.hour) for time in sorted(times))
    return parse(f"{times[0].minute} {hours} {fields}")


def on_days(day: str) -> str:
    """The last three fields of a cron expression for days that recur; empty where the words say none."""
    if EACH_DAY.fullmatch(day):
        return ANY
    if WORKING.fullmatch(day):
        return "* * 1,2,3,4,5"
    if WEEKEND.fullmatch(day):
        return "* * 0,6"
    return on_weekdays(day) or on_dates(day)


def on_weekdays(day: str) -> str:
    """Named weekdays; without “every”, they recur in the plural alone."""
    run = RUN.fullmatch(day)
    if run and (run["every"] or run["many"]):
        first, last = WEEKDAYS[run["first"]], WEEKDAYS[run["last"]]
        return "* * " + ",".join(map(str, sorted({number % 7 for number in range(first, first + (last - first) % 7 + 1)})))
    match = EACH_WEEKDAY.fullmatch(day)
    if not match:
        return ""
    names = re.findall(rf"({WEEKDAY})(s?)\b", match["each"] or match["plural"])
    if match["plural"] and not all(plural for _, plural in names):
        return ""
    return "* * " + ",".join(map(str, sorted({WEEKDAYS[name] for name, _ in names})))


def on_dates(day: str) -> str:
    """Days of each month, or a day of each year."""
    if match := MONTHLY.fullmatch(FIRST.sub("1st", day)):
        numbers = sorted({int(found) for found in re.findall(r"\d{1,2}", match["a"] or match["b"] or match["c"])})
        if not 1 <= numbers[0] <= numbers[-1] <= 31:
            raise Unclear("Days of a month go from 1 to 31.")
        return f"{','.join(map(str, numbers))} * *"
    if match := YEARLY.fullmatch(day):
        return f"{match['d1'] or match['d2']} {MONTHS[match['m1'] or match['m2']]} *"
    return ""
