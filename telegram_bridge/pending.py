"""The outbox as rows: what is to be sent next to a chat, and what came of it.

A process may stand still for as long as it likes at any point. So a delivery is taken before the call, under a number of its own and
only while this process has the lease, and what came of a call changes its row only while no later call was begun.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, Min, Q, QuerySet
from django.utils import timezone

from chat.models import File, Message
from telegram_bridge import lease, people
from telegram_bridge.fates import UNSURE, Act, Fate
from telegram_bridge.models import Delivery, DeliveryState, LiveMessage, Shown, TelegramChat, TelegramState
from telegram_bridge.models.settings import ONLY
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

    @property
    def takes_over(self) -> bool:
        """Whether the answer can stand where it grew: not with buttons, and not where it answers another message than that did."""
        follows_up = self.delivery.message is not None and self.delivery.message.task_id is not None
        return self.live is not None and self.live.answers and self.delivery.keyboard is None and not follows_up

    @property
    def harmless(self) -> bool:
        """Whether it may be done again and again, and shows nothing twice."""
        return self.takes_over or self.delivery.kind == Delivery.Kind.EDIT

    @property
    def doubtful(self) -> bool:
        """Whether this is the last time that it may be sent, because the phone may show it already."""
        return bool(self.delivery.uncertain) and not self.harmless


def chats_due(seconds: float = 0) -> list[int]:
    """The chats that something can be sent to now, or in so many seconds; in each, only what was put here first counts."""
    now = timezone.now() + timedelta(seconds=seconds)
    free = Q(chat__not_before=None) | Q(chat__not_before__lte=now)
    rows = Delivery.objects.order_by().filter(free, state__in=OPEN, chat__unreachable_since=None)
    firsts = rows.values("chat").annotate(first=Min("pk")).values_list("first", flat=True)
    due = Delivery.objects.filter(Q(next_try_at=None) | Q(next_try_at__lte=now), pk__in=list(firsts))
    return list(due.order_by("pk").values_list("chat", flat=True))


@transaction.atomic
def head(chat_pk: int) -> Job | None:
    """What is to be sent next to a chat, if it may be sent now. What may not be sent any more is given up."""
    if not lease.is_mine():
        return None
    while delivery := first(chat_pk):
        job = Job(delivery, reply_target(delivery), live_of(delivery))
        reader = reader_of(delivery)
        if reader and not may_read(delivery.chat, reader):
            give_up(delivery, NOT_SERVED)
        elif job.doubtful and delivery.uncertain > 1:
            give_up(delivery, UNSURE)
            say_error(UNSURE)
        elif delivery.kind == Delivery.Kind.FILE:
            return replace(job, file=File.objects.filter(message=delivery.message).first())
        else:
            return job
    return None


def reader_of(delivery: Delivery) -> int | None:
    """Whose it is; None: what is said to a stranger, to a group or of somebody's question is nobody's."""
    if delivery.message:
        return delivery.message.owner_id
    return delivery.talk.user_id if delivery.talk else None


def give_up(delivery: Delivery, error: str) -> None:
    """Never send it."""
    Delivery.objects.filter(pk=delivery.pk, state__in=OPEN).update(state=DeliveryState.DEAD, error=error)


def take(job: Job) -> bool:
    """Have it written down that a call is begun; False: it is not for this process to do, or there is nothing to do any more.

    From now on it may have arrived, for this process may die before it can say so.
    """
    changed: dict[str, Any] = {"taken": F("taken") + 1}
    if not job.harmless:
        changed["uncertain"] = F("uncertain") + 1
    return bool(untouched(job, job.delivery.taken).filter(Exists(lease.mine())).update(**changed))


def untouched(job: Job, taken: int) -> QuerySet[Delivery]:
    """The delivery's row, if it is open and was taken that often."""
    return Delivery.objects.filter(pk=job.delivery.pk, state__in=OPEN, taken=taken)


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
    """It stands there: remember as which message. That holds, too, of a process that has lost the lease meanwhile."""
    delivery, now = job.delivery, timezone.now()
    fields = {"state": DeliveryState.SENT, "telegram_id": telegram_id, "sent_at": now, "next_try_at": None, "error": ""}
    untouched(job, delivery.taken + 1).update(**fields, attempts=delivery.attempts + 1, uncertain=delivery.uncertain)
    if job.takes_over:
        forget(job.live)
    # Looked up again: whoever deletes a conversation does not wait for what is being sent.
    message = Message.objects.filter(telegram_deliveries=delivery.pk).first()
    if message and delivery.kind != Delivery.Kind.EDIT:
        Shown.objects.get_or_create(chat=delivery.chat, telegram_id=telegram_id, defaults={"message": message})


