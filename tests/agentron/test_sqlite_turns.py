"""Who writes to SQLite, and in what order."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, ProgrammingError, connection, transaction

from agentron.sqlite3 import turns
from tests.factories import make_user

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not os.environ["DATABASE_URL"].startswith("sqlite"), reason="PostgreSQL needs no turns."),
]


@pytest.fixture
def file() -> str:
    return f"{connection.settings_dict['NAME']}-turn"


def is_free(file: str, seconds: float = 5) -> bool:
    # Somebody who walked away may still be about to get the turn, and give it back: that takes a moment.
    descriptor = turns.take(file, seconds)
    if descriptor is not None:
        turns.give(descriptor)
    return descriptor is not None


def test_a_transaction_holds_the_turn_until_it_ends(file: str) -> None:
    with transaction.atomic():
        make_user()
        assert not is_free(file, 0)
    assert is_free(file)


def test_a_failed_transaction_gives_it_back(file: str) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        make_user(str(1 / 0))
    assert is_free(file)


def test_a_connection_that_closes_in_a_transaction_gives_it_back(file: str) -> None:
    def lose_it() -> None:
        with transaction.atomic():
            connection.close()
            make_user()

    with pytest.raises(ProgrammingError):
        lose_it()
    assert is_free(file)


def test_reading_needs_no_turn(file: str) -> None:
    descriptor = turns.take(file, 1)
    assert descriptor is not None

    assert not User.objects.exists()
    turns.give(descriptor)


def write_alone() -> None:
    User.objects.update(first_name="a")


def write_together() -> None:
    with transaction.atomic():
        User.objects.update(first_name="a")


@pytest.mark.parametrize("write", [write_alone, write_together])
def test_who_waits_too_long_is_told_that_the_database_is_locked(
    file: str, write: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.05)
    descriptor = turns.take(file, 1)
    assert descriptor is not None

    with pytest.raises(OperationalError, match="database is locked"):
        write()
    turns.give(descriptor)

    write()
    assert is_free(file)


def test_who_walked_away_does_not_take_the_turn_later(tmp_path: Path) -> None:
    file = str(tmp_path / "turn")
    first = turns.take(file, 1)
    assert first is not None
    assert turns.take(file, 0.01) is None

    turns.give(first)

    second = turns.take(file, 1)
    assert second is not None
    turns.give(second)
