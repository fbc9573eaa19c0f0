"""Schedule strings: a test for each row of tests/cases/schedules.json."""

import json
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from workflows.errors import InvalidError
from workflows.schedules import Kind, Schedule, parse
from workflows.schedules.times import following

CASES = json.loads((Path(__file__).parent.parent / "cases" / "schedules.json").read_text())
EXAMPLES = ("every 15 minutes", "daily@09:00", "weekly@1,3,5@09:30", "0 9 * * 1-5", "@daily")


def as_case(schedule: Schedule) -> dict[str, Any]:
    """A schedule as the table writes it."""
    match schedule.kind:
        case Kind.INTERVAL:
            assert schedule.every
            return {"every_seconds": schedule.every.total_seconds()}
        case Kind.CRON:
            return {"cron": schedule.cron}
    assert schedule.at
    at = [schedule.at.hour, schedule.at.minute]
    return {"daily": at} if schedule.kind == Kind.DAILY else {"weekly": list(schedule.weekdays), "at": at}


@pytest.mark.parametrize(("text", "meaning"), CASES["accepted"], ids=lambda value: str(value)[:30])
def test_a_string_of_the_table_is_read(text: str, meaning: dict[str, Any]) -> None:
    assert as_case(parse(text)) == meaning


@pytest.mark.parametrize("text", CASES["refused"])
def test_a_wrong_string_is_refused_with_a_sentence_and_a_right_example(text: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        parse(text)

    assert refusal.value.fields == {"schedule": str(refusal.value)}
    assert any(f"“{example}”" in str(refusal.value) for example in EXAMPLES)


@pytest.mark.parametrize("row", CASES["next"], ids=lambda row: f"{row['schedule']} {row['zone']} {row['base'][:10]}")
def test_the_next_times_are_those_of_the_table(row: dict[str, Any]) -> None:
    times = following(parse(row["schedule"]), datetime.fromisoformat(row["base"]), ZoneInfo(row["zone"]))

    assert [at.isoformat() for at in islice(times, 3)] == row["next"]
    assert all(at.tzinfo is UTC for at in islice(times, 3))


@pytest.mark.parametrize(("text", "meaning"), CASES["accepted"], ids=lambda value: str(value)[:30])
def test_the_regular_form_of_a_string_means_the_same(text: str, meaning: dict[str, Any]) -> None:
    schedule = parse(text)

    assert parse(schedule.text) == schedule
    assert parse(schedule.text).text == schedule.text
