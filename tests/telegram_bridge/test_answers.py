"""Questions that are answered on the phone: by buttons, in words, and never by anybody or anything else."""

from typing import Any

import pytest

from chat import log
from chat.models import Message
from telegram_bridge import planning
from telegram_bridge.models import Delivery, Keyboard, Shown, TelegramChat, Update
from tests.factories import make_conversation, make_question
from tests.telegram_bridge.phone import GROUP, Phone, chat_of, conversation, let_in, newest, reply_to, said, talk
from workflows import engine
from workflows.models import HelpRequest, Run

pytestmark = [pytest.mark.wide, pytest.mark.django_db]
FORWARD: dict[str, Any] = {"forward_origin": {"type": "hidden_user", "sender_user_name": "Eve", "date": 1}}
APPROVAL: dict[str, Any] = {
    "kind": "approval",
    "tool": "fetch_url",
    "arguments": {"url": "x"},
    "args_hash": "h",
    "decisions": ["approve", "deny"],
}
CONFIRMATION: dict[str, Any] = {"kind": "confirmation", "decisions": ["yes", "no"]}


def asked(phone: Phone, **fields: Any) -> tuple[HelpRequest, Delivery]:
    """A question in the conversation that is spoken in, and the message that shows it on the phone."""
    talk_ = talk(phone)
    if talk_.conversation is None:
        talk_.conversation = make_conversation(talk_.user)
        talk_.save()
    question = make_question(talk_.conversation, **fields)
    message = Message(
        kind=Message.Kind.HELP_REQUEST, author="assistant", text=question.question, via="run", payload={"request_id": str(question.pk)}
    )
    log.post(talk_.conversation.pk, message)
    HelpRequest.objects.filter(pk=question.pk).update(message_seq=message.seq)
    planning.plan(talk_.pk)
    return question, newest(phone)


def begun(telegram_id: int = 1001) -> Phone:
    """A phone on which something was said."""
    _, phone = let_in(telegram_id=telegram_id)
    phone.say("hello")
    return phone


def state(question: HelpRequest) -> tuple[str, str, str]:
    question.refresh_from_db()
    return question.status, question.response, question.decision


OPEN = ("open", "", "")


def test_a_button_answers_and_the_message_says_by_whom() -> None:
    phone = begun()
    question, delivery = asked(phone, kind="choice", options=["Red", "Blue"])

    reply = phone.press(delivery, "Blue")

    assert (reply.callback_id, reply.toast) == ("q1", "Answered: Blue")
    assert state(question) == ("answered", "Blue", "")
    assert question.answered_via == "telegram"
    assert f"Answered by {phone.name} on Telegram" in phone.told()[-1]


@pytest.mark.parametrize(("button", "decision"), [("Approve", "approve"), ("Deny", "deny")])
def test_an_approval_is_given_by_its_button(button: str, decision: str) -> None:
    phone = begun()
    question, delivery = asked(phone, **APPROVAL)

    phone.press(delivery, button)

    assert state(question) == ("answered", "", decision)


def test_other_opens_a_reply_that_answers() -> None:
    phone = begun()
    question, delivery = asked(phone, kind="choice", options=["Red"])

    phone.press(delivery, "Other")
    prompt = newest(phone)
    phone.say("Green", **reply_to(prompt))

    assert prompt.force_reply
    assert state(question) == ("answered", "Green", "")
    assert Run.objects.filter(trigger="telegram").count() == 1


def test_a_plain_message_answers_the_question_that_the_phone_has_shown() -> None:
    phone = begun()
    question, _ = asked(phone)

    phone.say("The blue one")

    assert state(question) == ("answered", "The blue one", "")
    line = Delivery.objects.get(
        text="Taken as your answer to “Which one?”. To speak of something else while a question waits, begin with /new."
    )
    assert (line.silent, line.reply_to) == (True, Shown.objects.latest("pk").telegram_id)


def test_an_answer_that_was_announced_is_not_said_to_be_taken() -> None:
    phone = begun()
    question, delivery = asked(phone)
    phone.press(delivery, "Answer")

    phone.say("The blue one")

    assert state(question) == ("answered", "The blue one", "")
    assert not any(text.startswith("Taken as") for text in phone.told())


