"""When schedules are due: gaps and folds by name, elapsed time, long downtimes, and how it is all said."""

import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from workflows.errors import InvalidError
from workflows.schedules import check_interval, describe, due_between, next_after, parse, upcoming
from workflows.schedules.times import following

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 30, 10, 0, tzinfo=BERLIN)


def local_times(text: str, base: str, zone: ZoneInfo, n: int) -> list[str]:
    """The next times on the wall clock, with the second pass of a repeated hour marked."""
    times = islice(following(parse(text), datetime.fromisoformat(base).replace(tzinfo=zone), zone), n)
    return [f"{at.astimezone(zone):%d %H:%M}" + "’" * at.astimezone(zone).fold for at in times]


def test_a_time_that_a_spring_skips_is_due_in_the_first_minute_after() -> None:
    assert local_times("daily@02:30", "2026-03-28T12:00", BERLIN, 3) == ["29 03:00", "30 02:30", "31 02:30"]


def test_a_time_that_an_autumn_repeats_is_due_in_the_first_pass() -> None:
    assert local_times("30 1 * * *", "2026-10-31T12:00", NEW_YORK, 3) == ["01 01:30", "02 01:30", "03 01:30"]


def test_the_calendar_ends() -> None:
    late = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

    assert [next_after(parse(text), late, NEW_YORK) for text in ("every 5000 weeks", "0 0 29 2 *", "daily@09:00")] == [None] * 3
    assert len(upcoming(parse("every 5000 weeks"), NOW, BERLIN, 100)) == 83


def test_asked_from_inside_the_second_pass_the_next_time_is_tomorrow() -> None:
    inside = datetime(2026, 10, 25, 2, 15, tzinfo=BERLIN, fold=1)

    assert next_after(parse("30 2 * * *"), inside, BERLIN) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_every_real_hour_counts_in_autumn_and_in_spring() -> None:
    assert local_times("0 * * * *", "2026-10-25T01:30", BERLIN, 3) == ["25 02:00", "25 02:00’", "25 03:00"]
    assert local_times("0 * * * *", "2026-03-29T00:30", BERLIN, 3) == ["29 01:00", "29 03:00", "29 04:00"]


def test_a_gap_before_midnight_moves_a_time_into_the_next_date() -> None:
    assert local_times("daily@23:30", "2026-03-27T12:00", ZoneInfo("America/Nuuk"), 3) == ["27 23:30", "29 00:00", "29 23:30"]


def test_two_times_in_one_gap_are_due_once() -> None:
    assert local_times("0,30 2 * * *", "2026-03-28T12:00", BERLIN, 3) == ["29 03:00", "30 02:00", "30 02:30"]


def test_minutes_of_the_second_pass_are_not_lost_where_a_clock_goes_back_half_an_hour() -> None:
    lord_howe = ZoneInfo("Australia/Lord_Howe")

    assert local_times("*/20 1,3 * * *", "2026-04-05T01:30", lord_howe, 3) == ["05 01:40", "05 01:40’", "05 03:00"]


def test_day_of_month_or_weekday_is_enough_where_both_are_set() -> None:
    assert local_times("0 9 13 * FRI", "2026-03-10T00:00", BERLIN, 3) == ["13 09:00", "20 09:00", "27 09:00"]
    assert local_times("0 9 1-31 * FRI", "2026-03-10T00:00", BERLIN, 2) == ["10 09:00", "11 09:00"]


def test_intervals_keep_to_their_grid_however_late_one_looks() -> None:
    anchor = datetime(2026, 3, 1, 12, 0, 3, tzinfo=UTC)
    late = anchor + timedelta(minutes=47, microseconds=1)

    assert next_after(parse("every 15 minutes"), late, BERLIN, anchor) == anchor + timedelta(hours=1)
    assert next_after(parse("300"), anchor - timedelta(days=1), BERLIN, anchor) == anchor + timedelta(minutes=5)


def test_the_instant_itself_is_never_next() -> None:
    nine = datetime(2026, 3, 30, 9, 0, tzinfo=BERLIN)

    assert next_after(parse("daily@09:00"), nine, BERLIN) == nine + timedelta(days=1)
    assert next_after(parse("daily@09:00"), nine - timedelta(microseconds=1), BERLIN) == nine


@pytest.mark.parametrize(
    ("text", "base", "note"),
    [
        ("daily@02:30", "2026-03-28T12:00", "02:30 does not exist on this day: the clock goes forward to 03:00"),
        ("daily@02:30", "2026-10-24T12:00", "02:30 comes twice on this day: this is the first"),
        ("every 1 day", "2026-03-28T12:00", "the clock went forward by 60 minutes since the time before; elapsed time counts"),
        ("daily@09:00", "2026-03-28T12:00", ""),
    ],
)
def test_times_that_a_change_of_the_clock_moves_have_a_note(text: str, base: str, note: str) -> None:
    due = upcoming(parse(text), datetime.fromisoformat(base).replace(tzinfo=BERLIN), BERLIN, 2)

    assert [one.note for one in due] == [note, ""]
    assert [one.local.astimezone(UTC) for one in due] == [one.at for one in due]


