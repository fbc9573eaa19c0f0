"""Buttons that somebody pressed: whose they are is looked at before what they do."""

import re
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from chat import conversations
from chat.errors import RefusedError
from chat.models import Conversation, Message
from tasks import planning, reading
from telegram_bridge import keyboards, outbox, people, questions, talks
from telegram_bridge.commands import lists
from telegram_bridge.models import Delivery, Keyboard, TelegramChat
from telegram_bridge.replies import Reply
from telegram_bridge.words import literal, short
from workflows import engine
from workflows.errors import MissingError
from workflows.models import FINISHED, HelpRequest, Run, RunStatus

DATA = re.compile(r"h:(?P<token>[A-Za-z0-9_-]{20,64}):(?P<number>[0-9]{1,3})")
# Telegram shows so much of an answer to a button.
LONGEST_TOAST = 200
STALE = "This button means nothing any more. Ask again, and use the new one."
NOT_YOURS = "This button is for somebody else. Nothing was done."


def press(pressed: dict[str, Any]) -> Reply:
    """Do what a button stands for, if it is one of ours, under this very message, for whoever presses it."""
    try:
        with transaction.atomic():
            toast = carry_out(pressed)
    except RefusedError as exc:
        toast = str(exc)
    return Reply(callback_id=str(pressed["id"]), toast=short(toast, LONGEST_TOAST))


def carry_out(pressed: dict[str, Any]) -> str:
    """The line that says what was done, or why nothing was. Raises RefusedError."""
    message = pressed.get("message") or {}
    user, chat = people.known(pressed["from"]["id"], message["chat"]["id"]) if message else (None, None)
    keyboard, number = named(str(pressed.get("data") or ""))
    if user is None or (keyboard and keyboard.user_id != user.pk):
        return NOT_YOURS
    delivery = under(keyboard, chat, message.get("message_id")) if keyboard else None
    value = keyboard.value(number) if keyboard else None
    if keyboard is None or delivery is None or value is None:
        return STALE
    return do(keyboard, delivery, user, value)


def named(data: str) -> tuple[Keyboard | None, int]:
    """The keyboard that callback data names, and which of its buttons."""
    match = DATA.fullmatch(data)
    if match is None:
        return None, 0
    return Keyboard.objects.select_related("user", "chat").filter(token=match["token"]).first(), int(match["number"])


def under(keyboard: Keyboard, chat: TelegramChat | None, message_id: int | None) -> Delivery | None:
    """The delivery whose message these buttons stand under; None where they were pressed under another one."""
    found = Delivery.objects.select_related("chat", "talk", "edits", "message").filter(keyboard=keyboard).first()
    if found is None or message_id is None or chat is None or chat.pk != keyboard.chat_id:
        return None
    numbers = (found.telegram_id, found.edits.telegram_id if found.edits else None)
    return found if message_id in numbers else None


def do(keyboard: Keyboard, delivery: Delivery, user: User, value: str) -> str:
    """What the buttons are for. Raises RefusedError."""
    if keyboard.purpose == Keyboard.Purpose.ANSWER:
        return answer(keyboard, delivery, user, value)
    if keyboard.closed_at:
        return STALE
    if keyboard.purpose == Keyboard.Purpose.CANCEL_TASK:
        task = planning.cancel(reading.own_task(user, UUID(value)), by=user)
        refresh(delivery, user)
        return f"Cancelled: {task.title}"
    if keyboard.purpose == Keyboard.Purpose.CONFIRM:
        return cancel_run(keyboard, delivery, user, UUID(value))
    if keyboard.purpose == Keyboard.Purpose.RESUME and delivery.talk:
        conversation = Conversation.objects.of(user).filter(pk=UUID(value)).first()
        if conversation is None:
            raise MissingError("This conversation was deleted.")
        lists.resume(delivery.talk, conversation)
        keyboards.close(keyboard)
        return f"You are in “{short(str(conversation), 60)}” now."
    return STALE


def cancel_run(keyboard: Keyboard, delivery: Delivery, user: User, run_id: UUID) -> str:
    """Cancel a workflow's run, and show what goes on then in the place of the list. Raises RefusedError."""
    run = Run.objects.of(user).select_related("workflow", "conversation").filter(pk=run_id).first()
    if run is None:
        raise MissingError("This run was deleted.")
    done = cancelled(run, user)
    keyboards.close(keyboard)
    text, rows = lists.going_on(run.conversation)
    left = keyboards.make(delivery.chat, user, Keyboard.Purpose.CONFIRM, rows) if rows else None
    outbox.replace(delivery, f"{done}: **{literal(lists.name_of(run), 60)}**. {text}", left)
    return f"{done}: {lists.name_of(run)}"


def cancelled(run: Run, user: User) -> str:
    """What came of cancelling a run. Raises RefusedError."""
    if run.status in FINISHED:
        return "Has ended already"
    return "Cancelled" if engine.cancel(run, by=user).status == RunStatus.CANCELLED else "Is being stopped"


def answer(keyboard: Keyboard, delivery: Delivery, user: User, value: str) -> str:
    """Answer a question; the first answer wins, wherever it comes from. Raises RefusedError."""
    rows = HelpRequest.objects.of(user).select_related("run", "answered_by")
    request = rows.filter(pk=keyboard.subject).first() if keyboard.subject else None
    if request is None:
        raise MissingError("This question is gone: its run was deleted.")
    engine.locked(request, user)
    given, talk = questions.answer_of(value), talks.talk_of(delivery.chat, delivery.thread_id, user)
    if not given:
        in_talk = HelpRequest.objects.open().filter(run__conversation=talk.conversation_id, run__cancel_requested_at=None)
        # In a group, what is not addressed to us is not for us.
        questions.other(delivery, plainly=talk.chat.is_private and set(in_talk.values_list("pk", flat=True)) == {request.pk})
        return "Write your answer."
    response, decision = given.get("response", ""), given.get("decision", "")
    engine.respond(request, by=user, via=Message.Via.TELEGRAM, response=response, decision=decision)
    if delivery.message:
        talks.follow(talk, delivery.message.conversation)
        conversations.mark_read(delivery.message.conversation, delivery.message.seq)
    return "Declined." if decision == "decline" else f"Answered: {response or decision}"


def refresh(delivery: Delivery, user: User) -> None:
    """Show the list of what is scheduled as it is now in the place of the one whose button was pressed; numbers may have changed."""
    text, rows = lists.scheduled(user)
    if delivery.keyboard:
        keyboards.close(delivery.keyboard)
    keyboard = keyboards.make(delivery.chat, user, Keyboard.Purpose.CANCEL_TASK, rows) if rows else None
    outbox.replace(delivery, text, keyboard)
