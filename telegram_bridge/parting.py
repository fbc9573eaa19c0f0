"""When a Telegram account is no longer served as somebody: nothing of theirs is sent there any more."""

from django.db import transaction
from django.utils import timezone

from telegram_bridge.models import Delivery, DeliveryState, Keyboard, TelegramAccount, TelegramTalk

PARTED = "The Telegram account was unlinked before this was sent."


@transaction.atomic
def part(account: TelegramAccount) -> None:
    """Serve `account` no more: it is nobody's, and what waits for its chats is given up."""
    user = account.user
    account.user, account.allowed, account.linked_at = None, False, None
    account.save(update_fields=["user", "allowed", "linked_at"])
    if user is None:
        return
    talks = TelegramTalk.objects.filter(user=user)
    # Talks of a group do not tell by which of their accounts a person spoke: they stay while there is another one.
    if TelegramAccount.objects.filter(user=user, allowed=True).exists():
        talks = talks.filter(chat__chat_id=account.telegram_id)
    waiting = Delivery.objects.filter(talk__in=talks, state__in=(DeliveryState.PENDING, DeliveryState.FAILED))
    waiting.update(state=DeliveryState.DEAD, error=PARTED)
    chats = talks.values("chat")
    Keyboard.objects.filter(user=user, chat__in=chats, closed_at=None).update(closed_at=timezone.now())
    talks.update(conversation=None)
