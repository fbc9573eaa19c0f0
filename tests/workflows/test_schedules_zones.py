"""Wall-clock schedules in every zone, around every change of its clock: some here, all of them with the faults."""

import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim

from tests.workflows.clocks import END, ODD, START, ZONES, around, changes, due_by_brute_force
from workflows.schedules import due_between, parse
from workflows.schedules.times import following
from workflows.schedules.wall import midnight

pytestmark = pytest.mark.wide

SOME = sorted({*ZONES[::40], *ODD})
# For the faults: how many of a hundred changes are looked at.
ROUNDS = int(os.environ.get("ROUNDS", "10"))
FIXED = ("0 9 * * MON-FRI", "30 2 * * *", "0 0 * * *", "15 1,2,3 * * *", "0,30 0-3 * * *", "59 23 * * *", "10 2 1,15 * 0", "30 23 * * 6")
STEPS = ("0 * * * *", "*/30 * * * *", "*/15 2 * * *", "0 */2 * * *", "7 */3 * * *", "* 1-2 * * SUN")
Check = Callable[[str, datetime], None]


def picked(names: list[str], share: int) -> list[tuple[str, datetime]]:
    """So many of a hundred changes of these zones, spread over the years."""
    every = [(name, change) for name in names for change in changes(name)]
    return [pair for number, pair in enumerate(every) if number * share % 100 < share]


def check_the_change(name: str, change: datetime) -> None:
    """From random instants around a change, the next times are those that the wall clock shows."""
    zone, luck = ZoneInfo(name), random.Random(f"{name} {change}")
    wall = (change + timedelta(minutes=luck.randrange(-150, 150))).astimezone(zone)
    schedules = [parse(f"daily@{wall:%H:%M}"), *(parse(luck.choice(some)) for some in (FIXED, STEPS))]
    for schedule in schedules:
        assert schedule.fields
        base = around(change, luck)
        expected = list(islice(due_by_brute_force(schedule.fields, base, base + timedelta(days=2), zone), 30))
        assert list(islice(following(schedule, base, zone), len(expected))) == expected, (name, schedule, base)


def check_each_date(name: str, change: datetime) -> None:
    """A daily time comes once on each local date, three days before a change and three days after."""
    zone, luck = ZoneInfo(name), random.Random(f"{change} {name}")
    wall = (change + timedelta(minutes=luck.randrange(-180, 180))).astimezone(zone)
    schedule = parse(f"daily@{wall:%H:%M}")
    first = wall.date() - timedelta(days=3)
    times = list(islice(following(schedule, midnight(first, zone) - timedelta(seconds=1), zone), 7))
    # A gap before midnight moves the time of a date into the first minute of the next.
    dates = [{at.astimezone(zone).date(), (at - timedelta(minutes=1)).astimezone(zone).date()} for at in times]
    assert all(first + timedelta(days=number) in either for number, either in enumerate(dates)), (name, schedule)


def check_the_oracle(name: str, change: datetime) -> None:
    """Fixed times are those of cronsim; of steps it knows nothing inside a gap, so those start after it."""
    zone, luck = ZoneInfo(name), random.Random(f"oracle {name} {change}")
    fixed, steps = luck.choice(FIXED), luck.choice(STEPS)
    for expression, base in ((fixed, change - timedelta(days=1, minutes=7)), (steps, change + timedelta(days=1, hours=1))):
        oracle = [at.astimezone(UTC) for at in islice(CronSim(expression, base.astimezone(zone)), 12)]
        assert list(islice(following(parse(expression), base, zone), 12)) == oracle, (name, expression, base)


def check_the_count(name: str, change: datetime) -> None:
    """What was due between two instants is what next_after gives one by one."""
    zone, luck = ZoneInfo(name), random.Random(f"count {name} {change}")
    schedule = parse(luck.choice(FIXED + STEPS))
    after, until = sorted((around(change, luck), around(change, luck)))
    due = list(takewhile(lambda at: at <= until, following(schedule, after, zone)))
    overdue = due_between(schedule, after, until, zone, newest=3)
    older = due[:-3]
    assert (overdue.newest, overdue.count) == (tuple(due[-3:]), len(due)), (name, schedule, after, until)
    assert (overdue.since, overdue.until) == ((older[0], older[-1]) if older else (None, None))


CHECKS: dict[Check, int] = {check_the_change: 7, check_each_date: 25, check_the_oracle: 25, check_the_count: 25}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.__name__))
def test_times_around_some_changes_of_some_clocks_are_as_promised(check: Check) -> None:
    for name, change in picked(SOME, CHECKS[check]):
        check(name, change)


@pytest.mark.faults
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.__name__))
def test_times_around_all_changes_of_all_clocks_are_as_promised(check: Check) -> None:
    for name, change in picked(ZONES, ROUNDS):
        check(name, change)


@pytest.mark.parametrize("name", SOME[::4])
def test_between_the_changes_a_daily_time_comes_once_on_each_date(name: str) -> None:
    zone, luck = ZoneInfo(name), random.Random(name)
    schedule, start = parse(f"daily@{luck.randrange(24)}:{luck.randrange(60):02}"), START + luck.random() * (END - START)

    dates = [at.astimezone(zone).date() for at in islice(following(schedule, start, zone), 400)]

    # A gap before midnight, in some springs, moves a time into the first minute of the next date.
    assert sum(later - earlier == timedelta(days=1) for earlier, later in pairwise(dates)) >= 395
    assert (dates[-1] - dates[0]).days == 399
