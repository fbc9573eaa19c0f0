"""Asks Telegram for updates, and asks on only when what came is stored: so none is lost, whenever the process dies."""

import asyncio
import logging
import time

from telegram_bridge import inbox, state
from telegram_bridge.bot import BotError, OtherPollerError
from telegram_bridge.database import db
from telegram_bridge.handling import KINDS
from telegram_bridge.session import Session, pause, unless

log = logging.getLogger(__name__)

# How long Telegram holds a poll while there is nothing; it allows 50.
WAIT_SECONDS = 25
# An empty answer that came sooner was no long poll: do not ask in a circle.
SHORTEST_SECONDS = 1.0


async def run(session: Session) -> None:
    """Fetch until the session ends. What a poll that is broken off would have brought is asked for again."""
    await unless(session.stop, fetch_on(session))


async def fetch_on(session: Session) -> None:
    """Poll, store, poll again; after failures with growing pauses."""
    failures = 0
    webhook_left = greeted = False
    while True:
        begun = time.monotonic()
        try:
            if not webhook_left:
                await leave_webhook(session)
                webhook_left = True
            # The first one answers at once, so that the pages say within a second whether Telegram is there.
            came = await fetch(session, WAIT_SECONDS if greeted else 0)
            greeted = True
        except BotError as exc:
            failures += 1
            webhook_left = webhook_left and not isinstance(exc, OtherPollerError)
            await db(state.conflicted if isinstance(exc, OtherPollerError) else state.failed, session.bot_id, str(exc))
            log.warning("Polling failed: %s", exc)
            await asyncio.sleep(pause(exc, failures))
        else:
            failures = 0
            if not came and time.monotonic() - begun < SHORTEST_SECONDS:
                await asyncio.sleep(SHORTEST_SECONDS)


async def fetch(session: Session, wait: int) -> bool:
    """One poll of at most `wait` seconds; whether any update came. Raises BotError."""
    offset = await db(state.offset, session.bot_id)
    updates = await session.door.poll(offset, wait, KINDS)
    session.heard()
    return bool(await db(inbox.take_in, session.bot_id, updates, offset))


async def leave_webhook(session: Session) -> None:
    """While a webhook is set, Telegram refuses polls; what waits there is kept. Raises BotError."""
    if (await session.door.call("getWebhookInfo")).get("url"):
        await session.door.call("deleteWebhook")
    await db(state.webhook_is, session.bot_id, "")
