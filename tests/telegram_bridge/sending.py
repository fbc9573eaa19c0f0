"""The sender at work against the Telegram server for tests, and the rows that it works on."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from django.contrib.auth.models import User
from django.db import connections

from chat.models import Conversation
from telegram_bridge import lease, live, sender
from telegram_bridge.bot import Door, open_door
from telegram_bridge.models import Delivery, DeliveryState, TelegramAccount, TelegramChat, TelegramTalk
from telegram_bridge.pending import OPEN
from tests.factories import make_conversation, make_user
from tests.fakes.telegram import ADA, TOKEN, Chat, Person
from workflows.threads import db


def make_chat(chat: Chat = ADA.chat, **fields: Any) -> TelegramChat:
    """A chat that may be written to."""
    lease.take(lease.me())
    return TelegramChat.objects.create(**{"chat_id": chat.id, "type": chat.type, "title": chat.title, "allowed": True, **fields})


def make_talk(
    user: User | None = None, chat: Chat | None = None, conversation: Conversation | None = None, person: Person = ADA, **fields: Any
) -> TelegramTalk:
    """Somebody who speaks in a conversation; private unless `chat` says otherwise."""
    user = user or (conversation.owner if conversation else make_user())
    TelegramAccount.objects.get_or_create(telegram_id=person.id, defaults={"user": user, "allowed": True})
    place = TelegramChat.objects.filter(chat_id=(chat or person.chat).id).first() or make_chat(chat or person.chat)
    return TelegramTalk.objects.create(chat=place, user=user, conversation=conversation or make_conversation(user), **fields)


def work(*coroutines: Callable[[Door, asyncio.Event], Coroutine[Any, Any, None]], until: Callable[[], bool], seconds: float = 20) -> None:
    """Let the sender (and `coroutines`) work until `until()`."""

    async def main() -> None:
        stop = asyncio.Event()
        await db(lease.take, lease.me())
        async with open_door(TOKEN) as door, asyncio.TaskGroup() as group:
            for one in (sender.run, *coroutines):
                group.create_task(one(door, stop))
            end = time.monotonic() + seconds
            while not await db(until):
                assert time.monotonic() < end, list(await db(states))
                await asyncio.sleep(0.02)
                await db(lease.take, lease.me())
            stop.set()
        await db(connections.close_all)

    asyncio.run(main())


def states() -> list[tuple[str, str, str]]:
    """What became of all deliveries."""
    return list(Delivery.objects.order_by("pk").values_list("text", "state", "error"))


def send(**more: Any) -> None:
    """Send all that can be sent."""
    work(until=lambda: not Delivery.objects.filter(state__in=OPEN, chat__unreachable_since=None).exists(), **more)


def show(until: Callable[[], bool], **more: Any) -> None:
    """Send, and show what is being done, until `until()`."""
    work(live.run, until=until, **more)


def state_of(delivery: Delivery) -> str:
    """What became of a delivery."""
    delivery.refresh_from_db()
    return DeliveryState(delivery.state)
