"""Looks after the webhook: Telegram is told where to call, and asked from time to time how that goes."""

import asyncio
import logging
import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from telegram_bridge import state
from telegram_bridge.bot import BotError
from telegram_bridge.database import db
from telegram_bridge.handling import KINDS
from telegram_bridge.session import Session, pause, unless

log = logging.getLogger(__name__)

PATH = "/api/telegram/webhook"
LOOK_SECONDS = 30.0
# So long after it was set again, for whoever takes it away or shows it otherwise may do so each time.
AGAIN_SECONDS = 2.0
# One call after the other, so that updates come in order; storing one takes milliseconds.
CONNECTIONS = 1


async def run(session: Session) -> None:
    """See to it that Telegram calls here, until the session ends."""
    if sentence := obstacle(session):
        log.error("%s", sentence)
        await db(state.failed, session.bot_id, sentence)
        await session.stop.wait()
        return
    await unless(session.stop, look_after(session))


def address() -> str:
    """Where Telegram calls."""
    return f"{settings.AGENTRON_URL.rstrip('/')}{PATH}"


def plain(url: str) -> str:
    """An address in the one form that means the same however it was written."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port not in (None, 443) else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


def obstacle(session: Session) -> str:
    """Why no webhook can be set, and what to do; empty: it can."""
    if not settings.AGENTRON_URL.startswith("https://"):
        return "A webhook needs a public https address: set AGENTRON_URL to it, or choose polling."
    if not session.settings.webhook_secret:
        return "The webhook has no secret: save the Telegram settings once more, which makes one."
    return ""


async def look_after(session: Session) -> None:
    """Set the webhook, then look every half minute whether it stands and what it complains of."""
    failures, is_set = 0, False
    while True:
        try:
            if not is_set:
                await set_webhook(session)
                is_set = True
            found = await session.door.call("getWebhookInfo")
        except BotError as exc:
            failures += 1
            log.warning("The webhook could not be looked after: %s", exc)
            await db(state.failed, session.bot_id, str(exc))
            await asyncio.sleep(pause(exc, failures))
            continue
        failures = 0
        session.heard()
        is_set = plain(found.get("url") or "") == plain(address())
        await db(note, session.bot_id, found, is_set)
        await asyncio.sleep(LOOK_SECONDS if is_set else AGAIN_SECONDS)


async def set_webhook(session: Session) -> None:
    """Tell Telegram where to call, and what to say so that it is believed. Raises BotError."""
    secret = session.settings.webhook_word()
    await session.door.call(
        "setWebhook", url=address(), secret_token=secret, allowed_updates=KINDS, max_connections=CONNECTIONS, drop_pending_updates=False
    )
    await db(state.webhook_is, session.bot_id, address())


def note(bot_id: int, found: dict[str, Any], is_set: bool) -> None:
    """Write down how the webhook does: how much waits at Telegram, and the trouble of the last minute."""
    if not is_set:
        state.conflicted(bot_id, "The webhook was changed by somebody else: it is set again.")
        return
    sentence, at = found.get("last_error_message"), found.get("last_error_date") or 0
    state.heard(bot_id, backlog=int(found.get("pending_update_count") or 0))
    if sentence and time.time() - at < 2 * LOOK_SECONDS:
        state.failed(bot_id, f"Telegram could not deliver: {sentence}")
