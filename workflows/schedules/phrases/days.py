"""Single days in words: “tomorrow”, “on Friday”, “June 15th”."""

import calendar
import re
from datetime import date, timedelta

from workflows.schedules.phrases.words import MONTH, MONTHS, ORDINAL, WEEKDAY, WEEKDAYS, Unclear, number

DAY = timedelta(days=1)
NEAR = {"today": 0, "this": 0, "tomorrow": 1, "tmrw": 1, "the day after tomorrow": 2, "day after tomorrow": 2}
VAGUE = {"next week": "Monday next week", "this week": "Friday", "next month": "June 15", "next year": "June 15 2030"}
VAGUE |= dict.fromkeys(("this weekend", "on the weekend", "at the weekend", "next weekend"), "Saturday")
ON_WEEKDAY = re.compile(rf"(?:on )?(?:(?P<which>this|next|coming) )?(?P<day>{WEEKDAY})(?P<week> next week| this week)?")
WEEK_FIRST = re.compile(rf"(?P<week>next|this) week (?:on )?(?P<day>{WEEKDAY})")
ON_DATE = re.compile(
    rf"(?:on )?(?:the )?(?:(?P<m1>{MONTH})\.? (?:the )?(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\.? (?:of )?(?P<m2>{MONTH}))"
    r"(?: (?P<year>\d{4}))?"
)
ON_THE = re.compile(rf"on the (?P<day>{ORDINAL})")
IN_DAYS = re.compile(r"in (?P<number>\d{1,5}|[a-z]{1,9}) (?P<unit>days?|weeks?)")


def day(phrase: str, today: date, *, passed: bool) -> date | None:
    """The day that a phrase names. `passed`: its time of day is gone for today. Unclear where two would do."""
    phrase = phrase.removesuffix(",").strip()
    if phrase in VAGUE:
        raise Unclear(f"say on which day, such as “{VAGUE[phrase]} at 9:00”.")
    if phrase in NEAR:
        return today + NEAR[phrase] * DAY
    if match := ON_WEEKDAY.fullmatch(phrase) or WEEK_FIRST.fullmatch(phrase):
        return on_weekday(match.groupdict(), today, passed=passed)
    if match := ON_DATE.fullmatch(phrase):
        return on_date(MONTHS[match["m1"] or match["m2"]], int(match["d1"] or match["d2"]), match["year"], today, passed=passed)
    if match := ON_THE.fullmatch(phrase):
        return in_some_month(int(match["day"][:-2]), today, passed=passed)
    if match := IN_DAYS.fullmatch(phrase):
        count = number(match["number"])
        return today + int(count) * DAY * (7 if match["unit"].startswith("week") else 1) if count else None
    return None


def on_weekday(said: dict[str, str | None], today: date, *, passed: bool) -> date:
    """The weekday to come; Unclear on that very day, and for “next Friday” early in a week."""
    name, week, which = str(said["day"]), (said["week"] or "").strip().removesuffix(" week"), said.get("which")
    ahead = (WEEKDAYS[name] - today.isoweekday()) % 7
    monday = today - (today.isoweekday() - 1) * DAY
    if week:
        return monday + ((WEEKDAYS[name] - 1) % 7 + 7 * (week == "next")) * DAY
    if ahead == 0 and not passed and which != "next":
        raise Unclear(f"It is {today:%A} today: say “today” or “{name} next week”.")
    coming = today + (ahead or 7) * DAY
    if which == "next" and coming < monday + 7 * DAY:
        raise Unclear(f"“next {name}” may be {coming:%B} {coming.day} or a week later: say “{name}” or “{name} next week”.")
    return coming


def on_date(month: int, number: int, year: str | None, today: date, *, passed: bool) -> date:
    """A date of this year or the next where none is said."""
    if year == "0000":
        raise Unclear("No calendar has a year 0.")
    years = [int(year)] if year else range(today.year, today.year + 9)
    for candidate in years:
        # The 29th of February waits for its year.
        if 1 <= number <= calendar.monthrange(candidate, month)[1]:
            found = date(candidate, month, number)
            if found == today and passed and not year:
                raise Unclear(f"It is {today:%B} {today.day} today, and that time is over: say a year, or a time that is to come.")
            if year or found > today or (found == today and not passed):
                return found
    raise Unclear(f"{calendar.month_name[month]} has no {ordinal(number)} day.")


def in_some_month(number: int, today: date, *, passed: bool) -> date:
    """The next day of a month with a number."""
    if not 1 <= number <= 31:
        raise Unclear(f"No month has a {ordinal(number)} day.")
    if today.day == number and passed:
        raise Unclear(f"It is the {ordinal(number)} today, and that time is over: say the month too, or a time that is to come.")
    found = today
    while found.day != number:
        found += DAY
    return found


def ordinal(number: int) -> str:
    """A number in a row: 1st, 2nd, 3rd, 4th, 11th, 21st."""
    end = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{end}"
