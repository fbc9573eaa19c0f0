"""Conversations that were left on the phone: what was promised there still arrives, and nothing else does."""

from typing import Any
from uuid import UUID

import pytest

from chat import log
from chat.models import Message
from tasks.models import Task
from telegram_bridge import past, planning
from telegram_bridge.models import TelegramAccount, TelegramPast
from tests.factories import make_conversation, make_question, make_run
from tests.telegram_bridge.phone import Phone, conversation, let_in, newest, said, talk
from workflows.models import HelpRequest

pytestmark = pytest.mark.django_db


def look() -> None:
    """What the sender does before it sends."""
    for pk in planning.behind():
        planning.plan(pk)
    for pk in past.behind():
        past.plan(pk)


def comes(there: UUID, text: str, **fields: Any) -> None:
    """The assistant says something in a conversation."""
    log.post(there, Message(author=Message.Author.ASSISTANT, text=text, via=Message.Via.RUN, **fields))


def left() -> tuple[Phone, UUID]:
    """A phone that has left a conversation for another one."""
    _, phone = let_in()
    phone.say("/schedule 10m check the oven")
    first = conversation(phone)
    look()
    phone.say("/new what about tea?")
    return phone, first.pk


def test_a_reminder_arrives_although_its_conversation_was_left() -> None:
    phone, first = left()
    comes(first, "Check the oven!", task_id=Task.objects.get().pk)

    look()
    look()

    assert [text for text in phone.told() if "oven!" in text] == ["In “check the oven”:\n\nCheck the oven!"]
    assert newest(phone).reply_seq == Task.objects.get().anchor


def test_an_answer_to_what_was_asked_on_the_phone_arrives_after_it_went_on() -> None:
    phone, _ = left()
    asked = said(talk(phone).user)[-1]
    phone.say("/new")

    comes(asked.conversation_id, "Green tea.", run_id=asked.run_id)
    look()

    assert "Green tea." in phone.told()[-1]


def test_what_others_say_in_a_conversation_that_was_left_stays_there() -> None:
    phone, first = left()
    before = phone.told()
    log.post(first, Message(author=Message.Author.USER, text="from the page", via=Message.Via.WEB))
    comes(first, "An answer on the page.", run_id=make_run(conversation(phone)).pk)

    look()

    assert phone.told() == before
    assert TelegramPast.objects.get().delivered_seq == 3


def test_a_conversation_that_was_left_and_resumed_tells_everything_once() -> None:
    phone, first = left()
    phone.say("/resume check the oven")

    comes(first, "Check the oven!", task_id=Task.objects.get().pk)
    look()

    assert not TelegramPast.objects.filter(conversation=first).exists()
    assert sum("oven!" in text for text in phone.told()) == 1


def test_nothing_is_told_to_whoever_is_served_no_more() -> None:
    phone, first = left()
    TelegramAccount.objects.update(allowed=False)
    before = phone.told()

    comes(first, "Check the oven!", task_id=Task.objects.get().pk)
    look()

    assert phone.told() == before


def test_what_comes_of_a_question_that_was_answered_on_the_phone_arrives_there() -> None:
    user, phone = let_in()
    phone.say("hello")
    elsewhere = make_conversation(user, title="Nightly report")
    question = make_question(elsewhere, kind="choice", options=["Go on"])
    message = Message(kind="help_request", author="assistant", text="?", via="run", payload={"request_id": str(question.pk)})
    log.post(elsewhere.pk, message)
    HelpRequest.objects.update(message_seq=message.seq)
    phone.say("/pending")
    phone.press(newest(phone), "Go on")

    comes(elsewhere.pk, "The report is done.", run_id=question.run_id)
    look()

    assert phone.told()[-1] == "In “Nightly report”:\n\nThe report is done."
    assert conversation(phone) != elsewhere
