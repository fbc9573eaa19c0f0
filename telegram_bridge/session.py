"""One connection with one bot: what its parts share, and how they begin and end together."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from telegram_bridge import commands, state
from telegram_bridge.bot import CONNECT_SECONDS, UPLOAD_SECONDS, BotError, Door, TokenError, WaitError
from telegram_bridge.database import db
from telegram_bridge.models import TelegramSettings

log = logging.getLogger(__name__)

LONGEST_PAUSE = 15.0
# A token that Telegram does not know is not tried more often; new settings are noticed sooner.
TOKEN_PAUSE = 30.0
MENU_TRIES = 5
# In which what is under way may end when the session ends, and there is hurry.
END_SECONDS = 2.5
# Without hurry, what is being sent may end. Only a large file on a slow line may take longer, and is sent once more.
SENT_SECONDS = CONNECT_SECONDS + UPLOAD_SECONDS + 5.0


@dataclass
class Session:
    """What fetching, handling and sending share. `stop` ends them all; with `hurry`, what is being sent is broken off."""

    door: Door
    settings: TelegramSettings
    bot_id: int
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    # When Telegram last answered a poll, on the clock of time.monotonic; sends do not count.
    heard_at: float = field(default_factory=time.monotonic)
    errands: set[asyncio.Task[None]] = field(default_factory=set)
    # Each is read into memory when it is stored.
    downloads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(3))

    def heard(self) -> None:
        """Telegram has answered."""
        self.heard_at = time.monotonic()

    def spawn(self, errand: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Have something done beside; the session's end waits a little for it."""
        task = asyncio.create_task(errand)
        self.errands.add(task)
        task.add_done_callback(self.errands.discard)
        return task


async def nap(event: asyncio.Event, seconds: float) -> None:
    """Until `event`, at most `seconds`."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def pause(error: BotError, failures: int) -> float:
    """Seconds until Telegram is asked again after that many failures in a row."""
    match error:
        case WaitError():
            return error.seconds
        case TokenError():
            return TOKEN_PAUSE
    return min(LONGEST_PAUSE, 0.5 * 2.0 ** min(failures, 10))


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do something that may be broken off at any point, until `stop`."""
    task, over = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([task, over], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
    finally:
        for one in (task, over):
            one.cancel()
        await asyncio.gather(task, over, return_exceptions=True)


async def introduce(session: Session) -> None:
    """Find out who the bot is, as often as it takes, and have its commands in Telegram's menu."""
    failures = 0
    while True:
        try:
            found = await session.door.call("getMe")
        except BotError as exc:
            failures += 1
            log.warning("Telegram does not say who the bot is: %s", exc)
            await db(state.failed, session.bot_id, str(exc))
            await asyncio.sleep(pause(exc, failures))
        else:
            await db(state.introduced, session.bot_id, found)
            session.spawn(set_menu(session))
            return


async def set_menu(session: Session) -> None:
    """Put the commands into the menu; without it they can be typed."""
    for failures in range(1, MENU_TRIES + 1):
        try:
            await session.door.call("setMyCommands", commands=commands.MENU)
            return
        except BotError as exc:
            log.warning("The menu of commands could not be set: %s", exc)
            await nap(session.stop, pause(exc, failures))
        if session.stop.is_set():
            return


async def hold(session: Session, parts: "list[Part]") -> None:
    """Be connected until the session's `stop`: introduce the bot, then run `parts` side by side, and end them in order."""
    work = asyncio.create_task(together(session, parts))
    over, hurry = asyncio.create_task(session.stop.wait()), asyncio.create_task(session.hurry.wait())
    try:
        await asyncio.wait([work, over], return_when=asyncio.FIRST_COMPLETED)
        # What is under way may end.
        await asyncio.wait([work, *session.errands], timeout=END_SECONDS)
        for errand in session.errands:
            errand.cancel()
        if not hurry.done():
            await asyncio.wait([work, hurry], timeout=SENT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait([work], timeout=END_SECONDS if hurry.done() else 0)
    finally:
        for task in (work, over, hurry, *session.errands):
            task.cancel()
        await asyncio.gather(over, hurry, *session.errands, return_exceptions=True)
    with suppress(asyncio.CancelledError):
        await work


async def together(session: Session, parts: "list[Part]") -> None:
    """All parts, until each has ended; if one fails, the others end with it."""
    await unless(session.stop, introduce(session))
    if session.stop.is_set():
        return
    async with asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(part(session))


Part = Callable[[Session], Coroutine[Any, Any, None]]
