"""What clients may order over a socket, and how everything else is refused."""

from typing import Any
from unittest.mock import patch

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from chat import consumers
from chat.models import Conversation, Message, new_id
from tests.chat.sockets import Socket
from tests.factories import make_turn
from workflows.models import Run, RunStatus

pytestmark = pytest.mark.django_db(transaction=True)

HELLO = {"type": "message", "data": {"text": "hello", "client_id": "c1"}}


async def answer(conversation: Conversation, token: str, *orders: Any) -> list[dict[str, Any]]:
    """The answers to `orders`, without what comes from the log."""
    async with Socket(conversation.pk, f"token={token}") as socket:
        found = []
        for order in orders:
            await socket.send(order)
            found.append((await socket.until("accepted", "refused", "pong"))[-1])
        return found


async def test_a_message_is_accepted_with_its_seq_and_run_and_comes_back(conversation: Conversation, token: str) -> None:
    async with Socket(conversation.pk, f"token={token}") as socket:
        await socket.send(HELLO)
        found = {frame["type"]: frame for frame in [await socket.frame() for _ in range(3)]}

    run = await Run.objects.aget()
    assert found["accepted"]["data"] == {"client_id": "c1", "seq": 1, "run_id": str(run.pk)}
    assert (found["message"]["seq"], found["message"]["data"]["text"], found["message"]["data"]["via"]) == (1, "hello", "web")


async def test_a_repeat_is_accepted_as_the_same_message(conversation: Conversation, token: str) -> None:
    first, second = await answer(conversation, token, HELLO, HELLO)

    assert first["data"] == second["data"]
    assert await Message.objects.filter(author="user").acount() == 1


async def test_a_ping_is_answered(conversation: Conversation, token: str) -> None:
    assert [frame["type"] for frame in await answer(conversation, token, {"type": "ping"}, {"type": "ping", "data": {}})] == ["pong"] * 2


async def test_stop_cancels_the_turns_of_the_conversation(conversation: Conversation, token: str) -> None:
    run = await sync_to_async(make_turn)(conversation)

    (found,) = await answer(conversation, token, {"type": "stop"})

    assert (found["type"], (await Run.objects.aget(pk=run.pk)).status) == ("accepted", RunStatus.CANCELLED)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ("{", "not JSON"),
        ("", "not JSON"),
        ("[" * 30_000, "not JSON"),
        ('{"type": NaN}', "not JSON"),
        ("[]", "type"),
        ("7", "type"),
        ({}, "type"),
        ({"type": "dance"}, "type"),
        ({"type": 7}, "type"),
        ({"type": {}}, "type"),
        ({"type": "message"}, "data"),
        ({"type": "message", "data": []}, "data"),
        ({"type": "message", "data": {"client_id": "c"}}, "text"),
        ({"type": "message", "data": {"text": "a"}}, "client_id"),
        ({"type": "message", "data": {"text": 7, "client_id": "c"}}, "text"),
        ({"type": "message", "data": {"text": "a", "client_id": ""}}, "client_id"),
        ({"type": "message", "data": {"text": "a", "client_id": "c" * 101}}, "client_id"),
        ({"type": "message", "data": {"text": "a", "client_id": "c", "seen": "1"}}, "seen"),
        ({"type": "message", "data": {"text": "a", "client_id": "c", "seen": 10**20}}, "seen"),
        ({"type": "message", "data": {"text": "a", "client_id": "c", "extra": 1}}, "extra"),
        ({"type": "message", "data": {"text": " ", "client_id": "c"}}, "empty"),
        ({"type": "message", "data": {"text": "a" * 20_001, "client_id": "c"}}, "20,000"),
        ('{"type": "message", "data": {"text": "a\\ud800", "client_id": "c"}}', "cannot be stored"),
        ('{"type": "message", "data": {"text": "a\\u0000", "client_id": "c"}}', "cannot be stored"),
        ({"type": "stop", "data": {"all": True}}, "all"),
        ({"type": "respond", "data": {}}, "request_id"),
        ({"type": "respond", "data": {"request_id": "x"}}, "request_id"),
        ({"type": "respond", "data": {"request_id": str(new_id()), "response": "a"}}, "no such question"),
    ],
)
async def test_a_wrong_frame_is_refused_with_a_sentence(conversation: Conversation, token: str, frame: Any, words: str) -> None:
    found, pong = await answer(conversation, token, " " if frame == "" else frame, {"type": "ping"})

    assert (found["type"], pong["type"]) == ("refused", "pong")
    assert words in found["data"]["detail"]
    assert not await Message.objects.aexists()


async def test_a_refusal_names_the_message_it_is_about(conversation: Conversation, token: str) -> None:
    long, again = {"text": "a" * 20_001, "client_id": "mine"}, {"text": "b", "client_id": "c1"}

    found = await answer(conversation, token, HELLO, {"type": "message", "data": long}, {"type": "message", "data": again})

    assert [(frame["type"], frame["data"]["client_id"]) for frame in found[1:]] == [("refused", "mine"), ("refused", "c1")]


async def test_a_binary_frame_is_refused(conversation: Conversation, token: str) -> None:
    async with Socket(conversation.pk, f"token={token}") as socket:
        await socket.wire.send_to(bytes_data=b"\x00\x01")
        assert (await socket.until("refused"))[-1]["data"]["detail"].startswith("Binary")


async def test_a_frame_over_64_kib_closes_with_4400(conversation: Conversation, token: str) -> None:
    for frame in ("x" * 65_537, "é" * 40_000):
        async with Socket(conversation.pk, f"token={token}") as socket:
            await socket.send(frame)
            assert await socket.closed() == 4400


async def test_a_database_that_is_busy_is_told(conversation: Conversation, token: str) -> None:
    with patch("chat.orders.say", side_effect=OperationalError("locked")):
        (found,) = await answer(conversation, token, HELLO)

    assert "try again" in found["data"]["detail"]


async def test_a_deleted_conversation_takes_no_more_messages(conversation: Conversation, token: str) -> None:
    async with Socket(conversation.pk, f"token={token}") as socket:
        await socket.frame()
        await conversation.adelete()
        await socket.send(HELLO)
        assert "deleted" in (await socket.until("refused"))[-1]["data"]["detail"]


async def test_too_many_orders_at_once_are_refused(conversation: Conversation, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "ORDERS_AT_ONCE", 3)

    found = await answer(conversation, token, *[{"type": "ping"}] * 5)

    assert [frame["type"] for frame in found[:3]] == ["pong"] * 3
    assert found[-1]["type"] == "refused"


async def test_what_the_client_has_seen_counts_as_read(conversation: Conversation, token: str) -> None:
    seen = {"type": "message", "data": {"text": "more", "client_id": "c2", "seen": 1}}

    await answer(conversation, token, HELLO, seen)

    await conversation.arefresh_from_db()
    assert conversation.read_seq == 1
