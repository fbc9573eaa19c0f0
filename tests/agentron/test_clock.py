import pytest
from django import db

from agentron import clock
from workflows import engine
from workflows.models import Heartbeat

pytestmark = pytest.mark.django_db


def test_a_tick_sweeps_and_shows_that_the_clock_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[bool] = []
    monkeypatch.setattr(engine, "sweep", lambda: swept.append(True))

    assert clock.tick(beat=True)

    assert swept == [True]
    assert Heartbeat.objects.get().kind == Heartbeat.Kind.CLOCK


def test_the_clock_outlives_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise db.OperationalError("the connection is closed")

    closed: list[bool] = []
    monkeypatch.setattr(engine, "sweep", away)
    monkeypatch.setattr(db.connection, "close", lambda: closed.append(True))

    assert not clock.tick(beat=True)
    assert closed == [True]


def test_a_clock_that_ends_in_order_is_not_missed_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(seconds: float) -> None:
        assert Heartbeat.objects.exists()
        raise SystemExit(0)

    monkeypatch.setattr(clock, "end_on_signal", lambda: None)
    monkeypatch.setattr("time.sleep", stop)

    with pytest.raises(SystemExit):
        clock.run()

    assert not Heartbeat.objects.exists()


def test_two_clocks_do_no_harm() -> None:
    assert clock.tick(beat=True)
    assert clock.tick(beat=True)
