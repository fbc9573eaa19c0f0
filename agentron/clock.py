"""The clock: does what is due at its time, and once a second looks after runs. Any number of clocks may tick at once."""

import logging
import time
from collections.abc import Callable
from typing import NoReturn

from django import db
from django.utils import timezone

from chat import hints
from tasks import clock, mirror, settling
from workflows import engine
from workflows.life import end_on_signal, here
from workflows.models import Heartbeat

TICK_SECONDS = 1.0
BEAT_SECONDS = 3.0
REPAIR_SECONDS = 5.0
MIRROR_SECONDS = 60.0
# What could not be done just now, because another clock is at it, is not asked for without a pause.
SHORTEST_NAP_SECONDS = 0.02

log = logging.getLogger(__name__)


def run(came_round: Callable[[], None] = lambda: None) -> None:
    """Tick until SIGTERM, calling `came_round` each time."""
    end_on_signal()
    listener = hints.listen(hints.CLOCK)
    try:
        tick_on(came_round, listener)
    finally:
        listener.close()
        Heartbeat.end(here())


def tick_on(came_round: Callable[[], None], listener: hints.Listener) -> NoReturn:
    """Do what is due as soon as it is, and everything else at its own pace."""
    paces: dict[Callable[[], object], Pace] = {
        engine.sweep: Pace(TICK_SECONDS),
        settling.repair: Pace(REPAIR_SECONDS),
        mirror.repair: Pace(MIRROR_SECONDS),
        beat: Pace(BEAT_SECONDS),
    }
    while True:
        came_round()
        deeds = [clock.fire_due, *(deed for deed, pace in paces.items() if pace.comes_round())]
        # Each by itself: one that fails must not keep the others from happening. But who has failed shows no life.
        done = [attempt(deed) for deed in deeds if deed is not beat]
        if all(done) and (beat not in deeds or attempt(beat)) and attempt(lambda: listener.wait(nap(paces[engine.sweep].left()))):
            continue
        time.sleep(TICK_SECONDS)


def attempt(deed: Callable[[], object]) -> bool:
    """Do it; False when the database was away."""
    try:
        deed()
    except db.Error as exc:
        log.warning("The database does not answer: %s", str(exc).strip().split("\n")[0])
        # The next round opens a new connection.
        db.connection.close()
        return False
    return True


def beat() -> None:
    """Show life, and how late the latest of the last minute was."""
    Heartbeat.beat(Heartbeat.Kind.CLOCK, here(), late_ms=clock.lateness())


def nap(longest: float) -> float:
    """Seconds until something is due, at most `longest`; a hint ends the nap earlier.

    Times are compared anew each second: whoever sets the machine's clock is noticed by then.
    """
    due_at = clock.next_wake()
    left = (due_at - timezone.now()).total_seconds() if due_at else longest
    return max(SHORTEST_NAP_SECONDS, min(left, longest))


class Pace:
    """How often something is done: not more than once in `seconds`, at first at once."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.next_at = 0.0

    def comes_round(self) -> bool:
        """Whether it is to be done now; then not again for so long."""
        if self.left():
            return False
        self.next_at = time.monotonic() + self.seconds
        return True

    def left(self) -> float:
        """Seconds until it is to be done again."""
        return max(0.0, self.next_at - time.monotonic())
