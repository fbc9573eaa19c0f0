"""When a Telegram account or a group is no longer served: nothing is sent there any more."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from telegram_bridge.models import (
    Delivery,
    DeliveryState,
    Keyboard,
    TelegramAccount,
    TelegramChat,
    TelegramPast,
    TelegramSettings,
    TelegramTalk,
)

PARTED = "It was not sent before its chat was no longer served."


@transaction.atomic
def part(account: TelegramAccount) -> None:
    """Serve `account` no more: it is nobody's, and what waits for its chats is given up."""
    user = account.user
    account.user, account.allowed, account.linked_at = None, False, None
    account.save(update_fields=["user", "allowed", "linked_at"])
    silence(Q(chat_id=account.telegram_id))
    if user is None:
        return
    talks = TelegramTalk.objects.filter(user=user)
    # Talks of a group do not tell by which of their accounts a person spoke: they stay while there is another one.
    if TelegramAccount.objects.filter(user=user, allowed=True).exists():
        talks = talks.filter(chat__chat_id=account.telegram_id)
    give_up(Q(talk__in=talks))
    Keyboard.objects.filter(user=user, chat__in=talks.values("chat"), closed_at=None).update(closed_at=timezone.now())
    TelegramPast.objects.filter(talk__in=talks).delete()
    talks.update(conversation=None)


@transaction.atomic
def close(chat: TelegramChat) -> None:
    """Serve nobody in a group any more."""
    chat.allowed = False
    chat.save(update_fields=["allowed"])
    silence(Q(pk=chat.pk))


def silence(chats: Q) -> None:
    """Send nothing more to the chats, nor tell them of other people's questions."""
    found = TelegramChat.objects.filter(chats)
    give_up(Q(chat__in=found))
    TelegramSettings.objects.filter(notification_chat__in=found).update(notification_chat=None)


def give_up(deliveries: Q) -> None:
    """What waits to be sent is not sent."""
    waiting = Delivery.objects.filter(deliveries, state__in=(DeliveryState.PENDING, DeliveryState.FAILED))
    waiting.update(state=DeliveryState.DEAD, error=PARTED)
