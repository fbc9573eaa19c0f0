from collections.abc import Callable
from datetime import timedelta

import pytest
from django import db
from django.utils import timezone

from agentron import clock
from tasks import clock as due
from workflows import engine
from workflows.models import Heartbeat

pytestmark = pytest.mark.django_db


class Hints:
    """Stands for the hints; ends the clock when it has rested so often."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds
        self.naps: list[float] = []

    def wait(self, seconds: float) -> set[str]:
        self.naps.append(seconds)
        if len(self.naps) == self.rounds:
            raise SystemExit(0)
        return set()

    def close(self) -> None:
        """There is nothing to close."""


@pytest.fixture
def swept(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Grows with each look after the runs."""
    found: list[bool] = []
    monkeypatch.setattr(engine, "sweep", lambda: found.append(True))
    return found


def tick(monkeypatch: pytest.MonkeyPatch, rounds: int = 1, check: Callable[[], None] = lambda: None) -> Hints:
    """Let the clock come round so often; `check` is called while it is alive."""
    hints = Hints(rounds)
    monkeypatch.setattr(clock, "end_on_signal", lambda: None)
    monkeypatch.setattr("chat.hints.listen", lambda _: hints)
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(SystemExit):
        clock.run(check)
    return hints


def test_it_looks_after_runs_once_a_second_and_does_what_is_due_each_time(swept: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[bool] = []
    monkeypatch.setattr(due, "fire_due", lambda: looked.append(True))

    tick(monkeypatch, rounds=5)

    assert (len(swept), len(looked)) == (1, 5)


def test_it_shows_life_until_it_ends_in_order(swept: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    alive: list[int] = []

    tick(monkeypatch, rounds=2, check=lambda: alive.append(Heartbeat.objects.filter(kind=Heartbeat.Kind.CLOCK).count()))

    assert alive == [0, 1]
    assert not Heartbeat.objects.exists()


def test_it_outlives_a_database_that_is_away_and_shows_no_life_then(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[bool] = []

    def away() -> None:
        tries.append(True)
        if len(tries) < 3:
            raise db.OperationalError("the connection is closed")

    closed: list[bool] = []
    beats: list[int] = []
    monkeypatch.setattr(due, "fire_due", away)
    monkeypatch.setattr(db.connection, "close", lambda: closed.append(True))

    tick(monkeypatch, check=lambda: beats.append(Heartbeat.objects.count()))

    assert len(closed) == 2
    assert beats == [0, 0, 0]


@pytest.mark.parametrize(("ahead", "least", "most"), [(-5, 0.01, 0.05), (0.4, 0.2, 0.41), (3600, 0.5, 1), (None, 0.5, 1)])
def test_it_rests_until_something_is_due_and_at_most_a_second(
    swept: list[bool], monkeypatch: pytest.MonkeyPatch, ahead: float | None, least: float, most: float
) -> None:
    monkeypatch.setattr(due, "next_wake", lambda: None if ahead is None else timezone.now() + timedelta(seconds=ahead))

    (nap,) = tick(monkeypatch).naps

    assert least <= nap <= most
