"""Times given once: a test for each row of tests/cases/oneshot.json, and of the words of the contract."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from workflows.errors import InvalidError
from workflows.schedules import parse_delay, understand, when

CASES = json.loads((Path(__file__).parent.parent / "cases" / "oneshot.json").read_text())
NOW = datetime(2026, 3, 30, 22, tzinfo=UTC)


def ask(row: dict[str, Any]) -> datetime:
    """The time of a row of the table, at the row's own now."""
    given = {name: value for name, value in row.items() if name != "now"}
    return when(now=datetime.fromisoformat(row["now"]) if "now" in row else NOW, **given)


@pytest.mark.parametrize(("row", "at"), CASES["accepted"], ids=str)
def test_a_time_of_the_table_is_read(row: dict[str, Any], at: str) -> None:
    assert ask(row) == datetime.fromisoformat(at)


@pytest.mark.parametrize(("row", "sentence"), CASES["refused"], ids=str)
def test_a_wrong_time_is_refused_in_the_words_of_the_contract(row: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidError, match=sentence) as refusal:
        ask(row)

    assert list(refusal.value.fields.values()) == [str(refusal.value)]


@pytest.mark.parametrize("said", CASES["telegram_schedule"]["accepted"])
def test_a_time_before_a_text_is_taken(said: str) -> None:
    assert understand(said, NOW, ZoneInfo("Europe/Berlin")).text in ("check", "revisar")


@pytest.mark.parametrize("said", CASES["telegram_schedule"]["refused"])
def test_a_text_without_a_clear_time_is_refused(said: str) -> None:
    with pytest.raises(InvalidError):
        understand(said, NOW, ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("10m", 600), ("2h", 7200), ("1d", 86_400), ("1h30m", 5400), (" 2W ", 1_209_600)]
)
def test_a_delay_is_the_sum_of_its_parts(text: str, seconds: int) -> None:
    assert parse_delay(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "10", "10x", "30m1h", "-5m", "1.5h", "１h", "9" * 90 + "d"])
def test_a_delay_without_units_or_sense_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        parse_delay(text)


@pytest.mark.parametrize(
    "row", [{"delay_days": float("nan")}, {"delay_seconds": float("inf")}, {"run_at": "0001-01-01T00:00:00+14:00"}], ids=str
)
def test_numbers_that_no_clock_reaches_are_refused(row: dict[str, Any]) -> None:
    with pytest.raises(InvalidError):
        when(now=NOW, **row)


@pytest.mark.parametrize("run_at", ["2026-04-01", "2026-04-01T25:00:00+00:00", "1775037600", "2026-04-01T09:00:00 Berlin"])
def test_a_time_that_iso_8601_does_not_know_is_refused_with_an_example(run_at: str) -> None:
    with pytest.raises(InvalidError, match=r"2030-06-15T09:30:00\+02:00"):
        when(now=NOW, run_at=run_at, time_zone="Europe/Berlin")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "Europe", "", "\x00"])
def test_a_zone_that_does_not_exist_completes_no_local_time(zone: str) -> None:
    with pytest.raises(InvalidError):
        when(now=NOW, run_at="2026-04-01T09:00:00", time_zone=zone)
