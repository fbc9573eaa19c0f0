"""The admin's front page: figures of the reader's days, and sentences about what is missing."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from agentron.charts import Column, bars
from agentron.dashboard import DAYS, Day, cost_chart, days, overview, runs_chart
from agentron.presence import presences
from tests.factories import make_conversation, make_run, make_user
from workflows.models import Heartbeat, Run, RunStatus


def ended(at: datetime, **fields: Any) -> Run:
    """A run that ended at `at`."""
    return make_run(make_conversation(), **{"status": RunStatus.SUCCEEDED, "finished_at": at, **fields})


def sentences(*beats: Heartbeat) -> list[str]:
    return [one.sentence for one in presences(beats, timezone.now())]


def beat(kind: str, **ago: int) -> Heartbeat:
    return Heartbeat(kind=kind, name=f"host:{kind}", at=timezone.now() - timedelta(**ago))


@pytest.mark.django_db
def test_a_run_counts_on_the_day_that_it_was_where_the_reader_is() -> None:
    now = datetime(2026, 3, 30, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    ended(datetime(2026, 3, 29, 21, 59, tzinfo=UTC), input_tokens=10, output_tokens=2, cost=Decimal("0.5"))
    ended(datetime(2026, 3, 29, 22, 0, tzinfo=UTC), status=RunStatus.FAILED)
    ended(datetime(2026, 3, 1, tzinfo=UTC))

    found = days(now)

    assert len(found) == DAYS
    assert found[-2] == Day(date(2026, 3, 29), {"succeeded": 1}, 10, 2, Decimal("0.5"))
    assert found[-1] == Day(date(2026, 3, 30), {"failed": 1})


def test_the_tallest_bar_fills_its_chart_and_pieces_stand_on_each_other() -> None:
    low, high = bars([Column(date(2026, 1, 1), {"a": 1, "b": 0}, ""), Column(date(2026, 1, 2), {"a": 1, "b": 3}, "")])

    assert [(piece.kind, piece.y, piece.height) for piece in low.pieces] == [("a", "75.00", "25.00")]
    assert [(piece.kind, piece.y, piece.height) for piece in high.pieces] == [("a", "75.00", "25.00"), ("b", "0.00", "75.00")]


def test_a_chart_says_what_it_shows_in_words() -> None:
    history = [Day(date(2026, 1, 1), {"succeeded": 2, "failed": 1}, cost=Decimal("0.25")), Day(date(2026, 1, 2))]

    assert [bar.words for bar in runs_chart(history).bars] == ["2 succeeded, 1 failed", "none"]
    assert (cost_chart(history).total, cost_chart(history[1:]).is_flat) == ("$0.2500", True)


def test_what_is_missing_is_told_with_what_to_do() -> None:
    worker, clock = sentences(beat("worker", minutes=3))

    assert worker == "No worker has been heard of for 3 min: start one with `agentron worker`, or everything with `agentron up`."
    assert clock.startswith("No clock is running: `agentron worker` starts one")


def test_nothing_is_missing_while_all_are_heard() -> None:
    assert sentences(beat("worker", seconds=1), beat("clock", seconds=1)) == ["", ""]


@pytest.mark.django_db
def test_before_the_first_run_the_page_teaches(client: Client) -> None:
    client.force_login(make_user(is_superuser=True, is_staff=True))

    page = client.get("/admin/").content.decode()

    assert "Nothing has run yet" in page
    assert "Connect a model" in page
    assert not overview(timezone.localtime())["charts"]
