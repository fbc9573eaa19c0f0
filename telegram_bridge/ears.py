"""Hints, for coroutines."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from django import db

from chat import hints

logger = logging.getLogger(__name__)

# So long an ear may notice late that it is to close.
WAIT_SECONDS = 0.5


@asynccontextmanager
async def listening(*kinds: str) -> AsyncIterator[asyncio.Event]:
    """An event that is set whenever a hint of one of `kinds` came, for as long as the block lasts."""
    heard, closing = asyncio.Event(), asyncio.Event()
    ears = [asyncio.create_task(listen(kind, heard, closing)) for kind in kinds]
    try:
        yield heard
    finally:
        closing.set()
        await asyncio.gather(*ears)


async def listen(kind: str, heard: asyncio.Event, closing: asyncio.Event) -> None:
    """Set `heard` with each hint of `kind`, until `closing`."""
    listener = await asyncio.to_thread(hints.listen, kind)
    try:
        while not closing.is_set():
            try:
                if await asyncio.to_thread(listener.wait, WAIT_SECONDS):
                    heard.set()
            except db.Error as exc:
                logger.warning("No hints for now, looking again from time to time instead: %s", exc)
                with suppress(TimeoutError):
                    await asyncio.wait_for(closing.wait(), WAIT_SECONDS)
    finally:
        await asyncio.to_thread(listener.close)


async def wait(heard: asyncio.Event, stop: asyncio.Event, seconds: float) -> None:
    """Wait for a hint or the end, `seconds` at most."""
    waits = [asyncio.create_task(event.wait()) for event in (heard, stop)]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for one in waits:
        one.cancel()
    heard.clear()
