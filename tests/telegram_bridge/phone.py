"""A phone without a network: what somebody does with it becomes updates, which are handled at once."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from chat.log import storable
from chat.models import Conversation, Message
from telegram_bridge import handling
from telegram_bridge.media import Kept
from telegram_bridge.models import (
    Delivery,
    DeliveryState,
    Keyboard,
    Shown,
    TelegramAccount,
    TelegramChat,
    TelegramState,
    TelegramTalk,
    Update,
)
from telegram_bridge.replies import Reply
from tests.factories import make_user

BOT, USERNAME = 123456789, "agentron_test_bot"
ME: dict[str, Any] = {"id": BOT, "is_bot": True, "first_name": "Agentron", "username": USERNAME}
GROUP: dict[str, Any] = {"id": -4001, "type": "group", "title": "The team"}
FORUM: dict[str, Any] = {"id": -1004002, "type": "supergroup", "title": "The forum", "is_forum": True}
NUMBERS = count(1)


@dataclass
class Phone:
    """Somebody's phone, in their private chat unless `chat` says otherwise."""

    id: int
    name: str = "Ada"
    chat: dict[str, Any] = field(default_factory=dict)

    def place(self) -> dict[str, Any]:
        return self.chat or {"id": self.id, "type": "private", "first_name": self.name}

    def body(self, text: str = "", /, **fields: Any) -> dict[str, Any]:
        """The Bot API's Message."""
        sender = {"id": self.id, "is_bot": False, "first_name": self.name}
        words = {"text": text} if text else {}
        return {"message_id": next(NUMBERS), "from": sender, "chat": self.place(), "date": 1_800_000_000, **words, **fields}

    def say(self, text: str = "", files: list[Kept] | None = None, /, **fields: Any) -> Reply:
        """Write something."""
        return handle({"message": self.body(text, **fields)}, files=files)

    def press(self, delivery: Delivery, button: str = "", *, data: str = "", **fields: Any) -> Reply:
        """Press the button that says this, or claim to have sent that."""
        buttons = [one for row in delivery.keyboard.markup()["inline_keyboard"] for one in row] if delivery.keyboard else []
        data = data or next(one["callback_data"] for one in buttons if button in one["text"])
        message = {"message_id": delivery.telegram_id, "chat": self.place(), "from": ME, "date": 1}
        sender = {"id": self.id, "is_bot": False, "first_name": self.name}
        return handle({"callback_query": {"id": "q1", "from": sender, "message": message, "data": data, "chat_instance": "1", **fields}})

    def told(self) -> list[str]:
        """What the bot wants to say in this chat, oldest first."""
        rows = Delivery.objects.filter(chat__chat_id=self.place()["id"]).exclude(text="")
        return list(rows.order_by("pk").values_list("text", flat=True))


def handle(*payloads: dict[str, Any], files: list[Kept] | None = None) -> Reply:
    """Let the bot have an update, or an album."""
    found = [
        Update(bot_id=BOT, update_id=number, payload=storable({"update_id": number, **body}))
        for body in payloads
        for number in [next(NUMBERS)]
    ]
    Update.objects.bulk_create(found)
    with transaction.atomic():
        return handling.handle(found, files or [])


def let_in(user: User | None = None, telegram_id: int = 1001) -> tuple[User, Phone]:
    """Somebody who is served, and their phone."""
    TelegramState.objects.update_or_create(pk=1, defaults={"bot_id": BOT, "username": USERNAME})
    user = user or make_user()
    TelegramAccount.objects.create(telegram_id=telegram_id, user=user, allowed=True, name=user.username)
    return user, Phone(telegram_id, user.username)


def send_all() -> None:
    """Let everything in the outbox have been sent."""
    for delivery in Delivery.objects.filter(state=DeliveryState.PENDING).order_by("pk"):
        number = next(NUMBERS)
        there = {"state": DeliveryState.SENT, "telegram_id": number, "sent_at": timezone.now()}
        Delivery.objects.filter(pk=delivery.pk).update(**there)
        if delivery.message:
            Shown.objects.create(chat=delivery.chat, telegram_id=number, message=delivery.message)


def newest(phone: Phone, purpose: Keyboard.Purpose | None = None) -> Delivery:
    """The last message of the bot in the phone's chat; with `purpose`, the last with such buttons. It was sent."""
    send_all()
    rows = Delivery.objects.filter(chat__chat_id=phone.place()["id"]).exclude(text="")
    return rows.filter(**({"keyboard__purpose": purpose} if purpose else {})).latest("pk")


def reply_to(delivery: Delivery) -> dict[str, Any]:
    """The fields of a message that replies to one of the bot's."""
    return {"reply_to_message": {"message_id": delivery.telegram_id, "from": ME, "date": 1, "text": delivery.text}}


def said(user: User) -> list[Message]:
    """All messages of somebody's conversations, in order."""
    return list(Message.objects.filter(owner=user).order_by("at", "seq"))


def talk(phone: Phone) -> TelegramTalk:
    """What is spoken in on that phone, in its chat."""
    return TelegramTalk.objects.select_related("conversation").get(chat=chat_of(phone), user__username=phone.name)


def conversation(phone: Phone) -> Conversation:
    """The conversation that is spoken in."""
    found = talk(phone).conversation
    assert found
    return found


def chat_of(phone: Phone) -> TelegramChat:
    """The row of the phone's chat."""
    return TelegramChat.objects.get(chat_id=phone.place()["id"])
