"""Hints that come when nobody can hear them any more."""

import asyncio
import threading

import pytest

from chat import hints
from telegram_bridge import ears


class Late:
    """A listener whose hint comes when the loop of its owner has been closed."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def wait(self, _: float) -> set[str]:
        self.closed.wait(10)
        return {"late"}

    def close(self) -> None:
        """It holds nothing."""


async def cut_off() -> None:
    """Listen, and be cancelled while waiting for the ear to end."""

    async def listen() -> None:
        async with ears.listening(hints.TELEGRAM):
            pass

    task = asyncio.create_task(listen())
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_a_hint_that_comes_after_the_loop_has_ended_harms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Late()
    failed: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(hints, "listen", lambda _: listener)
    monkeypatch.setattr(threading, "excepthook", failed.append)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(cut_off())
    ear = next(thread for thread in threading.enumerate() if thread.name == f"ear-{hints.TELEGRAM}")

    loop.close()
    listener.closed.set()
    ear.join(10)

    assert not ear.is_alive()
    assert not failed
