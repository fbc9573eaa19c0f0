"""What has been said in a conversation and has to be shown in the talks that speak in it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from chat import hints
from chat.models import File, Message, Profile
from telegram_bridge import outbox, questions
from telegram_bridge.formatting import literal
from telegram_bridge.models import Delivery, Shown, TelegramAccount, TelegramChat, TelegramTalk
from workflows.models import HelpRequest, HelpStatus, Lane, Run

CHUNK = 100
PLACES = {
    Message.Via.WEB: "You, on the page",
    Message.Via.TELEGRAM: "You, in another chat",
    Message.Via.API: "You, by the API",
    Message.Via.CLI: "You, in the terminal",
    Message.Via.MCP: "You, by MCP",
}


@dataclass(frozen=True)
class Wording:
    """How a message reads on a phone, and whether the phone stays quiet."""

    markdown: str
    silent: bool = False


def behind() -> list[int]:
    """The talks whose conversation has news that was not put into the outbox yet."""
    rows = TelegramTalk.objects.filter(conversation__last_seq__gt=F("delivered_seq"), chat__unreachable_since=None)
    return list(rows.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def plan(talk_id: int) -> int:
    """Put what a talk has not been given into the outbox; how many messages were looked at. Call it again until none are left."""
    # Without the key: whoever answers a question holds its row, and adds deliveries that refer to this one.
    locked = TelegramTalk.objects.select_for_update(of=("self",), no_key=True).select_related("chat", "user")
    talk = locked.filter(pk=talk_id).exclude(conversation=None).first()
    if talk is None:
        return 0
    messages = list(Message.objects.filter(conversation=talk.conversation_id).after(talk.delivered_seq).select_related("user")[:CHUNK])
    if not messages:
        return 0
    if is_served(talk):
        there = known(talk, messages)
        for message in messages:
            if message.pk not in there:
                show(talk, message)
    TelegramTalk.objects.filter(pk=talk.pk).update(delivered_seq=messages[-1].seq)
    return len(messages)


def is_served(talk: TelegramTalk) -> bool:
    """Whether that person may still be told things in that chat."""
    return may_read(talk.chat, talk.user_id)


def may_read(chat: TelegramChat, user_id: int) -> bool:
    """Whether a chat may be told what belongs to that user."""
    accounts = TelegramAccount.objects.filter(user=user_id, user__is_active=True, allowed=True)
    if chat.is_private:
        return accounts.filter(telegram_id=chat.chat_id).exists()
    return chat.allowed and accounts.exists()


def known(talk: TelegramTalk, messages: list[Message]) -> set[object]:
    """Those of `messages` that the chat shows already: they were said there, or told in another way."""
    seen = Shown.objects.filter(chat=talk.chat, message__in=messages).values_list("message", flat=True)
    put = Delivery.objects.filter(talk=talk, message__in=messages).values_list("message", flat=True)
    return {*seen, *put}


def show(talk: TelegramTalk, message: Message) -> None:
    """Put one message into the outbox, if it is one for people."""
    if message.kind == Message.Kind.HELP_REQUEST:
        show_question(talk, message)
    elif message.kind == Message.Kind.FILE:
        show_file(talk, message)
    elif wording := wording_of(message, talk):
        silent = wording.silent or not disturbs(message)
        outbox.tell(
            talk.chat,
            wording.markdown,
            thread_id=talk.thread_id,
            talk=talk,
            message=message,
            reply_seq=answered_by(talk, message),
            silent=silent,
        )


def wording_of(message: Message, talk: TelegramTalk) -> Wording | None:
    """How a message reads on a phone; None for the steps of the work, which the live line shows."""
    if message.kind == Message.Kind.ERROR:
        return Wording(f"⚠️ {message.text}")
    if message.kind != Message.Kind.MESSAGE or not message.text.strip():
        return None
    if message.author != Message.Author.USER:
        return Wording(f"{message.text}\n\n_It was stopped here._" if message.payload.get("partial") else message.text)
    if message.via == Message.Via.SCHEDULE:
        return Wording(f"⏰ {literal(message.text)}", silent=True)
    if message.payload.get("scheduled"):
        return Wording(f"📅 {literal(message.text)}", silent=True)
    who = PLACES.get(Message.Via(message.via), "You")
    if message.user_id != talk.user_id and message.user:
        who = message.user.get_username()
    return Wording(f"💬 *{literal(who)}:*\n{literal(message.text)}", silent=True)


def show_question(talk: TelegramTalk, message: Message) -> None:
    """Put a question into the outbox; one that is closed already without its buttons."""
    # Locked, so that closing it waits for this and then finds what it has to edit, or has been done and is seen here.
    rows = HelpRequest.objects.select_for_update(of=("self",)).select_related("run__owner", "answered_by")
    request = rows.filter(pk=message.payload["request_id"]).first()
    if request is None:
        return
    reply_seq = answered_by(talk, message)
    if request.status == HelpStatus.OPEN:
        quiet = not disturbs(message)
        questions.ask(request, talk.chat, talk.user, message, talk=talk, thread_id=talk.thread_id, reply_seq=reply_seq, silent=quiet)
        return
    markdown = f"{questions.asked(request)}\n\n{questions.closed(request)}"
    outbox.tell(talk.chat, markdown, talk=talk, thread_id=talk.thread_id, message=message, reply_seq=reply_seq, silent=True)


def show_file(talk: TelegramTalk, message: Message) -> None:
    """Put a file into the outbox."""
    if not File.objects.filter(message=message).exists():
        return
    by_user = message.author == Message.Author.USER
    Delivery.objects.create(
        chat=talk.chat,
        thread_id=talk.thread_id,
        talk=talk,
        message=message,
        kind=Delivery.Kind.FILE,
        text=PLACES.get(Message.Via(message.via), "") if by_user else "",
        reply_seq=answered_by(talk, message),
        silent=by_user,
    )
    hints.telegram()


def answered_by(talk: TelegramTalk, message: Message) -> int | None:
    """The number of the message that this one is shown as an answer to: a task's promise, or what was asked."""
    if message.task_id and message.reply_to and message.reply_to != message.seq:
        return message.reply_to
    run = Run.objects.filter(pk=message.run_id).first() if message.run_id and message.author != Message.Author.USER else None
    asked = asked_in(talk, run) if run else None
    return asked if asked != message.seq else None


def asked_in(talk: TelegramTalk, run: Run) -> int | None:
    """The number of the message that a run is shown to answer; None in private, where no other one was asked since."""
    later = Run.objects.filter(conversation=run.conversation_id, lane=Lane.TURN, asked_seq__gt=run.asked_seq or 0)
    return run.asked_seq if not talk.chat.is_private or later.exists() else None


def disturbs(message: Message, now: datetime | None = None) -> bool:
    """Whether a phone may sound for it: always for answers and reminders, in quiet hours not for what comes by itself."""
    if message.task_id is None or message.payload.get("reminder"):
        return True
    profile = Profile.objects.filter(user=message.owner_id).first()
    if profile is None or profile.quiet_from is None or profile.quiet_until is None:
        return True
    clock = (now or timezone.now()).astimezone(profile.zone()).time()
    if profile.quiet_from <= profile.quiet_until:
        return not profile.quiet_from <= clock < profile.quiet_until
    return profile.quiet_until <= clock < profile.quiet_from
