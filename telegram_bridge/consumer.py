"""Handles what is in the inbox: chats side by side, each in order, with downloads before and answers to buttons after."""

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import ExitStack, nullcontext
from functools import partial
from tempfile import TemporaryFile
from typing import IO, TypeVar

from chat import files as stored
from chat import hints
from telegram_bridge import ears, inbox, media
from telegram_bridge.bot import BotError, RejectedError, UnreachableError
from telegram_bridge.database import db
from telegram_bridge.inbox import Fate, Unit
from telegram_bridge.media import Kept, Wanted
from telegram_bridge.replies import Reply
from telegram_bridge.session import Session, nap, pause

T = TypeVar("T")

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
# Twice as long after each failure.
RETRY_SECONDS = 1.0
# A database that was away this often in a row for one update counts as a failure of it: it may be the update's fault.
MOST_TRIES = 20
DOWNLOAD_TRIES = 3
# Who is asked to wait longer for a file says so, instead of keeping the chat waiting.
LONGEST_WAIT = 30.0


async def run(session: Session) -> None:
    """Handle what comes until the session ends; then finish what is under way."""
    busy: dict[int, asyncio.Task[None]] = {}
    async with ears.listening(hints.TELEGRAM) as heard:

        def done(chat_id: int, task: asyncio.Task[None]) -> None:
            # Something may have come since it last looked.
            del busy[chat_id]
            if not task.cancelled() and (error := task.exception()):
                log.error("A chat could not be served, it is tried again", exc_info=error)
            else:
                heard.set()

        while not session.stop.is_set():
            for chat_id in await db(inbox.waiting_chats, session.bot_id):
                if chat_id not in busy:
                    busy[chat_id] = session.spawn(serve(session, chat_id))
                    busy[chat_id].add_done_callback(partial(done, chat_id))
            await ears.wait(heard, session.stop, LOOK_SECONDS)
        if busy:
            await asyncio.wait(busy.values())


async def serve(session: Session, chat_id: int) -> None:
    """Handle what is there of one chat."""
    while not session.stop.is_set():
        unit: Unit | None = await db(inbox.next_unit, session.bot_id, chat_id)
        if unit is None:
            return
        if unit.wait:
            await nap(session.stop, unit.wait)
        else:
            await handle(session, unit)


async def handle(session: Session, unit: Unit) -> None:
    """Handle one unit, and carry out what is to be told at once."""
    reply = await guarded(unit, carry_out(session, unit))
    match await db(inbox.fate, unit):
        case Fate.OPEN:
            await nap(session.stop, RETRY_SECONDS * 2.0 ** await db(inbox.failures, unit))
        case Fate.PARKED if unit.callback_id:
            reply = Reply(unit.callback_id, "That did not work. Whoever runs me can see why.")
        case Fate.PARKED:
            await guarded(unit, db(inbox.apologise, unit, tries=MOST_TRIES))
    if reply is not None:
        session.spawn(tell(session, reply))


async def guarded(unit: Unit, work: Awaitable[T]) -> T | None:
    """What comes of work for a unit; None if it failed. That is counted: it is tried again later, and parked after three failures."""
    try:
        return await work
    # What a message makes go wrong is known by no name beforehand, and must not stop those behind it.
    except Exception as exc:
        log.exception("Update %s could not be handled", unit.updates[0].update_id)
        await db(inbox.fail, unit, f"{type(exc).__name__}: {exc}")
        return None


async def carry_out(session: Session, unit: Unit) -> Reply | None:
    """Fetch what belongs to a unit and handle it; None if somebody else has, or will. Raises whatever goes wrong."""
    wanted: list[Wanted] = await db(media.wanted, unit.updates, tries=MOST_TRIES)
    async with session.downloads if wanted else nullcontext():
        with ExitStack() as opened:
            files = [await fetch(session, one, opened) for one in wanted]
            if session.stop.is_set() and any(file.problem for file in files):
                # It was not tried to the end: whoever comes next does.
                return None
            reply: Reply | None = await db(inbox.carry_out, unit, files, tries=MOST_TRIES)
    return reply


async def fetch(session: Session, wanted: Wanted, opened: ExitStack) -> Kept:
    """A file, on disk until `opened` is closed, or the sentence that says why it is not there."""
    content = opened.enter_context(scratch())
    for failures in range(1, DOWNLOAD_TRIES + 1):
        try:
            await session.door.download(wanted.file_id, stored.MAX_BYTES, content)
            return Kept(wanted, content)
        except (RejectedError, UnreachableError) as exc:
            log.warning("A file could not be fetched: %s", exc)
            break
        except BotError as exc:
            log.warning("A file could not be fetched: %s", exc)
            wait = pause(exc, failures)
            if failures == DOWNLOAD_TRIES or wait > LONGEST_WAIT or session.stop.is_set():
                break
            await nap(session.stop, wait)
    return Kept(wanted, problem=f"“{wanted.name[:100]}” could not be fetched from Telegram: please send it again.")


def scratch() -> IO[bytes]:
    """A file without a name, on the disk where the contents of files lie."""
    return TemporaryFile(dir=stored.folder())


async def tell(session: Session, reply: Reply) -> None:
    """Answer the button and show that a message was received. Neither is worth a second try."""
    try:
        if reply.callback_id:
            await session.door.call("answerCallbackQuery", callback_query_id=reply.callback_id, text=reply.toast or None)
        if reply.reaction:
            chat_id, message_id = reply.reaction
            await session.door.call(
                "setMessageReaction", chat_id=chat_id, message_id=message_id, reaction=[{"type": "emoji", "emoji": "👀"}]
            )
    except BotError as exc:
        log.info("Telegram was not told at once: %s", exc)
