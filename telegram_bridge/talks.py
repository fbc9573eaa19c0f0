"""In which conversation somebody speaks in a chat, and what of it their phone has shown."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Max
from django.utils import timezone

from chat.models import Conversation, Message
from telegram_bridge import outbox
from telegram_bridge.incoming import Incoming
from telegram_bridge.models import Delivery, DeliveryState, Shown, TelegramChat, TelegramPast, TelegramTalk
from workflows.models import HelpRequest


@dataclass(frozen=True)
class Heard:
    """A message of somebody who is served, with where it belongs."""

    incoming: Incoming
    chat: TelegramChat
    user: User
    talk: TelegramTalk

    def tell(self, markdown: str, **more: Any) -> None:
        """Answer it there."""
        outbox.tell(self.chat, markdown, thread_id=self.talk.thread_id, talk=self.talk, reply_to=self.incoming.id, **more)


def talk_of(chat: TelegramChat, thread_id: int, user: User) -> TelegramTalk:
    """What `user` speaks in there; it has no conversation before the first message."""
    return TelegramTalk.objects.get_or_create(chat=chat, thread_id=thread_id, user=user)[0]


def conversation_of(talk: TelegramTalk) -> Conversation:
    """The conversation that is spoken in, begun where there is none."""
    found = current(talk)
    if found is None:
        found = Conversation.objects.create(owner=talk.user)
        turn_to(talk, found)
    return found


def current(talk: TelegramTalk) -> Conversation | None:
    """The conversation that is spoken in, if there is one."""
    return Conversation.objects.of(talk.user).filter(pk=talk.conversation_id).first() if talk.conversation_id else None


def turn_to(talk: TelegramTalk, conversation: Conversation | None) -> None:
    """Speak in another conversation from now on; what was said there before is not sent. The one that is left is kept in mind."""
    row = TelegramTalk.objects.select_for_update(no_key=True).get(pk=talk.pk)
    if conversation and row.conversation_id == conversation.pk:
        talk.conversation, talk.delivered_seq = conversation, row.delivered_seq
        return
    if conversation:
        TelegramPast.objects.filter(talk=talk, conversation=conversation).delete()
    if row.conversation_id:
        keep_in_mind(talk, row.conversation_id, row.delivered_seq)
    talk.conversation, talk.delivered_seq = conversation, conversation.last_seq if conversation else 0
    talk.save(update_fields=["conversation", "delivered_seq"])


def keep_in_mind(talk: TelegramTalk, conversation_id: UUID, seq: int) -> None:
    """Tell of a conversation that is not spoken in what was promised or begun on the phone, from message `seq` on."""
    TelegramPast.objects.update_or_create(talk=talk, conversation_id=conversation_id, defaults={"delivered_seq": seq})


def follow(talk: TelegramTalk, conversation: Conversation) -> None:
    """Tell what comes of a question that was answered here, though its conversation is not spoken in."""
    if talk.conversation_id != conversation.pk:
        defaults = {"delivered_seq": conversation.last_seq}
        TelegramPast.objects.get_or_create(talk=talk, conversation=conversation, defaults=defaults)


def seen_by(chat: TelegramChat, conversation_id: UUID, before: int) -> int:
    """The newest message of a conversation that the chat had shown when message `before` was written there; 0: none.

    Telegram numbers a chat's messages in order, whoever sends them, so no clock is asked.
    """
    there = Delivery.objects.filter(chat=chat, message__conversation=conversation_id, state=DeliveryState.SENT, telegram_id__lt=before)
    shown = there.exclude(kind=Delivery.Kind.EDIT).exclude(message__author=Message.Author.USER).order_by()
    asked = HelpRequest.objects.open().filter(run__conversation=conversation_id).order_by().values_list("message_seq", flat=True)
    missing = set(asked) - set(shown.filter(message__seq__in=asked).values_list("message__seq", flat=True))
    last = shown.aggregate(most=Max("message__seq"))["most"] or 0
    # A question that did not get through is none that was seen, whatever came after it.
    return min([last, *(seq - 1 for seq in missing)])


def message_shown(chat: TelegramChat, telegram_id: int) -> Message | None:
    """The message here that one there stands for."""
    shown = Shown.objects.filter(chat=chat, telegram_id=telegram_id).select_related("message__conversation").first()
    return shown.message if shown else None


def note_shown(chat: TelegramChat, telegram_ids: list[int], message: Message) -> None:
    """Remember that those messages there are this one here."""
    Shown.objects.bulk_create([Shown(chat=chat, telegram_id=number, message=message) for number in telegram_ids], ignore_conflicts=True)


def note_told(talk: TelegramTalk, message: Message, telegram_id: int) -> None:
    """Remember that a message here says nothing new to the chat: it came with one there, which stands for another message."""
    now = timezone.now()
    there = {"state": DeliveryState.SENT, "telegram_id": telegram_id, "sent_at": now}
    Delivery.objects.create(chat=talk.chat, thread_id=talk.thread_id, talk=talk, message=message, kind=Delivery.Kind.EDIT, **there)
