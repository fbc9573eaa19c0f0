"""What is done while connected: fetching or looking after the webhook, handling, sending. Imports the Bot API's library."""

import asyncio
import logging
from collections.abc import Callable

from telegram_bridge import consumer, live, poller, sender, state, webhook
from telegram_bridge.bot import TokenError, open_door
from telegram_bridge.database import db
from telegram_bridge.models import TelegramSettings
from telegram_bridge.session import TOKEN_PAUSE, Part, Session, hold

log = logging.getLogger(__name__)


async def work(token: str, settings: TelegramSettings, begun: Callable[[Session], None]) -> None:
    """Be connected with the bot of `token` until the session is stopped, which is handed to `begun`."""
    try:
        async with open_door(token) as door:
            session = Session(door, settings, settings.bot_id())
            begun(session)
            await hold(session, parts(settings))
    except TokenError as exc:
        # What can be no token at all; one that Telegram does not know is tried again by its session.
        log.error("%s", exc)
        await db(state.failed, settings.bot_id(), str(exc))
        await asyncio.sleep(TOKEN_PAUSE)


def parts(settings: TelegramSettings) -> list[Part]:
    """What runs side by side."""

    async def send(session: Session) -> None:
        await sender.run(session.door, session.stop)

    async def show_work(session: Session) -> None:
        await live.run(session.door, session.stop)

    return [webhook.run if settings.mode == TelegramSettings.Mode.WEBHOOK else poller.run, consumer.run, send, show_work]