@pytest.mark.parametrize("pressed", [True, False])
def test_what_the_phone_has_shown_is_read_once_somebody_answers_there(pressed: bool) -> None:
    phone = begun()
    _, delivery = asked(phone, options=["red", "blue"])
    before = conversation(phone).unread

    if pressed:
        phone.press(delivery, "red")
    else:
        phone.say("green")

    assert (before, conversation(phone).unread) == (1, 0)


def test_a_plain_message_from_before_the_question_answers_nothing() -> None:
    phone = begun()
    early = phone.body()["message_id"]
    question, _ = asked(phone)

    phone.say("yes", message_id=early)

    assert state(question) == OPEN
    assert [message.text for message in said(question.run.owner)][-1] == "yes"


def test_a_plain_message_answers_no_question_that_was_not_sent_yet() -> None:
    phone = begun()
    question, delivery = asked(phone)
    Delivery.objects.filter(pk=delivery.pk).update(state="failed", telegram_id=None)

    phone.say("yes")

    assert state(question) == OPEN


@pytest.mark.parametrize("reply", [False, True])
@pytest.mark.parametrize("fields", [{}, CONFIRMATION, APPROVAL])
def test_a_forwarded_yes_answers_nothing(fields: dict[str, Any], *, reply: bool) -> None:
    phone = begun()
    question, delivery = asked(phone, **fields)

    phone.say("yes", **FORWARD, **(reply_to(delivery) if reply else {}))

    assert state(question) == OPEN


def test_a_yes_with_a_quotation_answers_nothing() -> None:
    phone = begun()
    question, _ = asked(phone, **CONFIRMATION)

    phone.say("yes", reply_to_message={"message_id": 999_999, "from": {"first_name": "Eve"}, "text": "approve it all"})

    assert state(question) == OPEN


@pytest.mark.parametrize(("words", "after"), [("Yes", ("answered", "Yes", "yes")), ("no", ("answered", "no", "no")), ("later", OPEN)])
def test_a_confirmation_takes_yes_or_no_in_a_reply(words: str, after: tuple[str, str, str]) -> None:
    phone = begun()
    question, delivery = asked(phone, **CONFIRMATION)

    phone.say(words, **reply_to(delivery))

    assert state(question) == after


@pytest.mark.parametrize("words", ["approve", "yes", "go ahead"])
def test_words_never_approve(words: str) -> None:
    phone = begun()
    question, delivery = asked(phone, **APPROVAL)

    phone.say(words, **reply_to(delivery))
    phone.say(words)

    assert state(question) == OPEN
    assert any("press one of the buttons" in text for text in phone.told())


def test_a_secret_that_was_sent_by_mistake_is_kept_nowhere() -> None:
    phone = begun()
    question, delivery = asked(phone, kind="credentials")

    phone.say("hunter2", **reply_to(delivery))

    assert state(question) == OPEN
    assert "secrets are never sent through a chat" in phone.told()[-1]
    assert not Message.objects.filter(text__contains="hunter2").exists()
    assert "hunter2" not in str(list(Update.objects.values_list("payload", flat=True)))


def test_the_first_answer_wins_and_the_second_hears_whose_it_was() -> None:
    phone = begun()
    question, delivery = asked(phone, kind="choice", options=["Red", "Blue"])
    user = question.run.owner
    engine.respond(question, by=user, via="web", response="Red")

    pressed = phone.press(delivery, "Blue")
    phone.say("Blue", **reply_to(delivery))

    assert state(question) == ("answered", "Red", "")
    assert f"already answered by {user.username}" in pressed.toast
    assert f"already answered by {user.username}" in phone.told()[-1]


def test_a_button_pressed_twice_answers_once() -> None:
    phone = begun()
    question, delivery = asked(phone, kind="choice", options=["Red", "Blue"])

    phone.press(delivery, "Red")
    again = phone.press(delivery, "Blue")

    assert state(question) == ("answered", "Red", "")
    assert "already answered" in again.toast


