"""Test connection: asks Telegram who the bot is, and says what it found."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from chat.errors import ConflictError
from telegram_bridge.bot import BotError, open_door
from telegram_bridge.models import TelegramSettings

SECONDS = 10.0


def try_connection(row: TelegramSettings) -> str:
    """What Telegram says about the bot, in plain sentences. Raises ConflictError with what to do. Takes live calls.

    For synchronous views, outside of any transaction.
    """
    if not (token := row.secret()):
        raise ConflictError(missing(row))
    try:
        me, webhook = asyncio.run(asked(token))
    except BotError as exc:
        raise ConflictError(str(exc)) from None
    return " ".join([*about_bot(me), *about_webhook(webhook, row)])


def missing(row: TelegramSettings) -> str:
    """What to do where there is no token."""
    if row.token_env:
        return f"{row.token_env} is not set in the environment of this server: set it there or in .env, and start Agentron again."
    return "There is no token yet: paste the one that @BotFather gave you, and save."


async def asked(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Telegram's answers to getMe and getWebhookInfo. Raises BotError."""
    async with open_door(token) as door:
        return await door.call("getMe", seconds=SECONDS), await door.call("getWebhookInfo", seconds=SECONDS)


def about_bot(me: dict[str, Any]) -> list[str]:
    """Who the bot is, and what it may read."""
    found = [f"Connected as @{me.get('username') or me.get('id')}."]
    if me.get("can_read_all_group_messages"):
        found.append("Privacy mode is off: it is sent every message of its groups, and still answers only those meant for it.")
    else:
        found.append("Privacy mode is on: in groups it is sent commands, mentions and replies to it, which is all it needs.")
    if me.get("can_join_groups") is False:
        found.append("It cannot be added to groups: /setjoingroups at @BotFather changes that.")
    return found


def about_webhook(info: dict[str, Any], row: TelegramSettings) -> list[str]:
    """Where Telegram delivers, what waits there, and what last went wrong. Of the address only the host: the rest may be secret."""
    found = []
    host = urlsplit(info.get("url") or "").hostname
    if host and row.mode == TelegramSettings.Mode.POLLING:
        found.append(f"A webhook at {host} is set: it is removed when polling begins.")
    elif host:
        found.append(f"Telegram calls {host}.")
    if waiting := info.get("pending_update_count"):
        found.append(f"Updates that wait at Telegram: {waiting}.")
    if error := info.get("last_error_message"):
        found.append(f"Telegram's last trouble with the webhook{dated(info.get('last_error_date'))}: {error}")
    return found


def dated(stamp: Any) -> str:
    """When that was, where Telegram tells."""
    return f" ({datetime.fromtimestamp(stamp, UTC):%d %b, %H:%M} UTC)" if isinstance(stamp, int) else ""
