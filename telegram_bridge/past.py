"""Conversations that were left on the phone: a reminder, an answer or a report that was promised there still arrives."""

from django.db import transaction
from django.db.models import F, Q

from chat.models import Message
from telegram_bridge import outbox, planning
from telegram_bridge.formatting import literal
from telegram_bridge.models import TelegramPast, TelegramTalk
from workflows.models import Run, Trigger


def behind() -> list[int]:
    """The conversations left that have news nobody has looked at."""
    rows = TelegramPast.objects.filter(conversation__last_seq__gt=F("delivered_seq"), talk__chat__unreachable_since=None)
    return list(rows.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def plan(pk: int) -> int:
    """Put into the outbox what is still to be told of a conversation; how many messages were looked at."""
    locked = TelegramPast.objects.select_for_update(of=("self",), no_key=True).select_related("talk__chat", "talk__user", "conversation")
    past = locked.filter(pk=pk).first()
    if past is None:
        return 0
    messages = list(Message.objects.filter(conversation=past.conversation).after(past.delivered_seq)[: planning.CHUNK])
    if messages and planning.is_served(past.talk) and not is_spoken_in(past):
        there = planning.known(past.talk, messages)
        for message in messages:
            if message.pk not in there and is_owed(message):
                show(past, message)
    if messages:
        TelegramPast.objects.filter(pk=pk).update(delivered_seq=messages[-1].seq)
    return len(messages)


def is_spoken_in(past: TelegramPast) -> bool:
    """Whether the person speaks in it elsewhere by now, where all of it is shown."""
    return TelegramTalk.objects.filter(user=past.talk.user, conversation=past.conversation).exists()


def is_owed(message: Message) -> bool:
    """Whether the phone waits for this: it comes of a task, of a run that was begun there, or of one that was answered there."""
    if message.author == Message.Author.USER or message.kind not in (Message.Kind.MESSAGE, Message.Kind.ERROR, Message.Kind.FILE):
        return False
    if message.task_id is not None or message.run_id is None:
        return message.task_id is not None
    there = Q(trigger=Trigger.TELEGRAM) | Q(help_requests__answered_via=Message.Via.TELEGRAM)
    return Run.objects.filter(there, pk=message.run_id).exists()


def show(past: TelegramPast, message: Message) -> None:
    """Put one message into the outbox, under the title of its conversation."""
    if message.kind == Message.Kind.FILE:
        planning.show_file(past.talk, message)
    elif wording := planning.wording_of(message, past.talk):
        outbox.tell(
            past.talk.chat,
            f"_In “{literal(str(past.conversation))}”:_\n\n{wording.markdown}",
            thread_id=past.talk.thread_id,
            talk=past.talk,
            message=message,
            reply_seq=planning.answered_by(past.talk, message),
            silent=wording.silent or not planning.disturbs(message),
        )