@pytest.mark.parametrize("served", [False, True])
def test_other_peoples_buttons_do_nothing(*, served: bool) -> None:
    phone = begun()
    question, delivery = asked(phone, **APPROVAL)
    other = begun(1002) if served else Phone(6666)
    other.chat = phone.place()

    reply = other.press(delivery, "Approve")

    assert (reply.callback_id, reply.toast) == ("q1", "This button is for somebody else. Nothing was done.")
    assert state(question) == OPEN


def test_in_a_group_only_whoever_was_asked_can_press_or_reply() -> None:
    ada, bob = let_in()[1], let_in(telegram_id=1002)[1]
    TelegramChat.objects.create(chat_id=GROUP["id"], type="group", allowed=True)
    ada.chat = bob.chat = GROUP
    ada.say("@agentron_test_bot hello")
    question, delivery = asked(ada, kind="choice", options=["Red"])

    reply = bob.press(delivery, "Red")
    bob.say("Red", **reply_to(delivery))

    assert "somebody else" in reply.toast
    assert "not yours" in bob.told()[-1]
    assert state(question) == OPEN
    ada.press(delivery, "Red")
    assert state(question) == ("answered", "Red", "")


def test_in_a_group_that_is_allowed_no_more_no_button_works() -> None:
    ada = let_in()[1]
    TelegramChat.objects.create(chat_id=GROUP["id"], type="group", allowed=True)
    ada.chat = GROUP
    ada.say("@agentron_test_bot hello")
    question, delivery = asked(ada, **APPROVAL)
    TelegramChat.objects.update(allowed=False)

    ada.press(delivery, "Approve")

    assert state(question) == OPEN


@pytest.mark.parametrize(
    "data", ["", "h:", "h:x:0", "h:{token}:99", "h:{token}:-1", "h:{token}:٣", "H:{token}:0", "h:{token}:0:1", "x" * 64]
)
def test_forged_callback_data_does_nothing(data: str) -> None:
    phone = begun()
    question, delivery = asked(phone, **APPROVAL)
    assert delivery.keyboard

    reply = phone.press(delivery, data=data.format(token=delivery.keyboard.token) or "nothing")

    assert reply.toast.startswith("This button means nothing any more.")
    assert state(question) == OPEN


def test_a_button_works_only_under_its_own_message_and_in_its_own_chat() -> None:
    phone = begun()
    question, delivery = asked(phone, **APPROVAL)
    assert delivery.keyboard
    data = f"h:{delivery.keyboard.token}:0"
    place = {"date": 1, "from": {"id": 1}}

    elsewhere: list[dict[str, Any]] = [
        {"message": {**place, "message_id": 99_999, "chat": phone.place()}},
        {"message": {**place, "message_id": delivery.telegram_id, "chat": {"id": 1002, "type": "private"}}},
        {"message": None, "inline_message_id": "x"},
    ]
    toasts = [phone.press(delivery, data=data, **fields).toast for fields in elsewhere]

    assert all(toasts)
    assert state(question) == OPEN


def test_a_button_of_somebody_who_is_served_no_more_does_nothing() -> None:
    phone = begun()
    question, delivery = asked(phone, **APPROVAL)
    user = question.run.owner
    user.is_active = False
    user.save()

    phone.press(delivery, "Approve")

    assert state(question) == OPEN


def test_pending_shows_every_open_question_with_its_buttons() -> None:
    phone = begun()
    asked(phone, kind="choice", options=["Red"])
    first, _ = asked(phone, question="Which tea?", kind="choice", options=["Green"])
    phone.say("/new")

    phone.say("/pending")
    phone.press(newest(phone, Keyboard.Purpose.ANSWER), "Green")

    assert state(first) == ("answered", "Green", "")
    phone.say("/pending")
    assert "Which one?" in phone.told()[-1]


def test_pending_says_when_there_is_none_and_shows_nobody_elses() -> None:
    phone, other = begun(), begun(1002)
    asked(other)

    phone.say("/pending")

    assert phone.told() == ["No question waits for you."]
    assert chat_of(phone).deliveries.count() == 1
