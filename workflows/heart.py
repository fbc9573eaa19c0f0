"""The heartbeat that keeps a worker's leases: a thread with a connection of its own.

It beats only while the event loop turns. A lock wait in the database thread must not cost the leases; a hung loop must.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from uuid import UUID

import django.db
from django.db import connection

from workflows import queue

logger = logging.getLogger(__name__)

BEAT_SECONDS = 3
TICK_SECONDS = 0.5


class Heart:
    """Renews the leases of the runs that `held` lists, every three seconds."""

    def __init__(self, name: str, held: Callable[[], list[UUID]], loop: asyncio.AbstractEventLoop) -> None:
        self.name, self.held, self.loop = name, held, loop
        self.ticked = time.monotonic()
        self.over = threading.Event()
        self.ticker = loop.create_task(self.tick())
        self.thread = threading.Thread(target=self.beat, name="heart", daemon=True)
        self.thread.start()

    async def tick(self) -> None:
        """Show that the loop turns."""
        while True:
            self.ticked = time.monotonic()
            await asyncio.sleep(TICK_SECONDS)

    def beat(self) -> None:
        """The thread: renew, wait, again; a database that is away is tried anew at the next beat."""
        while not self.over.wait(BEAT_SECONDS):
            if time.monotonic() - self.ticked > BEAT_SECONDS:
                logger.error("The event loop has not turned for %.1f s: leases are not renewed", time.monotonic() - self.ticked)
                continue
            try:
                queue.renew(self.name, self.held())
            except django.db.Error:
                logger.warning("The leases could not be renewed", exc_info=True)
                connection.close()
        connection.close()

    def stop(self) -> None:
        """Stop beating; the leases left run out by themselves."""
        self.over.set()
        self.ticker.cancel()
        self.thread.join(1)
