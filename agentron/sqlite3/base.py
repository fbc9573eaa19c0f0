"""SQLite under many writers.

SQLite lets a writer wait by sleeping longer and longer, up to 0.1 s at a time, and has no line: under eight busy
processes some wait for seconds and fail at last (“database is locked”). Here every write waits for its turn first,
so that each gets the same share, and waits 0.2 s where it was 3 s.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from agentron.sqlite3 import turns

WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that writes when it is its turn; reading needs none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.turn: int | None = None
        self.execute_wrappers.append(write_in_turn)

    def take_turn(self) -> None:
        """Wait for the turn, as long as the setting `timeout` allows."""
        if self.turn is not None or self.is_in_memory_db():
            return
        patience = float(self.settings_dict["OPTIONS"].get("timeout", 5))
        self.turn = turns.take(f"{self.settings_dict['NAME']}-turn", patience)
        if self.turn is None:
            raise OperationalError("database is locked")

    def give_turn(self) -> None:
        if self.turn is not None:
            turns.give(self.turn)
            self.turn = None

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """For a statement that is a transaction of its own."""
        self.take_turn()
        try:
            yield
        finally:
            self.give_turn()

    def _start_transaction_under_autocommit(self) -> None:
        self.take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # Django's own, without a stub.
        except BaseException:
            self.give_turn()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self.give_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self.give_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self.give_turn()


def write_in_turn(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Let a write outside a transaction wait for its turn too."""
    connection: DatabaseWrapper = context["connection"]
    if connection.in_atomic_block or not WRITES.match(sql):
        return execute(sql, params, many, context)
    with connection.in_turn():
        return execute(sql, params, many, context)
