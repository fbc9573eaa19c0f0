"""Who is served: those who were let in, and where a group was; a link works once, in private, and in time."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chat.models import Conversation, Message
from telegram_bridge import people
from telegram_bridge.models import Delivery, TelegramAccount, TelegramChat, TelegramLinkCode, TelegramTalk
from tests.factories import make_user
from tests.telegram_bridge.phone import BOT, FORUM, GROUP, ME, Phone, chat_of, conversation, handle, let_in, said, send_all

pytestmark = pytest.mark.django_db
STRANGER = 6666


def allow_group() -> TelegramChat:
    return TelegramChat.objects.create(chat_id=GROUP["id"], type="group", title="The team", allowed=True)


def test_a_stranger_gets_one_line_an_hour_and_is_recorded_as_detected() -> None:
    phone = Phone(STRANGER, "Mallory")

    for text in ("hello", "/schedule 10m x", "/pending"):
        phone.say(text)

    assert len(phone.told()) == 1
    assert str(STRANGER) in phone.told()[0]
    account = TelegramAccount.objects.get(telegram_id=STRANGER)
    assert (account.allowed, account.user, account.name) == (False, None, "Mallory")
    assert not Message.objects.exists()


def test_a_stranger_hears_it_again_after_an_hour() -> None:
    phone = Phone(STRANGER)
    phone.say("hello")
    TelegramAccount.objects.update(told_at=timezone.now() - timedelta(minutes=61))

    phone.say("hello?")

    assert len(phone.told()) == 2


def test_a_line_that_a_group_kept_back_is_said_in_private() -> None:
    Phone(6667, "Bob", GROUP).say("/status")
    Phone(STRANGER, "Mallory", GROUP).say("/status")

    Phone(STRANGER).say("hello")

    assert "I do not know you" in Phone(STRANGER).told()[0]


def test_whoever_is_served_hears_of_each_group_that_is_not_allowed() -> None:
    _, phone = let_in()

    for place in (GROUP, FORUM):
        Phone(phone.id, phone.name, place).say("/status")

    assert all("is not allowed yet" in Phone(phone.id, chat=place).told()[0] for place in (GROUP, FORUM))


@pytest.mark.parametrize("lost", [{"allowed": False}, {"user": None}])
def test_whoever_is_not_let_in_any_more_is_a_stranger(lost: dict[str, Any]) -> None:
    user, phone = let_in()
    TelegramAccount.objects.update(**lost)

    phone.say("hello")

    assert not said(user)
    assert "I do not know you" in phone.told()[0]


def test_a_user_who_was_switched_off_is_not_served() -> None:
    user, phone = let_in()
    user.is_active = False
    user.save()

    phone.say("hello")

    assert not said(user)


def test_the_name_of_somebody_let_in_opens_nothing() -> None:
    user, phone = let_in()
    TelegramAccount.objects.update(username="ada_l")

    Phone(STRANGER, phone.name).say("hello", **{"from": {"id": STRANGER, "is_bot": False, "first_name": phone.name, "username": "ada_l"}})

    assert not said(user)


def test_a_link_makes_an_account_somebody_once() -> None:
    user = make_user()
    code = TelegramLinkCode.issue(user)
    phone, other = Phone(STRANGER), Phone(STRANGER + 1)

    phone.say(f"/start {code}")
    other.say(f"/start {code}")

    account = TelegramAccount.objects.get(telegram_id=STRANGER)
    assert account.served_as() == user
    assert account.linked_at
    assert user.username in phone.told()[0]
    assert TelegramAccount.objects.get(telegram_id=STRANGER + 1).served_as() is None
    assert "used already" in other.told()[0]


def test_a_link_is_worth_nothing_after_ten_minutes() -> None:
    code = TelegramLinkCode.issue(make_user())
    TelegramLinkCode.objects.update(expires_at=timezone.now())

    Phone(STRANGER).say(f"/start {code}")

    assert TelegramAccount.objects.get().served_as() is None


def test_a_link_in_a_group_links_nobody_and_is_void_from_then_on() -> None:
    code = TelegramLinkCode.issue(make_user())

    Phone(STRANGER, chat=GROUP).say(f"/start {code}")
    Phone(STRANGER + 1).say(f"/start {code}")

    assert not TelegramAccount.objects.exclude(user=None).exists()


def test_a_phone_that_is_linked_is_not_taken_over_by_a_link_of_somebody_else() -> None:
    user, phone = let_in()
    phone.say("hello")
    code = TelegramLinkCode.issue(make_user("other"))

    phone.say(f"/start {code}")
    phone.say("my plans")
    Phone(STRANGER).say(f"/start {code}")

    assert f"This phone is linked to {user.username}." in phone.told()[0]
    assert [message.text for message in said(user)] == ["hello", "my plans"]
    assert {account.user for account in TelegramAccount.objects.all()} == {user, None}


def test_a_phone_that_is_linked_can_be_linked_to_the_same_person_again() -> None:
    user, phone = let_in()

    phone.say(f"/start {TelegramLinkCode.issue(user)}")

    assert "This chat is linked" in phone.told()[0]
    assert TelegramAccount.objects.get().served_as() == user


def test_a_phone_of_somebody_who_is_gone_leaves_their_talk_with_another_link() -> None:
    user, phone = let_in()
    phone.say("hello")
    user.is_active = False
    user.save()

    phone.say(f"/start {TelegramLinkCode.issue(make_user('other'))}")

    assert TelegramTalk.objects.get(user=user).conversation is None
    assert TelegramAccount.objects.get().user != user


def test_in_a_group_that_is_not_allowed_nobody_is_served() -> None:
    user, phone = let_in()
    phone.chat = GROUP

    phone.say("@agentron_test_bot hello")

    assert not said(user)
    assert "not allowed yet" in phone.told()[0]


def test_in_an_allowed_group_a_stranger_is_not_served() -> None:
    let_in()
    allow_group()
    phone = Phone(STRANGER, chat=GROUP)

    phone.say("/status")

    assert "I do not know you" in phone.told()[0]
    assert not TelegramTalk.objects.exists()


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("@agentron_test_bot, hello", {}),
        ("@Agentron_Test_Bot hello", {}),
        ("hello", {"reply_to_message": {"message_id": 1, "from": ME}}),
    ],
)
def test_in_a_group_what_names_the_bot_or_replies_to_it_is_heard(text: str, fields: dict[str, Any]) -> None:
    user, phone = let_in()
    allow_group()
    phone.chat = GROUP

    phone.say(text, **fields)

    assert said(user)[0].text == "hello"


def test_in_a_group_what_is_for_others_is_not_heard() -> None:
    user, phone = let_in()
    allow_group()
    phone.chat = GROUP

    for text in ("hello everybody", "mail me@agentron_test_bot.example", "ask @agentron_test_bot2", "/status@another_bot"):
        phone.say(text)
    phone.say("yes", reply_to_message={"message_id": 1, "from": {"id": 5}})

    assert not said(user)
    assert not phone.told()


def test_everybody_in_a_group_has_a_conversation_of_their_own() -> None:
    ada, phone = let_in()
    bob, other = let_in(telegram_id=1002)
    allow_group()
    phone.chat = other.chat = GROUP

    phone.say("@agentron_test_bot my secret plan")
    other.say("@agentron_test_bot what did she say?")

    assert {row.owner for row in Conversation.objects.all()} == {ada, bob}
    assert len(said(bob)) == 1


def test_each_topic_of_a_forum_has_a_conversation_of_its_own() -> None:
    user, phone = let_in()
    TelegramChat.objects.create(chat_id=FORUM["id"], type="supergroup", allowed=True)
    phone.chat = FORUM

    for topic in (7, 8, 7):
        # Telegram names the message that opened a topic as the one that is answered.
        opened = {"message_id": topic, "from": ME, "forum_topic_created": {"name": "x"}}
        phone.say("@agentron_test_bot hi", message_thread_id=topic, is_topic_message=True, reply_to_message=opened)
    phone.say("/status", message_thread_id=8, is_topic_message=True)

    assert sorted(row.messages.count() for row in Conversation.objects.of(user)) == [1, 2]
    assert Delivery.objects.latest("pk").thread_id == 8


@pytest.mark.parametrize("fields", [{"from": {**ME, "id": 9}}, {"from": None}, {"sender_chat": {"id": -5}}])
def test_bots_channels_and_anonymous_administrators_are_not_served(fields: dict[str, Any]) -> None:
    _, phone = let_in()
    phone.say("hello", **fields)

    assert not Message.objects.exists()
    assert not phone.told()


def test_a_bot_that_was_blocked_sends_nothing_more_until_somebody_writes_again() -> None:
    _, phone = let_in()
    change = {"chat": phone.place(), "from": {"id": phone.id}, "date": 1, "new_chat_member": {"status": "kicked", "user": {"id": BOT}}}
    handle({"my_chat_member": change})
    assert chat_of(phone).unreachable_since

    phone.say("hello again")

    assert chat_of(phone).unreachable_since is None


def test_a_group_that_the_bot_was_let_into_is_detected() -> None:
    change = {"chat": GROUP, "from": {"id": 5}, "date": 1, "new_chat_member": {"status": "member", "user": {"id": BOT}}}
    handle({"my_chat_member": change})

    assert not TelegramChat.objects.get(chat_id=GROUP["id"]).allowed


@pytest.mark.parametrize("known_already", [False, True])
def test_a_group_that_becomes_a_supergroup_stays_what_it_was(known_already: bool) -> None:
    _, phone = let_in()
    allow_group()
    phone.chat = GROUP
    phone.say("@agentron_test_bot hello")
    send_all()
    before = conversation(phone)
    if known_already:
        TelegramChat.objects.create(chat_id=-100555, type="supergroup")

    phone.say("", migrate_to_chat_id=-100555)

    phone.chat = {**GROUP, "id": -100555, "type": "supergroup"}
    phone.say("@agentron_test_bot still here")
    assert conversation(phone) == before
    assert TelegramChat.objects.get(chat_id=-100555).allowed


def test_a_group_moves_once() -> None:
    allow_group()

    for _ in range(2):
        people.migrate(GROUP["id"], -100555)

    assert TelegramChat.objects.get().chat_id == -100555
