"""The table of retries, row by row, against the Telegram server for tests."""

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chat import files
from chat.models import Message
from telegram_bridge import outbox, sender
from telegram_bridge.models import Delivery, DeliveryState, Shown, TelegramChat, TelegramState
from tests.factories import say
from tests.fakes.telegram import ADA, BOB, FORUM, GROUP, Chat, Telegram
from tests.fakes.telegram_faults import Fault, cut, forbid, migrate, own_trouble, refuse, trouble, unknown_token, wait
from tests.telegram_bridge.sending import make_chat, make_talk, send, state_of, work

pytest_plugins = ["tests.fakes.telegram"]
pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]


def test_what_is_said_to_a_chat_arrives_in_order_and_its_numbers_are_kept(telegram: Telegram) -> None:
    chat = make_chat()
    made = [one for number in range(5) for one in outbox.tell(chat, f"**{number}**")]

    send()

    assert telegram.texts(ADA.chat) == ["0", "1", "2", "3", "4"]
    assert list(Delivery.objects.order_by("pk").values_list("telegram_id", flat=True)) == [one.id for one in telegram.sent(ADA.chat)]
    assert {state_of(one) for one in made} == {DeliveryState.SENT}
    assert telegram.calls("sendMessage")[0].fields["link_preview_options"] == {"is_disabled": True}


def test_a_long_text_arrives_in_parts_that_all_stand_for_its_message(telegram: Telegram) -> None:
    talk = make_talk()
    assert talk.conversation
    message = say(talk.conversation)
    outbox.tell(talk.chat, "word " * 2000, talk=talk, message=message)

    send()

    parts = telegram.sent(ADA.chat)
    assert len(parts) == 3
    assert list(Shown.objects.filter(message=message).order_by("telegram_id").values_list("telegram_id", flat=True)) == [
        o.id for o in parts
    ]


def test_a_chat_that_telegram_wants_to_wait_waits_as_a_whole_and_others_do_not(telegram: Telegram) -> None:
    ada, bob = make_chat(ADA.chat), make_chat(BOB.chat)
    telegram.fault("sendMessage", wait(3, chat_id=ADA.id))
    for text in ("one", "two"):
        outbox.tell(ada, text)
    outbox.tell(bob, "hello")
    began = time.monotonic()

    work(until=lambda: TelegramChat.objects.filter(pk=ada.pk, not_before__gt=timezone.now()).exists() and bool(telegram.texts(BOB.chat)))
    send()

    assert time.monotonic() - began >= 3
    assert telegram.texts(ADA.chat) == ["one", "two"]
    calls = telegram.calls("sendMessage", ADA.chat)
    assert [call.status for call in calls] == [429, 200, 200]
    assert calls[1].at - calls[0].at >= 3


def test_a_chat_that_cannot_be_reached_is_left_alone_and_gets_everything_once_it_can(telegram: Telegram) -> None:
    chat = make_chat()
    telegram.fault("sendMessage", forbid())
    first, second = (outbox.tell(chat, text)[0] for text in ("one", "two"))

    send()

    chat.refresh_from_db()
    assert chat.unreachable_since
    assert "blocked" in chat.unreachable_because
    assert (state_of(first), state_of(second)) == (DeliveryState.FAILED, DeliveryState.PENDING)
    assert len(telegram.calls("sendMessage")) == 1

    TelegramChat.objects.update(unreachable_since=None)
    send()

    assert telegram.texts(ADA.chat) == ["one", "two"]


def test_a_group_that_became_a_supergroup_is_written_to_under_its_new_number(telegram: Telegram) -> None:
    chat = make_chat(GROUP)
    telegram.fault("sendMessage", migrate(FORUM.id))
    for text in ("one", "two"):
        outbox.tell(chat, text)

    send()

    chat.refresh_from_db()
    assert chat.chat_id == FORUM.id
    assert telegram.texts(FORUM) == ["one", "two"]


@pytest.mark.parametrize("reason", ["can't parse entities: unsupported", "Entity URL 'x' is invalid", "wrong HTTP URL specified"])
def test_what_telegram_cannot_parse_goes_as_it_was_written(telegram: Telegram, reason: str) -> None:
    telegram.fault("sendMessage", refuse(f"Bad Request: {reason}"))
    outbox.tell(make_chat(), "**bold** [x](https://example.com)")

    send()

    (sent,) = telegram.sent(ADA.chat)
    assert (sent.text, sent.entities) == ("**bold** [x](https://example.com)", [])


def test_a_topic_that_is_gone_is_left_out(telegram: Telegram) -> None:
    telegram.fault("sendMessage", refuse("Bad Request: message thread not found"))
    outbox.tell(make_chat(FORUM), "hello", thread_id=7)

    send()

    assert [call.fields.get("message_thread_id") for call in telegram.calls("sendMessage")] == [7, None]
    assert telegram.texts(FORUM) == ["hello"]


@pytest.mark.parametrize("fault", [own_trouble(times=3), trouble(502, times=3)])
def test_trouble_is_waited_out_and_the_order_kept(telegram: Telegram, fault: Fault) -> None:
    chat = make_chat()
    telegram.fault("sendMessage", replace(fault))
    for text in ("one", "two"):
        outbox.tell(chat, text)

    send()

    assert telegram.texts(ADA.chat) == ["one", "two"]
    assert "trouble" in TelegramState.now().send_error


@pytest.mark.parametrize("fault", [cut(done=True), trouble(504, done=True)])
def test_what_may_have_arrived_is_sent_once_more(telegram: Telegram, fault: Fault) -> None:
    chat = make_chat()
    telegram.fault("sendMessage", replace(fault, chat_id=chat.chat_id))
    for text in ("one", "two"):
        outbox.tell(chat, text)

    send()

    assert telegram.texts(ADA.chat) == ["one", "one", "two"]


