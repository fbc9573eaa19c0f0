"""What the telegram process writes down about the connection; the pages and checks read it."""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from telegram_bridge.models import Delivery, LiveMessage, Shown, TelegramState, Update
from telegram_bridge.models.settings import ONLY

OTHER_BOT = "It came to a bot whose token was replaced before this could be handled. Whoever wrote it has to write to the other bot."


@transaction.atomic
def meet(bot_id: int) -> None:
    """Be about this bot: what was kept of another one does not hold for it. To be called while nobody is connected with that one."""
    before = TelegramState.now().bot_id
    fresh: dict[str, Any] = {"username": "", "offset": 0, "began_at": timezone.now(), "polled_at": None, "webhook": "", "backlog": 0}
    fresh |= {"poll_error": "", "conflicts": 0, "conflict_at": None, "send_error": "", "send_error_at": None, "reads_groups": False}
    if TelegramState.objects.filter(pk=ONLY).exclude(bot_id=bot_id).update(bot_id=bot_id, **fresh) and before:
        forget_numbers()
        open_still = Update.objects.filter(handled_at=None, parked_at=None).exclude(bot_id=bot_id)
        open_still.update(parked_at=timezone.now(), error=OTHER_BOT)


def forget_numbers() -> None:
    """Telegram numbers the messages of each bot's chats by themselves: a number of another bot's means another message, or none."""
    Shown.objects.all().delete()
    LiveMessage.objects.all().delete()
    Delivery.objects.exclude(telegram_id=None).update(telegram_id=None)
    Delivery.objects.exclude(reply_to=None).update(reply_to=None)


def introduced(bot_id: int, bot: dict[str, Any]) -> None:
    """Telegram said who the bot is."""
    fields = {"username": str(bot.get("username") or ""), "reads_groups": bool(bot.get("can_read_all_group_messages"))}
    of(bot_id).update(**fields)


def heard(bot_id: int, **fields: Any) -> None:
    """Telegram answered a poll, or told about its webhook. Nothing else may set `polled_at`: sends are no sign of hearing."""
    of(bot_id).update(**{"polled_at": timezone.now(), "poll_error": "", **fields})


def failed(bot_id: int, sentence: str) -> None:
    """Telegram did not answer, and why."""
    of(bot_id).exclude(poll_error=sentence).update(poll_error=sentence)


def conflicted(bot_id: int, sentence: str) -> None:
    """Somebody else fetches with the same token."""
    of(bot_id).update(conflicts=F("conflicts") + 1, conflict_at=timezone.now(), poll_error=sentence)


def webhook_is(bot_id: int, address: str) -> None:
    """Telegram was told to call this address; empty: none."""
    of(bot_id).exclude(webhook=address).update(webhook=address, backlog=0)


def offset(bot_id: int) -> int:
    """From which update on Telegram is asked."""
    return of(bot_id).values_list("offset", flat=True).first() or 0


def move_offset(bot_id: int, to: int) -> None:
    """Never ask again for what stands before `to`: it is stored."""
    of(bot_id).filter(offset__lt=to).update(offset=to)


def move_offset_back(bot_id: int, asked: int, to: int) -> None:
    """Telegram counts anew: go on where it is, unless somebody has moved on from `asked` meanwhile."""
    of(bot_id).filter(offset=asked).update(offset=to)


def of(bot_id: int) -> Any:
    """The one row, if it is about this bot still."""
    return TelegramState.objects.filter(pk=ONLY, bot_id=bot_id)
