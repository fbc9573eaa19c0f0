"""Times given once: a test for each row of tests/cases/oneshot.json, and of the words of the contract."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from workflows.errors import InvalidError
from workflows.schedules import when

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
