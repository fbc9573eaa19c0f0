"""The outbox as rows: what is to be sent next to a chat, and what came of it."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone

from chat.models import File, Message
from telegram_bridge import people
from telegram_bridge.fates import Act, Fate
from telegram_bridge.models import Delivery, DeliveryState, LiveMessage, Shown, TelegramChat, TelegramState
from telegram_bridge.planning import may_read

NOT_SERVED = "Nobody in this chat may read it any more."
# So long it is known what was sent; what a question's buttons hang on stays until it is closed.
KEPT = timedelta(days=90)
MOST_PRUNED = 1000
OPEN = (DeliveryState.PENDING, DeliveryState.FAILED)


@dataclass(frozen=True)
class Job:
    """A delivery with all that has to be known to make it. `live`: the message that shows the answer or the work so far."""

    delivery: Delivery
    reply_to: int | None = None
    live: LiveMessage | None = None
    file: File | None = None


def chats_due(seconds: float = 0) -> list[int]:
    """The chats that something can be sent to now, or in so many seconds; in each, only what was put here first counts."""
    now = timezone.now() + timedelta(seconds=seconds)
    free = Q(chat__not_before=None) | Q(chat__not_before__lte=now)
    rows = Delivery.objects.order_by().filter(free, state__in=OPEN, chat__unreachable_since=None)
    firsts = rows.values("chat").annotate(first=Min("pk")).values_list("first", flat=True)
    due = Delivery.objects.filter(Q(next_try_at=None) | Q(next_try_at__lte=now), pk__in=list(firsts))
    return list(due.order_by("pk").values_list("chat", flat=True))


def head(chat_pk: int) -> Job | None:
    """What is to be sent next to a chat, if it may be sent now. What nobody there may read any more is given up."""
    while delivery := first(chat_pk):
        if delivery.message is None or may_read(delivery.chat, delivery.message.owner_id):
            file = File.objects.filter(message=delivery.message).first() if delivery.kind == Delivery.Kind.FILE else None
            return Job(delivery, reply_target(delivery), live_of(delivery), file)
        Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.DEAD, error=NOT_SERVED)
    return None


def first(chat_pk: int) -> Delivery | None:
    """What was put here first for a chat, if it may be sent now."""
    # The index holds no order over both states: asked for the first row, SQLite would rather go through all that was sent.
    pk = Delivery.objects.order_by().filter(chat=chat_pk, state__in=OPEN).aggregate(first=Min("pk"))["first"]
    delivery = Delivery.objects.select_related("chat", "talk", "message", "keyboard", "edits").filter(pk=pk).first()
    now = timezone.now()
    if delivery is None or delivery.chat.unreachable_since:
        return None
    return None if any(at and at > now for at in (delivery.next_try_at, delivery.chat.not_before)) else delivery


def reply_target(delivery: Delivery) -> int | None:
    """Telegram's number of the message that a delivery answers, where the chat shows it."""
    if delivery.reply_to or delivery.reply_seq is None or delivery.message is None:
        return delivery.reply_to
    return shown_as(delivery.chat, delivery.message.conversation_id, delivery.reply_seq)


def shown_as(chat: TelegramChat, conversation_id: UUID, seq: int) -> int | None:
    """Telegram's number of message `seq` of a conversation, in its first part."""
    rows = Shown.objects.filter(chat=chat, message__conversation=conversation_id, message__seq=seq)
    return rows.order_by("telegram_id").values_list("telegram_id", flat=True).first()


def live_of(delivery: Delivery) -> LiveMessage | None:
    """The live message that a delivery takes the place of."""
    message = delivery.message
    if message is None or delivery.talk_id is None or message.run_id is None or delivery.part or delivery.kind != Delivery.Kind.TEXT:
        return None
    return (
        None if message.author == Message.Author.USER else LiveMessage.objects.filter(talk=delivery.talk_id, run_id=message.run_id).first()
    )


@transaction.atomic
def sent(job: Job, telegram_id: int) -> None:
    """It stands there: remember as which message."""
    delivery, now = job.delivery, timezone.now()
    Delivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.SENT, telegram_id=telegram_id, sent_at=now, next_try_at=None, error="", attempts=delivery.attempts + 1
    )
    if job.live:
        LiveMessage.objects.filter(pk=job.live.pk).delete()
    # Looked up again: whoever deletes a conversation does not wait for what is being sent.
    message = Message.objects.filter(telegram_deliveries=delivery.pk).first()
    if message and delivery.kind != Delivery.Kind.EDIT:
        Shown.objects.get_or_create(chat=delivery.chat, telegram_id=telegram_id, defaults={"message": message})


@transaction.atomic
def failed(delivery: Delivery, fate: Fate) -> None:
    """It was not sent: do to its row and its chat what the table says."""
    now = timezone.now()
    row, chat = Delivery.objects.filter(pk=delivery.pk), TelegramChat.objects.filter(pk=delivery.chat_id)
    match fate.act:
        case Act.DONE:
            there = delivery.edits.telegram_id if delivery.edits else None
            row.update(state=DeliveryState.SENT, sent_at=now, telegram_id=there)
        case Act.AT_ONCE:
            row.update(error=fate.error, **fate.changed)
        case Act.LATER:
            row.update(state=DeliveryState.FAILED, error=fate.error, next_try_at=now + timedelta(seconds=fate.seconds), **fate.changed)
        case Act.WAIT:
            chat.update(not_before=now + timedelta(seconds=fate.seconds))
        case Act.UNREACHABLE:
            row.update(state=DeliveryState.FAILED, error=fate.error)
            chat.update(unreachable_since=now, unreachable_because=fate.error[:300])
        case Act.MIGRATED:
            people.migrate(delivery.chat.chat_id, fate.chat_id)
        case Act.GIVE_UP:
            row.update(state=DeliveryState.DEAD, error=fate.error, next_try_at=None, **fate.changed)
    if fate.act in (Act.LATER, Act.UNREACHABLE, Act.GIVE_UP):
        TelegramState.objects.filter(pk=1).update(send_error=fate.error, send_error_at=now)


def prune() -> int:
    """Forget what was sent or given up long ago, a share at a time; how much that was. Which message is which stays known."""
    old = Delivery.objects.filter(created_at__lt=timezone.now() - KEPT).exclude(state__in=OPEN)
    rows = old.filter(Q(keyboard=None) | Q(keyboard__closed_at__isnull=False)).order_by().values_list("pk", flat=True)
    return Delivery.objects.filter(pk__in=list(rows[:MOST_PRUNED])).delete()[0]