def test_two_years_of_seconds_are_counted_at_once() -> None:
    now = datetime(2026, 3, 30, tzinfo=UTC)
    overdue = due_between(parse("1"), now - timedelta(days=730), now, BERLIN)

    assert (overdue.count, len(overdue.newest), overdue.newest[-1]) == (730 * 86_400, 100, now)
    assert (overdue.since, overdue.until) == (now - timedelta(days=730, seconds=-1), now - timedelta(seconds=100))


def test_two_years_of_minutes_are_counted_at_once() -> None:
    now = datetime(2026, 3, 30, tzinfo=UTC)
    started = time.perf_counter()
    overdue = due_between(parse("* * * * *"), now - timedelta(days=730), now, BERLIN)

    assert (overdue.count, overdue.until) == (730 * 1440, now - timedelta(minutes=100))
    assert time.perf_counter() - started < 2


def test_a_short_stretch_has_no_older_ones() -> None:
    overdue = due_between(parse("daily@09:00"), NOW - timedelta(days=3), NOW, BERLIN)

    assert (overdue.count, overdue.older, overdue.since, overdue.until) == (3, 0, None, None)
    assert due_between(parse("daily@09:00"), NOW, NOW, BERLIN).count == 0


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("300", "every 5 minutes"),
        ("every 1 hour", "every hour"),
        ("every 1 day", "every 24 hours"),
        ("every(90 seconds)", "every 90 seconds"),
        ("daily@9:00", "every day at 09:00, Europe/Berlin"),
        ("weekly@1,3,5@09:30", "Mondays, Wednesdays and Fridays at 09:30, Europe/Berlin"),
        ("weekly@0,6", "weekends at 00:00, Europe/Berlin"),
        ("0 9 * * 1-5", "weekdays at 09:00, Europe/Berlin"),
        ("0 9 * * 7", "Sundays at 09:00, Europe/Berlin"),
        ("0 9 * * 1-6", "every day but Sunday at 09:00, Europe/Berlin"),
        ("@hourly", "every hour, Europe/Berlin"),
        ("15 * * * *", "every hour at minute 15, Europe/Berlin"),
        ("* * * * *", "every minute, Europe/Berlin"),
        ("*/15 8-10 * * *", "every 15 minutes from 08:00 to 10:45, Europe/Berlin"),
        ("*/7 * * * *", "every hour at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56, Europe/Berlin"),
        ("0 */2 * * *", "every 2 hours on the hour, Europe/Berlin"),
        ("0 9 1,15 * *", "on the 1st and 15th of each month at 09:00, Europe/Berlin"),
        ("0 9 1 * 1", "on the 1st of each month and on Mondays at 09:00, Europe/Berlin"),
        ("0 9 1 2 1", "on the 1st of February and on Mondays in February at 09:00, Europe/Berlin"),
        ("0 0 29 2 *", "every year on February 29 at 00:00, Europe/Berlin"),
        ("0 12 * JUN-AUG *", "every day in June, July and August at 12:00, Europe/Berlin"),
        ("5,35 8,20 * * SAT", "Saturdays at 08:05, 08:35, 20:05 and 20:35, Europe/Berlin"),
    ],
)
def test_a_schedule_is_said_in_plain_english(text: str, english: str) -> None:
    assert describe(parse(text), BERLIN) == english


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("61 9 * * *", "“61 9 * * *” is not a schedule: minutes go from 0 to 59. Try “0 9 * * 1-5”."),
        ("every 5 fortnights", "“fortnight” is not a unit: they are seconds, minutes, hours, days and weeks"),
        ("daily@24:00", "hours go from 0 to 23"),
        ("0 0 9 * * MON-FRI *", "has five fields (minute, hour, day of the month, month, weekday), and this has 7"),
        ("0 9 L * *", "L (the last one) is not known here"),
        ("0 9 * * 5#2", "# (the nth weekday) is not known here"),
        ("H 9 * * *", "H (a hashed one) is not known here"),
        ("0 9 * * MONKEY", "“MONKEY” is none of the weekdays"),
        ("0 0 31 2,4,6 *", "there is no such date"),
        ("@reboot", "the names that begin with @ are @yearly"),
        ("every 99999999999 days", "36500 days at most"),
        ("0 9 * * * " * 30, "at most 200 characters"),
        ("daily@09:00\x1b[31m", "“daily@09:00�[31m” is not a schedule"),
    ],
)
def test_a_refusal_says_what_is_wrong(text: str, sentence: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        parse(text)

    assert sentence in str(refusal.value)


@pytest.mark.parametrize("hostile", ["(" * 200, "every(" * 33, "1," * 100, "a-" * 100, "9" * 200, "cron(@" * 33])
def test_no_text_makes_reading_slow(hostile: str) -> None:
    started = time.perf_counter()
    with pytest.raises(InvalidError):
        parse(hostile)

    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    ("text", "least"), [("9", 10), ("every 5 seconds", 10), ("* * * * *", 120), ("0,50 * * * *", 900), ("0 0,23 * * *", 7200)]
)
def test_what_comes_too_often_is_refused_with_the_most_there_may_be(text: str, least: int) -> None:
    with pytest.raises(InvalidError, match="is too often"):
        check_interval(parse(text), least)

    check_interval(parse("every 1 day"), least)


def test_two_ways_to_write_a_schedule_are_equal() -> None:
    assert parse("300") == parse("every(5 Minutes)")
    assert parse("0 9 * * MON-FRI") == parse("cron(0 9 * * 1-5)")
    assert parse("0 9 * * 1") != parse("0 9 * * 2")
