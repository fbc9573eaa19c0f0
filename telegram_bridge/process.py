"""The telegram process: keeps the lease, and while it has it the connection with the bot that the settings name.

It looks at the settings every second, so that none of them needs a restart.
"""

import asyncio
import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, close_old_connections

from telegram_bridge import lease, state
from telegram_bridge.database import disconnect, first_line
from telegram_bridge.models import TelegramSettings
from workflows.life import here
from workflows.models import Heartbeat

if TYPE_CHECKING:
    from telegram_bridge.session import Session

log = logging.getLogger(__name__)

ROUND_SECONDS = 1.0
BEAT_SECONDS = 5.0
PRUNE_SECONDS = 3600.0
# So long without an answer to a poll, the connection is made anew: something in it may be stuck.
DEAF_SECONDS = 120.0
THREADS = 16
# Half a second below the promise.
END_SECONDS = 4.5


def run(came_round: Callable[[], None] = lambda: None) -> None:
    """Be the telegram process until SIGTERM or Ctrl-C, calling `came_round` about every second."""
    asyncio.run(Process(came_round).main())


@dataclass(frozen=True)
class Wish:
    """What the settings ask for: this bot, set up at that time."""

    settings: TelegramSettings = field(compare=False)
    token: str
    changed_at: datetime


class Process:
    """The loop that begins and ends connections."""

    def __init__(self, came_round: Callable[[], None] = lambda: None) -> None:
        self.came_round = came_round
        self.name = lease.me()
        self.stop = asyncio.Event()
        self.wish: Wish | None = None
        self.session: Session | None = None
        self.work: asyncio.Task[None] | None = None
        self.leased_until = 0.0
        self.bot_id = -1
        self.renew_at = self.beat_at = self.prune_at = 0.0

    async def main(self) -> None:
        """Until told to stop."""
        loop = asyncio.get_running_loop()
        # Every listener for hints holds one of these threads; those left look up addresses.
        loop.set_default_executor(ThreadPoolExecutor(THREADS))
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.end)
        try:
            while not self.stop.is_set():
                await self.come_round()
                self.came_round()
                await self.nap()
        finally:
            await self.hang_up()
            await sync_to_async(self.leave)()

    def end(self) -> None:
        """End in order, or at least in time: what a database that hangs keeps is given back by running out."""
        self.stop.set()
        last = threading.Timer(END_SECONDS, os._exit, (0,))
        last.daemon = True
        last.start()

    async def nap(self) -> None:
        """Until the next round is due, the work has ended, or the process is to end."""
        stopped = asyncio.create_task(self.stop.wait())
        waits = [stopped] if self.work is None else [stopped, self.work]
        await asyncio.wait(waits, timeout=ROUND_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if self.work and self.work.done():  # A fault of ours ends the process, which the supervisor starts anew.
            await self.hang_up()

    async def come_round(self) -> None:
        """Look at the settings and at the lease, and connect or hang up accordingly."""
        try:
            wish = await sync_to_async(self.look)()
        except Error as exc:
            log.error("The database does not answer, it is tried again: %s", first_line(exc))
            await sync_to_async(disconnect)()
            wish = self.wish if time.monotonic() < self.leased_until else None
        if self.work and wish != self.wish:
            self.part()
        if self.session and not self.session.stop.is_set() and time.monotonic() - self.session.heard_at > DEAF_SECONDS:
            log.error("Telegram has not answered a poll for %.0f s: the connection is made anew.", DEAF_SECONDS)
            self.part()
        if wish and not self.work:
            self.connect(wish)

    def look(self) -> Wish | None:
        """What the settings ask for, if it is for this process to do it. Shows life and keeps the lease."""
        now = time.monotonic()
        if now >= self.beat_at:
            close_old_connections()
            Heartbeat.beat(Heartbeat.Kind.TELEGRAM, here())
            self.beat_at = now + BEAT_SECONDS
        wish = wanted()
        if wish is None and not self.work:
            if self.leased_until:
                lease.release(self.name)
                self.leased_until = 0.0
            return None
        if now >= self.renew_at or not self.leased_until:
            self.leased_until = now + lease.SECONDS if lease.take(self.name) else 0.0
            self.renew_at = now + lease.RENEW_SECONDS
        if wish is None or not self.leased_until:
            return None
        if self.bot_id != wish.settings.bot_id() and not self.work:
            self.bot_id = wish.settings.bot_id()
            state.meet(self.bot_id)
        self.tidy(now)
        return wish

    def tidy(self, now: float) -> None:
        """Once an hour, forget what was handled long ago."""
        if now >= self.prune_at:
            from telegram_bridge import inbox, pending

            inbox.prune()
            pending.prune()
            self.prune_at = now + PRUNE_SECONDS

    def connect(self, wish: Wish) -> None:
        """Begin to work."""
        # Imported when it is needed: the libraries behind it cost memory, and most who have no bot never need them.
        from telegram_bridge import connecting

        self.wish = wish

        def begun(session: "Session") -> None:
            self.session = session

        self.work = asyncio.create_task(connecting.work(wish.token, wish.settings, begun))

    def part(self) -> None:
        """Let the work end, and what is being sent arrive; meanwhile the lease is kept."""
        if self.session:
            self.session.stop.set()
        elif self.work:
            self.work.cancel()

    async def hang_up(self) -> None:
        """End the work in order and soon; raises what it failed with."""
        self.part()
        if self.session:
            self.session.hurry.set()
        work, self.work, self.session = self.work, None, None
        if work:
            with contextlib.suppress(asyncio.CancelledError):
                await work

    def leave(self) -> None:
        """Give back the lease and the place among the processes; without a database both run out by themselves."""
        try:
            lease.release(self.name)
            Heartbeat.end(here())
        except Error as exc:
            log.warning("The lease could not be given back: %s", first_line(exc))
        disconnect()


def wanted() -> Wish | None:
    """What the settings ask for; None: nothing."""
    try:
        settings = TelegramSettings.now()
        token = settings.secret() if settings.enabled else ""
    except ImproperlyConfigured as exc:
        # A key that was lost: the checks say so too.
        log.error("%s", exc)
        return None
    return Wish(settings, token, settings.changed_at) if token else None
