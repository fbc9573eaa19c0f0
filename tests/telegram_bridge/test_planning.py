"""What of a conversation is put into the outbox for a phone, and how it reads there."""

from datetime import time
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from chat import log
from chat.models import Message, Profile
from telegram_bridge import planning, sender
from telegram_bridge.models import Delivery, Shown, TelegramAccount, TelegramTalk
from telegram_bridge.planning import behind, disturbs, plan
from tests.factories import make_run, say
from tests.fakes.telegram import BOB, GROUP
from tests.telegram_bridge.sending import make_talk

pytestmark = pytest.mark.django_db


def post(talk: TelegramTalk, text: str = "", **fields: Any) -> Message:
    """Something that is said in the talk's conversation, by the assistant unless told otherwise."""
    assert talk.conversation_id
    message = Message(**{"author": Message.Author.ASSISTANT, "via": Message.Via.RUN, "text": text, **fields})
    log.post(talk.conversation_id, message)
    return message


def put(talk: TelegramTalk) -> list[tuple[str, bool]]:
    """What is put into the outbox, and whether it is silent."""
    for found in behind():
        plan(found)
    return list(Delivery.objects.filter(talk=talk).order_by("pk").values_list("text", "silent"))


USER, SYSTEM = Message.Author.USER, Message.Author.SYSTEM
WORDINGS = [
    ({"text": "**Hello**"}, [("Hello", False)]),
    ({"text": "Hel", "payload": {"partial": True}}, [("Hel\n\nIt was stopped here.", False)]),
    ({"text": "It broke.", "kind": Message.Kind.ERROR, "author": SYSTEM}, [("⚠️ It broke.", False)]),
    ({"text": "*hi*\n# x", "author": USER, "via": Message.Via.WEB}, [("💬 You, on the page:\n*hi*\n# x", True)]),
    ({"text": "hi", "author": USER, "via": Message.Via.CLI}, [("💬 You, in the terminal:\nhi", True)]),
    ({"text": "hi", "author": USER, "via": Message.Via.TELEGRAM}, [("💬 You, in another chat:\nhi", True)]),
    ({"text": "news?", "author": USER, "via": Message.Via.SCHEDULE}, [("⏰ news?", True)]),
    ({"text": "Scheduled: x", "author": USER, "via": Message.Via.WEB, "payload": {"scheduled": True}}, [("📅 Scheduled: x", True)]),
    ({"text": "hm", "kind": Message.Kind.THOUGHT}, []),
    ({"kind": Message.Kind.TOOL_USE, "payload": {"call_id": "1", "name": "x", "args": {}}}, []),
    ({"kind": Message.Kind.TOOL_RESULT, "payload": {"call_id": "1", "name": "x", "status": "done", "result": "x"}}, []),
    ({"kind": Message.Kind.STATUS, "author": SYSTEM, "payload": {"status": "succeeded"}}, []),
    ({"text": "yes", "kind": Message.Kind.HELP_ANSWER, "author": USER}, []),
    ({"text": "\u200b"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "expected"), WORDINGS, ids=range(len(WORDINGS)))
def test_a_message_reads_so_on_a_phone(fields: dict[str, Any], expected: list[tuple[str, bool]]) -> None:
    talk = make_talk()

    post(talk, **fields)

    assert put(talk) == expected


def test_everything_is_put_there_once_and_in_order() -> None:
    talk = make_talk()
    assert talk.conversation_id
    said = [Message(author=Message.Author.ASSISTANT, via=Message.Via.RUN, text=f"{number}") for number in range(110)]
    log.post(talk.conversation_id, *said)

    for _ in range(3):
        put(talk)

    assert [text for text, _ in put(talk)] == [str(number) for number in range(110)]
    assert behind() == []


def test_what_the_chat_shows_already_is_not_sent_to_it() -> None:
    talk = make_talk()
    assert talk.conversation
    there = say(talk.conversation, "from this phone", via=Message.Via.TELEGRAM)
    Shown.objects.create(chat=talk.chat, telegram_id=5, message=there)

    assert put(talk) == []


def test_a_person_who_is_no_longer_served_is_told_nothing() -> None:
    talk = make_talk()
    post(talk, "secret")
    TelegramAccount.objects.update(allowed=False)

    assert put(talk) == []
    assert behind() == []


def test_what_a_task_says_answers_its_promise() -> None:
    talk = make_talk()
    post(talk, "I will remind you.")
    post(talk, "Tea!", task_id=uuid4(), reply_to=1, payload={"reminder": True})

    put(talk)

    assert list(Delivery.objects.order_by("pk").values_list("reply_seq", flat=True)) == [None, 1]


def test_in_private_an_answer_is_shown_as_one_where_more_was_asked_since() -> None:
    talk = make_talk()
    assert talk.conversation
    first, second = (make_run(talk.conversation, asked_seq=seq, status="queued") for seq in (1, 2))
    post(talk, "one", author=USER)
    post(talk, "two", author=USER)
    post(talk, "The first", run_id=first.pk)
    post(talk, "The second", run_id=second.pk)

    put(talk)

    assert list(Delivery.objects.order_by("pk").values_list("reply_seq", flat=True))[2:] == [1, None]


def test_in_a_group_an_answer_is_shown_as_one_to_whoever_asked() -> None:
    talk = make_talk(chat=GROUP)
    assert talk.conversation
    run = make_run(talk.conversation, asked_seq=1)
    post(talk, "hello", author=USER, run_id=run.pk)
    post(talk, "Hi!", run_id=run.pk)

    put(talk)

    assert list(Delivery.objects.order_by("pk").values_list("reply_seq", flat=True)) == [None, 1]


@pytest.mark.parametrize(
    ("fields", "hour", "expected"),
    [
        ({}, 23, True),
        ({"task_id": uuid4()}, 23, False),
        ({"task_id": uuid4()}, 3, False),
        ({"task_id": uuid4()}, 12, True),
        ({"task_id": uuid4(), "payload": {"reminder": True}}, 23, True),
    ],
)
def test_in_quiet_hours_only_what_was_asked_for_sounds(fields: dict[str, Any], hour: int, expected: bool) -> None:
    talk = make_talk()
    Profile.objects.create(user=talk.user, time_zone="UTC", quiet_from=time(22), quiet_until=time(7))

    message = post(talk, "news", **fields)

    assert disturbs(message, timezone.now().replace(hour=hour)) is expected


def test_what_cannot_be_prepared_keeps_nobody_else_from_their_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    sick, well = make_talk(), make_talk(person=BOB)
    post(sick, "poison")
    post(well, "an answer")
    real, tried = planning.wording_of, []

    def wording_of(message: Message, talk: TelegramTalk) -> planning.Wording | None:
        tried.append(message.text)
        if message.text == "poison":
            raise RecursionError
        return real(message, talk)

    monkeypatch.setattr(planning, "wording_of", wording_of)
    until: dict[tuple[str, int], float] = {}
    for _ in range(3):
        sender.plan(until)

    assert (list(Delivery.objects.values_list("text", flat=True)), tried) == (["an answer"], ["poison", "an answer"])
