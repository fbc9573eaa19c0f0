"""The inbox: updates are stored as they come, and handled one after the other, chat by chat, each in one transaction."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from chat import hints
from chat.log import storable
from telegram_bridge import handling, outbox, state
from telegram_bridge.media import Kept
from telegram_bridge.models import TelegramAccount, TelegramChat, Update
from telegram_bridge.replies import Reply

log = logging.getLogger(__name__)

# Telegram sends the parts of an album as updates of their own, one shortly after the other; ten at most.
SETTLE = timedelta(seconds=1.5)
LARGEST_ALBUM = 10
MOST_FAILURES = 3
KEPT, PARKED_KEPT = timedelta(days=7), timedelta(days=30)
SORRY = "I could not deal with this message, after three tries. Please put it differently; whoever runs me can see why."


@dataclass(frozen=True)
class Unit:
    """What is handled together: one update, or an album once it has not grown for `wait` more seconds."""

    updates: Sequence[Update]
    wait: float = 0.0

    @property
    def keys(self) -> list[int]:
        return [update.pk for update in self.updates]

    @property
    def callback_id(self) -> str:
        """The number of the pressed button that it is about; empty: none."""
        pressed = self.updates[0].payload.get("callback_query")
        return str(pressed.get("id") or "") if isinstance(pressed, dict) else ""


@transaction.atomic
def take_in(bot_id: int, updates: Iterable[Any], asked: int = 0) -> bool:
    """Store what a poll from `asked` on brought and move on behind it, both or nothing; whether it brought any."""
    found = store(bot_id, updates)
    state.heard(bot_id)
    if found:
        next_one = max(update.update_id for update in found) + 1
        # After a week without any, and on another server, the numbers begin anew, lower maybe: then Telegram takes no notice of
        # what it is asked for and gives its oldest ones, again and again.
        if next_one <= asked:
            state.move_offset_back(bot_id, asked, next_one)
        else:
            state.move_offset(bot_id, next_one)
    return bool(found)


def store(bot_id: int, updates: Iterable[Any]) -> list[Update]:
    """Store updates, those that came before not again, and wake whoever handles them; those that are updates at all."""
    found = [made(bot_id, payload) for payload in updates if is_update(payload)]
    Update.objects.bulk_create(found, ignore_conflicts=True)
    if found:
        hints.telegram()
    return found


def is_update(payload: Any) -> bool:
    """Whether it has a number, the least that an update has."""
    match payload:
        case {"update_id": int(number)} if not isinstance(number, bool) and 0 <= number < 2**63 - 1:
            return True
    log.error("Telegram sent something that is no update: it is left out.")
    return False


def made(bot_id: int, payload: dict[str, Any]) -> Update:
    """The row of an update, which holds it unchanged but for what no database stores."""
    payload = storable(payload)
    message = message_of(payload)
    chat = message.get("chat")
    number = chat.get("id") if isinstance(chat, dict) else 0
    return Update(
        bot_id=bot_id,
        update_id=payload["update_id"],
        chat_id=number if isinstance(number, int) and abs(number) < 2**63 else 0,
        album=str(message.get("media_group_id") or "")[:64] if "message" in payload else "",
        payload=payload,
    )


def message_of(payload: dict[str, Any]) -> dict[str, Any]:
    """Whatever in an update says which chat it is about: a message, the one above a button, news of a membership."""
    for kind, value in payload.items():
        if isinstance(value, dict):
            inner = value.get("message") if kind == "callback_query" else value
            return inner if isinstance(inner, dict) else {}
    return {}


def waiting_chats(bot_id: int) -> list[int]:
    """The chats that have something to be handled."""
    return list(to_handle(bot_id).order_by("chat_id").values_list("chat_id", flat=True).distinct())


def next_unit(bot_id: int, chat_id: int) -> Unit | None:
    """What comes next in a chat."""
    waiting = to_handle(bot_id).filter(chat_id=chat_id).order_by("update_id")
    first = waiting.first()
    if first is None or not first.album:
        return first and Unit([first])
    updates = list(waiting.filter(album=first.album))
    settled_at = max(update.received_at for update in updates) + SETTLE
    wait = (settled_at - timezone.now()).total_seconds() if len(updates) < LARGEST_ALBUM else 0.0
    # A clock that was set back must not hold an album for ever.
    return Unit(updates, min(max(wait, 0.0), SETTLE.total_seconds()))


def to_handle(bot_id: int) -> Any:
    """Updates without effect so far."""
    return Update.objects.filter(bot_id=bot_id, handled_at=None, parked_at=None)


@transaction.atomic
def carry_out(unit: Unit, files: Sequence[Kept]) -> Reply | None:
    """Handle a unit and note that it was, in one transaction; None if somebody else has. Raises whatever handling it raises."""
    mine = Update.objects.filter(pk__in=unit.keys, handled_at=None, parked_at=None).update(handled_at=timezone.now(), error="")
    if mine != len(unit.keys):
        transaction.set_rollback(True)
        return None
    return handling.handle(unit.updates, files)


@transaction.atomic
def fail(unit: Unit, error: str) -> None:
    """Count a failure; the last one parks."""
    number = failures(unit) + 1
    parked_at = timezone.now() if number >= MOST_FAILURES else None
    rows = Update.objects.filter(pk__in=unit.keys, handled_at=None, parked_at=None)
    rows.update(failures=number, error=storable(error)[:2000], parked_at=parked_at)


def failures(unit: Unit) -> int:
    """How often handling a unit has failed."""
    return Update.objects.filter(pk__in=unit.keys).aggregate(most=Max("failures"))["most"] or 0


class Fate(Enum):
    """What has become of a unit."""

    OPEN = "open"
    HANDLED = "handled"
    PARKED = "parked"


def fate(unit: Unit) -> Fate:
    """Whether a unit is over."""
    row = Update.objects.filter(pk=unit.keys[0]).first()
    if row is None or row.handled_at:
        return Fate.HANDLED
    return Fate.PARKED if row.parked_at else Fate.OPEN


def prune() -> None:
    """Forget what was handled long ago: Telegram keeps nothing longer than a day, so none of it comes again."""
    now = timezone.now()
    Update.objects.filter(handled_at__lt=now - KEPT).delete()
    Update.objects.filter(parked_at__lt=now - PARKED_KEPT).delete()


@transaction.atomic
def apologise(unit: Unit) -> None:
    """Tell a person who is served that a message was given up: nothing goes unanswered."""
    update = unit.updates[0]
    match update.payload:
        # In a private chat, the chat and the person have the same number.
        case {"message": {"chat": {"id": int(number), "type": "private"}, "message_id": int(message)}} if number == update.chat_id:
            account = TelegramAccount.objects.filter(telegram_id=number).first()
            if account and account.served_as():
                outbox.tell(TelegramChat.objects.get_or_create(chat_id=number)[0], SORRY, reply_to=message)
