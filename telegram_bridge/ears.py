"""Hints, for coroutines."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from django import db

from chat import hints

logger = logging.getLogger(__name__)

# So long an ear may notice late that it is to close.
WAIT_SECONDS = 0.5


@asynccontextmanager
async def listening(*kinds: str) -> AsyncIterator[asyncio.Event]:
    """An event that is set whenever a hint of one of `kinds` came, for as long as the block lasts."""
    loop, heard, closing = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def tell() -> None:
        # A loop that was cancelled ends before its ears do, and then raises this.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(heard.set)

    # Threads of their own: those that the loop lends are few, and these would keep them.
    ears = [threading.Thread(target=listen, args=(kind, tell, closing), name=f"ear-{kind}", daemon=True) for kind in kinds]
    for ear in ears:
        ear.start()
    try:
        yield heard
    finally:
        closing.set()
        for ear in ears:
            await asyncio.to_thread(ear.join)


def listen(kind: str, tell: Callable[[], None], closing: threading.Event) -> None:
    """Call `tell` with each hint of `kind`, until `closing`."""
    listener = hints.listen(kind)
    try:
        while not closing.is_set():
            try:
                if listener.wait(WAIT_SECONDS):
                    tell()
            except db.Error as exc:
                logger.warning("No hints for now, looking again from time to time instead: %s", exc)
                closing.wait(WAIT_SECONDS)
    finally:
        listener.close()


async def wait(heard: asyncio.Event, stop: asyncio.Event, seconds: float) -> None:
    """Wait for a hint or the end, `seconds` at most."""
    waits = [asyncio.create_task(event.wait()) for event in (heard, stop)]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for one in waits:
        one.cancel()
    heard.clear()
