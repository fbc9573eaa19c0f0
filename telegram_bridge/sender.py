"""Send the outbox: in each chat one after the other and in order, in different chats at once."""

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import django.db

from chat import hints
from telegram_bridge import ears, past, pending, planning
from telegram_bridge.bot import BotError, Door
from telegram_bridge.calls import carry_out, remove
from telegram_bridge.database import disconnect
from telegram_bridge.fates import decide, unheard
from telegram_bridge.turns import turn
from workflows.threads import db

logger = logging.getLogger(__name__)

# A lost hint costs this much time; where something waits for its time, it is looked for more often.
IDLE_SECONDS = 2.0
WAITING_SECONDS = 0.3
# Hints come in swarms.
SWARM_SECONDS = 0.1
RETRY_SECONDS = 0.5
# A fault of ours with one chat: it may be the same the next time.
SICK_SECONDS = 30.0


async def run(door: Door, stop: asyncio.Event) -> None:
    """Send what has to be sent until `stop`."""
    await Sender(door, stop).run()


class Sender:
    """The chats that are being served, and those where something of ours went wrong."""

    def __init__(self, door: Door, stop: asyncio.Event) -> None:
        self.door, self.stop = door, stop
        self.chats: dict[int, asyncio.Task[None]] = {}
        self.sick: dict[int, float] = {}
        self.unplanned: dict[tuple[str, int], float] = {}

    async def run(self) -> None:
        """Until `stop`; then what is on its way may arrive, for as long as nobody cancels this."""
        try:
            async with ears.listening(hints.PAGE, hints.TELEGRAM) as heard:
                while not self.stop.is_set():
                    await ears.wait(heard, self.stop, await self.look())
                    await asyncio.sleep(SWARM_SECONDS)
            if self.chats:
                await asyncio.wait(list(self.chats.values()))
        finally:
            # Before the door is closed under them.
            left = list(self.chats.values())
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def look(self) -> float:
        """Put news into the outbox and serve the chats that have any; in how many seconds to look again, without a hint."""
        try:
            await db(plan, self.unplanned)
            for chat in await db(pending.chats_due):
                if chat not in self.chats and time.monotonic() >= self.sick.get(chat, 0.0):
                    self.chats[chat] = asyncio.create_task(serve(self.door, self.stop, chat))
                    self.chats[chat].add_done_callback(partial(self.done, chat))
            return WAITING_SECONDS if await db(pending.chats_due, IDLE_SECONDS) else IDLE_SECONDS
        except django.db.Error as exc:
            logger.warning("Nothing is sent to Telegram for now, the database cannot be used: %s", exc)
            await db(disconnect)
            return RETRY_SECONDS

    def done(self, chat: int, task: asyncio.Task[None]) -> None:
        """A chat has been served; what went wrong there is said, and the others go on."""
        del self.chats[chat]
        if not task.cancelled() and (error := task.exception()):
            self.sick[chat] = time.monotonic() + SICK_SECONDS
            logger.error("A chat could not be served, it is tried again in %.0f s.", SICK_SECONDS, exc_info=error)


def plan(sick: dict[tuple[str, int], float]) -> None:
    """Put what was said in the conversations into the outbox. `sick`: until when what went wrong is left alone."""
    for what in (planning, past):
        for pk in what.behind():
            if time.monotonic() >= sick.get((what.__name__, pk), 0.0):
                plan_one(what, pk, sick)


def plan_one(what: ModuleType, pk: int, sick: dict[tuple[str, int], float]) -> None:
    """Put what was said in one conversation into the outbox. What goes wrong there is said, and the others go on."""
    try:
        while what.plan(pk) == planning.CHUNK:
            pass
    except (django.db.OperationalError, django.db.InterfaceError):
        raise
    # What a message makes go wrong is known by no name beforehand, and must not keep all others from their answers.
    except Exception:
        sick[what.__name__, pk] = time.monotonic() + SICK_SECONDS
        logger.exception("The news of a conversation could not be prepared for Telegram, it is tried again in %.0f s.", SICK_SECONDS)


async def serve(door: Door, stop: asyncio.Event, chat: int) -> None:
    """Send what is due in a chat, one after the other."""
    while not stop.is_set():
        async with turn(door, chat):
            job = await insist(pending.head, chat)
            if job is None:
                return
            if not job.doubtful or await is_there(door, job):
                await attempt(door, job)


async def is_there(door: Door, job: pending.Job) -> bool:
    """Whether Telegram answers at all. If not, what may be sent only once more waits until it does."""
    try:
        await door.call("getMe")
    except BotError as exc:
        await insist(pending.put_off, job, unheard(exc, job.delivery))
        return False
    return True


async def attempt(door: Door, job: pending.Job) -> None:
    """Make one delivery, and record what came of it."""
    if not await insist(pending.take, job):
        return
    try:
        telegram_id = await carry_out(door, job)
    except BotError as exc:
        fate = decide(exc, job.delivery, harmless=job.harmless)
        logger.info("Delivery %s: %s; %s", job.delivery.pk, fate.error, fate.act.value)
        await insist(pending.failed, job, fate)
    else:
        await insist(pending.sent, job, telegram_id)
        # Not before: whoever dies between sending and noting it sends twice.
        if job.live and not job.takes_over:
            await remove(door, job.delivery.chat.chat_id, job.live)
            await insist(pending.forget, job.live)


async def insist(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a database function until the database takes it: what was sent and is not recorded would be sent again."""
    while True:
        try:
            return await db(function, *arguments)
        except (django.db.OperationalError, django.db.InterfaceError) as exc:
            logger.warning("The database cannot be used, Telegram's answer waits for it: %s", exc)
            await db(disconnect)
            await asyncio.sleep(RETRY_SECONDS)