def forget(live: LiveMessage | None) -> None:
    """A live message is none any more."""
    if live:
        LiveMessage.objects.filter(pk=live.pk, telegram_id=live.telegram_id).delete()


def failed(job: Job, fate: Fate) -> None:
    """A call failed: do to its row and its chat what the table says."""
    settle(job, fate, job.delivery.taken + 1)


def put_off(job: Job, fate: Fate) -> None:
    """No call was begun: let it wait as the table says."""
    settle(job, fate, job.delivery.taken)


@transaction.atomic
def settle(job: Job, fate: Fate, taken: int) -> None:
    """Do what the table says, unless somebody else has begun to see to it."""
    if not untouched(job, taken).filter(Exists(lease.mine())).update(**after(job.delivery, fate)):
        return
    now = timezone.now()
    chat = TelegramChat.objects.filter(pk=job.delivery.chat_id)
    match fate.act:
        case Act.WAIT:
            chat.update(not_before=now + timedelta(seconds=fate.seconds))
        case Act.UNREACHABLE:
            chat.update(unreachable_since=now, unreachable_because=fate.error[:300])
        case Act.MIGRATED:
            people.migrate(job.delivery.chat.chat_id, fate.chat_id)
        case Act.NEW_ONE:
            forget(job.live)
    if fate.act in (Act.LATER, Act.UNREACHABLE, Act.GIVE_UP):
        say_error(fate.error)


def after(delivery: Delivery, fate: Fate) -> dict[str, Any]:
    """What changes in the row of a delivery."""
    now = timezone.now()
    # Taken back, unless the table says otherwise.
    fields: dict[str, Any] = {"uncertain": delivery.uncertain}
    match fate.act:
        case Act.DONE:
            there = delivery.edits.telegram_id if delivery.edits else None
            fields |= {"state": DeliveryState.SENT, "sent_at": now, "telegram_id": there}
        case Act.AT_ONCE | Act.NEW_ONE:
            fields |= {"error": fate.error}
        case Act.LATER:
            fields |= {"state": DeliveryState.FAILED, "error": fate.error, "next_try_at": now + timedelta(seconds=fate.seconds)}
        case Act.UNREACHABLE:
            fields |= {"state": DeliveryState.FAILED, "error": fate.error}
        case Act.GIVE_UP:
            fields |= {"state": DeliveryState.DEAD, "error": fate.error, "next_try_at": None}
    return fields | fate.changed


def say_error(error: str) -> None:
    """Tell the pages why something could not be sent."""
    TelegramState.objects.filter(pk=ONLY).update(send_error=error, send_error_at=timezone.now())


def prune() -> int:
    """Forget what was sent or given up long ago, a share at a time; how much that was. Which message is which stays known."""
    old = Delivery.objects.filter(created_at__lt=timezone.now() - KEPT).exclude(state__in=OPEN)
    rows = old.filter(Q(keyboard=None) | Q(keyboard__closed_at__isnull=False)).order_by().values_list("pk", flat=True)
    return Delivery.objects.filter(pk__in=list(rows[:MOST_PRUNED])).delete()[0]
