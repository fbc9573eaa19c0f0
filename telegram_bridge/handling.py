"""What an update does: rows only, in the transaction that the inbox opened. What is to be said goes into the outbox."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import transaction

from chat.acting import Actor, acting
from chat.errors import RefusedError
from telegram_bridge import callbacks, commands, linking, people, speaking, talks
from telegram_bridge.incoming import Incoming
from telegram_bridge.media import Kept
from telegram_bridge.models import TelegramAccount, TelegramChat, TelegramState, Update
from telegram_bridge.replies import Reply
from telegram_bridge.words import literal

__all__ = ["KINDS", "Reply", "handle"]

# What Telegram is asked for; it remembers an earlier list, so this one is named each time.
KINDS = ["message", "edited_message", "callback_query", "my_chat_member"]


def handle(updates: Sequence[Update], files: Sequence[Kept]) -> Reply:
    """Carry out one update, or those of one album, with the files that were downloaded for them."""
    with acting(partial(sender, updates[0].payload)):
        return carry_out(updates, files)


def sender(payload: dict[str, Any]) -> Actor:
    """Who sent an update, for the audit trail."""
    numbers = [body["from"]["id"] for body in payload.values() if isinstance(body, dict) and body.get("from")]
    account = TelegramAccount.objects.filter(telegram_id__in=numbers, allowed=True).first()
    return Actor(account.user_id if account else None, "telegram")


def carry_out(updates: Sequence[Update], files: Sequence[Kept]) -> Reply:
    """Do what the updates want, by their kind."""
    payload, username = updates[0].payload, TelegramState.now().username
    match payload:
        case {"callback_query": pressed}:
            return callbacks.press(pressed)
        case {"my_chat_member": change}:
            people.note_membership(change)
        case {"edited_message": message}:
            speaking.note_edit(Incoming(updates[0], message, username))
        case {"message": {"migrate_to_chat_id": number} as message}:
            people.migrate(message["chat"]["id"], number)
        case {"message": {"migrate_from_chat_id": number} as message}:
            people.migrate(number, message["chat"]["id"])
        case {"message": _}:
            return receive([Incoming(update, update.payload["message"], username) for update in updates], files)
    return Reply()


def receive(parts: Sequence[Incoming], files: Sequence[Kept]) -> Reply:
    """A message, or an album: its words stand in one of its parts."""
    head = next((part for part in parts if part.text), parts[0])
    chat = people.meet_chat(head.chat)
    if head.sender is None:
        return Reply()
    account = people.meet_account(head.sender)
    if not any(part.is_addressed() for part in parts):
        return Reply()
    if head.order and head.order.name == "start" and head.order.rest:
        linking.begin(head, account, chat, head.order.rest)
        return Reply()
    return serve(parts, files, account, chat, head)


def serve(parts: Sequence[Incoming], files: Sequence[Kept], account: TelegramAccount, chat: TelegramChat, head: Incoming) -> Reply:
    """Do what somebody wants who may want something. A refusal leaves nothing behind but its sentence."""
    user = people.served(account, chat)
    if user is None:
        people.turn_away(head, account, chat)
        return Reply()
    heard = talks.Heard(head, chat, user, talks.talk_of(chat, head.thread_id, user))
    try:
        with transaction.atomic():
            if head.order:
                return commands.obey(heard, head.order)
            return speaking.speak(heard, parts, files)
    except RefusedError as exc:
        heard.talk.refresh_from_db()
        heard.tell(literal(str(exc), 1_000))
        return Reply()
