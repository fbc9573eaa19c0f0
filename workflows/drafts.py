"""The texts that stream, on their way into Draft rows: all of a worker's in one transaction, ten times a second."""

import asyncio
import logging
from contextlib import suppress
from uuid import UUID

import django.db
from asgiref.sync import sync_to_async

from workflows import journal
from workflows.journal import Hold, Stream

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 0.1
# Versions of a later claim are above all of an earlier one.
VERSIONS_A_FENCE = 1_000_000


class Drafts:
    """The newest text of each streaming step."""

    def __init__(self) -> None:
        self.dirty: dict[UUID, Stream] = {}
        self.versions: dict[UUID, int] = {}
        self.shown: set[UUID] = set()
        self.some = asyncio.Event()
        self.urgent = asyncio.Event()

    def put(self, hold: Hold, text: str) -> None:
        """Show `text`; the first of a reply is flushed at once."""
        step = hold.step_run_id
        self.versions[step] = number = self.versions.get(step, hold.fence * VERSIONS_A_FENCE) + 1
        self.dirty[step] = Stream(hold, text, number)
        self.some.set()
        if step not in self.shown:
            self.shown.add(step)
            self.urgent.set()

    def drop(self, hold: Hold) -> None:
        """Show nothing more of this reply; call it before the message is committed."""
        self.dirty.pop(hold.step_run_id, None)
        self.shown.discard(hold.step_run_id)
        if hold.step_run_id in self.versions:
            # Readers clear a draft under a version of its own.
            self.versions[hold.step_run_id] += 1

    async def keep_flushing(self) -> None:
        """Write what is new, pause, again. A flush that fails costs a frame, nothing else."""
        while True:
            await self.some.wait()
            self.some.clear()
            self.urgent.clear()
            streams, self.dirty = list(self.dirty.values()), {}
            if streams:
                try:
                    await sync_to_async(journal.flush)(streams)
                except django.db.Error:
                    logger.warning("Drafts could not be written", exc_info=True)
            with suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_SECONDS):
                    await self.urgent.wait()