def test_while_a_server_on_the_way_answers_for_telegram_nothing_is_lost_or_doubled(telegram: Telegram) -> None:
    chat = make_chat()
    telegram.fault("sendMessage", trouble(504))
    telegram.fault("getMe", trouble(502), trouble(502))
    for text in ("one", "two"):
        outbox.tell(chat, text)

    send()

    assert telegram.texts(ADA.chat) == ["one", "two"]
    assert len(telegram.calls("getMe")) == 3


def test_what_may_have_arrived_twice_is_never_sent_a_third_time(telegram: Telegram) -> None:
    chat = make_chat()
    telegram.fault("sendMessage", cut(done=True), cut())
    (lost, fine) = (outbox.tell(chat, text)[0] for text in ("one", "two"))

    send()

    assert telegram.texts(ADA.chat) == ["one", "two"]
    assert (state_of(lost), state_of(fine)) == (DeliveryState.DEAD, DeliveryState.SENT)
    assert "may have arrived" in lost.error


def test_a_change_is_made_again_until_telegram_says_that_it_was_made(telegram: Telegram) -> None:
    (delivery,) = outbox.tell(make_chat(), "Really?")
    send()
    telegram.fault("editMessageText", cut(), cut(), cut(done=True))
    outbox.change(delivery, "✅ **Approved** by ada")

    send()

    assert telegram.texts(ADA.chat) == ["Really?\n\n✅ Approved by ada"]


def test_a_change_of_a_message_that_its_reader_deleted_is_none(telegram: Telegram) -> None:
    (delivery,) = outbox.tell(make_chat(), "Really?")
    send()
    telegram.fault("editMessageText", refuse("Bad Request: message to edit not found"))
    changed = outbox.change(delivery, "done")

    send()

    assert state_of(changed) == DeliveryState.SENT
    assert TelegramState.now().send_error == ""


def test_what_telegram_will_never_take_is_given_up_and_the_next_one_goes(telegram: Telegram) -> None:
    chat = make_chat()
    telegram.fault("sendMessage", refuse("Bad Request: something new"))
    (bad, good) = (outbox.tell(chat, text)[0] for text in ("one", "two"))

    send()

    assert (state_of(bad), state_of(good)) == (DeliveryState.DEAD, DeliveryState.SENT)
    assert "Something new" in TelegramState.now().send_error


def test_what_it_answers_may_be_gone(telegram: Telegram) -> None:
    telegram.fault("sendMessage", refuse("Bad Request: message to be replied not found"))
    outbox.tell(make_chat(), "hello", reply_to=77)

    send()

    assert [bool(call.fields.get("reply_parameters")) for call in telegram.calls("sendMessage")] == [True, False]


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(32))


def test_files_of_the_conversation_arrive_as_what_they_are(telegram: Telegram) -> None:
    talk = make_talk()
    assert talk.conversation
    for name, content in (("notes.txt", b"hello"), ("cat.png", PNG)):
        files.keep(talk.conversation, name, content, by=talk.user, via=Message.Via.WEB)

    work(until=lambda: len(telegram.sent(ADA.chat)) == 2)

    assert [(one.file, one.text) for one in telegram.sent(ADA.chat)] == [
        (("notes.txt", b"hello"), "You, on the page"),
        (("cat.png", PNG), "You, on the page"),
    ]
    assert len(telegram.calls("sendPhoto")) == len(telegram.calls("sendDocument")) == 1


def test_a_picture_that_telegram_takes_for_none_goes_as_a_document(telegram: Telegram) -> None:
    talk = make_talk()
    assert talk.conversation
    telegram.fault("sendPhoto", refuse("Bad Request: PHOTO_INVALID_DIMENSIONS"))
    files.keep(talk.conversation, "cat.png", PNG, by=talk.user, via=Message.Via.WEB)

    work(until=lambda: bool(telegram.sent(ADA.chat)))

    assert len(telegram.calls("sendDocument")) == 1


def test_a_chat_that_takes_no_files_is_told_of_them_and_gets_the_rest(telegram: Telegram) -> None:
    talk = make_talk()
    assert talk.conversation
    telegram.fault("sendDocument", refuse("Bad Request: not enough rights to send documents to the chat", times=None))
    files.keep(talk.conversation, "notes.txt", b"hello", by=talk.user, via=Message.Via.WEB)
    sender.plan({})
    outbox.tell(talk.chat, "an answer")

    send()

    told, answer = telegram.texts(ADA.chat)
    assert told.startswith("📎 notes.txt")
    assert answer == "an answer"


def test_a_token_that_telegram_does_not_know_gives_nothing_up(telegram: Telegram) -> None:
    telegram.fault("sendMessage", unknown_token())
    (delivery,) = outbox.tell(make_chat(), "hello")

    work(until=lambda: state_of(delivery) == DeliveryState.FAILED)

    assert delivery.next_try_at
    assert delivery.next_try_at > timezone.now() + timedelta(seconds=20)
    assert "123456789" not in delivery.error


def test_without_a_network_nothing_counts_as_tried(telegram: Telegram, settings: Any) -> None:
    settings.TELEGRAM_API_URL = "http://127.0.0.1:9"
    (delivery,) = outbox.tell(make_chat(Chat(5)), "hello")

    work(until=lambda: state_of(delivery) == DeliveryState.FAILED)

    assert delivery.uncertain == 0
    assert "cannot be reached" in delivery.error
