"""Messages that reply to something: only those to the question itself answer it, and others' words stay others'."""

from typing import Any

import pytest

from telegram_bridge.media import Kept, Wanted
from tests.telegram_bridge.phone import newest, reply_to, said, talk
from tests.telegram_bridge.test_answers import CONFIRMATION, OPEN, asked, begun, state

pytestmark = pytest.mark.django_db
EXTERNAL: dict[str, Any] = {
    "external_reply": {"origin": {"type": "hidden_user", "date": 1, "sender_user_name": "Eve"}, "message_id": 9},
    "quote": {"text": "Shall we order pizza?", "position": 0},
}


@pytest.mark.parametrize(
    "reply",
    [
        {"reply_to_message": {"message_id": 999_999, "from": {"first_name": "Eve"}, "sticker": {"file_id": "s"}}},
        {"reply_to_story": {"chat": {"id": 5, "type": "private"}, "id": 1}},
        {"external_reply": {"origin": {"type": "hidden_user", "date": 1, "sender_user_name": "Eve"}, "photo": []}},
        EXTERNAL,
    ],
)
def test_a_yes_to_something_else_answers_nothing(reply: dict[str, Any]) -> None:
    phone = begun()
    question, _ = asked(phone, **CONFIRMATION)

    phone.say("yes", **reply)

    assert state(question) == OPEN


def test_a_yes_to_another_message_of_the_bot_answers_nothing() -> None:
    phone = begun()
    phone.say("/help")
    other = newest(phone)
    question, _ = asked(phone, **CONFIRMATION)

    phone.say("yes", **reply_to(other))

    assert state(question) == OPEN


def test_a_quotation_of_another_chat_is_passed_on_as_data() -> None:
    phone = begun()
    user = talk(phone).user

    phone.say("what is this?", **EXTERNAL)

    assert said(user)[-1].text == "what is this?\n\nIn answer to Eve:\n\n> Shall we order pizza?"


def test_a_file_in_reply_to_a_question_answers_it_by_its_caption() -> None:
    phone = begun()
    question, delivery = asked(phone, **CONFIRMATION)
    file = Kept(Wanted("f1", "notes.txt", "text/plain", 5), b"hello")

    phone.say("", [file], caption="yes", document={"file_id": "f1", "file_name": "notes.txt"}, **reply_to(delivery))

    assert state(question) == ("answered", "yes", "yes")
