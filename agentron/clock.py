"""The clock: once a second it does what is due. Any number of clocks may tick at once."""

import logging
import time
from collections.abc import Callable
from typing import NoReturn

from django import db

from workflows import engine
from workflows.life import end_on_signal, here
from workflows.models import Heartbeat

TICK_SECONDS = 1.0
BEAT_SECONDS = 3.0

log = logging.getLogger(__name__)


def run(came_round: Callable[[], None] = lambda: None) -> None:
    """Tick until SIGTERM, calling `came_round` each time."""
    end_on_signal()
    try:
        tick_on(came_round)
    finally:
        Heartbeat.end(here())


def tick_on(came_round: Callable[[], None]) -> NoReturn:
    """Tick once a second, and show life every third time."""
    beat_at = 0.0
    while True:
        came_round()
        started = time.monotonic()
        if tick(beat=started >= beat_at) and started >= beat_at:
            beat_at = started + BEAT_SECONDS
        time.sleep(max(0.0, TICK_SECONDS - (time.monotonic() - started)))


def tick(*, beat: bool) -> bool:
    """One round; False when the database was away."""
    try:
        engine.sweep()
        if beat:
            Heartbeat.beat(Heartbeat.Kind.CLOCK, here())
    except db.Error as exc:
        log.warning("The database does not answer: %s", str(exc).strip().split("\n")[0])
        # The next round opens a new connection.
        db.connection.close()
        return False
    return True
