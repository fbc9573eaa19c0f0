"""Every message once, in order, whenever a client comes and goes."""

import asyncio
import random
import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from chat import frames, log, tail
from chat.models import Conversation, Draft, Message, new_id
from tests.chat.sockets import Socket

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]


def post(conversation: Conversation, *texts: str, kind: Message.Kind = Message.Kind.MESSAGE, **fields: Any) -> None:
    rows = [Message(kind=kind, author=Message.Author.ASSISTANT, text=text, via=Message.Via.RUN, **fields) for text in texts]
    log.post(conversation.pk, *rows)


apost = sync_to_async(post)


async def test_first_comes_ready_then_everything_after_the_last_seen(conversation: Conversation, token: str) -> None:
    await apost(conversation, "one", "two", "three")

    async with Socket(conversation.pk, f"token={token}&after=1") as socket:
        ready, two, three = [await socket.frame() for _ in range(3)]

    assert (ready["type"], ready["data"], ready["seq"]) == ("ready", {"last_seq": 3}, None)
    assert [(frame["seq"], frame["data"]["text"]) for frame in (two, three)] == [(2, "two"), (3, "three")]


async def test_a_frame_has_the_promised_envelope(conversation: Conversation, token: str) -> None:
    run_id = new_id()
    await apost(conversation, "", kind=Message.Kind.TOOL_USE, payload={"call_id": "c", "name": "n", "args": {}}, run_id=run_id)

    async with Socket(conversation.pk, f"token={token}") as socket:
        frame = (await socket.until("tool_use"))[-1]

    assert set(frame) == {"type", "data", "seq", "chat_id", "user_id", "session_id", "at"}
    assert (frame["chat_id"], frame["user_id"]) == (str(conversation.pk), conversation.owner_id)
    assert frame["data"] | {"call_id": "c", "name": "n", "args": {}} == frame["data"]
    assert (frame["data"]["run_id"], frame["data"]["task_id"]) == (str(run_id), None)
    assert set(frame["data"]) >= {"id", "seq", "kind", "author", "user", "text", "payload", "reply_to", "via", "at"}


async def test_what_is_posted_later_comes_live_to_every_tab(conversation: Conversation, token: str) -> None:
    async with Socket(conversation.pk, f"token={token}") as one, Socket(conversation.pk, f"token={token}") as two:
        await apost(conversation, "a")
        await apost(conversation, "b", "c")

        assert await one.seqs(3) == await two.seqs(3) == [1, 2, 3]


async def test_a_lost_hint_costs_time_only(conversation: Conversation, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.hints.page", lambda conversation_id: None)
    monkeypatch.setattr(tail, "SWEEP_SECONDS", 0.2)
    tail.running().sweep_at = 0.0

    async with Socket(conversation.pk, f"token={token}") as socket:
        await socket.frame()
        await apost(conversation, "quietly")
        assert await socket.seqs(1) == [1]


async def test_an_after_beyond_the_end_misses_nothing_new(conversation: Conversation, token: str) -> None:
    async with Socket(conversation.pk, f"token={token}&after=1000000") as socket:
        await socket.frame()
        await apost(conversation, "new")
        assert await socket.seqs(1) == [1]


async def test_a_long_absence_is_caught_up_in_order(conversation: Conversation, token: str) -> None:
    await apost(conversation, *(str(number) for number in range(3 * tail.CHUNK + 7)))

    async with Socket(conversation.pk, f"token={token}&after=5") as socket:
        assert await socket.seqs(3 * tail.CHUNK + 7) == list(range(6, 3 * tail.CHUNK + 8))


async def test_no_gap_and_no_double_while_others_write_and_clients_come_and_go(conversation: Conversation, token: str) -> None:
    writers, each = 3, 60
    total = writers * each
    dice = random.Random(7)

    def write() -> None:
        for number in range(each):
            post(conversation, f"m{number}")
        connection.close()

    async def read() -> list[int]:
        """Everything, over as many connections as it takes."""
        seen: list[int] = []
        while not seen or seen[-1] < total:
            async with Socket(conversation.pk, f"token={token}&after={seen[-1] if seen else 0}") as socket:
                for _ in range(dice.randint(1, 80)):
                    frame = await socket.frame()
                    seen += [frame["seq"]] if frame["seq"] else []
                    if seen and seen[-1] == total:
                        break
        return seen

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    readers = await asyncio.gather(*(read() for _ in range(4)))
    for thread in threads:
        thread.join()

    assert readers == [list(range(1, total + 1))] * 4


async def test_a_draft_grows_and_vanishes_with_its_message(conversation: Conversation, token: str) -> None:
    step, run_id = new_id(), new_id()

    def draft(text: str, version: int) -> None:
        fields = {"conversation": conversation, "run_id": run_id, "step": "turn", "text": text, "version": version}
        Draft.objects.update_or_create(step_run_id=step, defaults=fields)
        from chat import hints

        hints.page(conversation.pk)

    def finish() -> None:
        from django.db import transaction

        with transaction.atomic():
            Draft.objects.all().delete()
            post(conversation, "Hello there", run_id=run_id)

    await apost(conversation, "before")
    await sync_to_async(draft)("Hel", 1)
    async with Socket(conversation.pk, f"token={token}") as socket:
        first = await socket.until("delta")
        assert [frame["type"] for frame in first] == ["ready", "message", "delta"]
        assert first[-1]["data"] == {"run_id": str(run_id), "step": "turn", "text": "Hel", "version": 1}
        await sync_to_async(draft)("Hello", 2)
        assert (await socket.frame())["data"]["text"] == "Hello"
        async with Socket(conversation.pk, f"token={token}&after=1") as late:
            assert [(await late.frame())["type"] for _ in range(2)] == ["ready", "delta"]
        await sync_to_async(finish)()
        message, cleared = await socket.frame(), await socket.frame()
        assert (message["type"], message["seq"]) == ("message", 2)
        assert (cleared["type"], cleared["seq"], cleared["data"]["text"], cleared["data"]["version"]) == ("delta", None, "", 3)


async def test_a_message_too_long_for_a_frame_is_cut_and_says_so(conversation: Conversation, token: str) -> None:
    payload = {"call_id": "c", "name": "fetch_url", "result": "\u20ac" * 90_000}
    await apost(conversation, "é" * 90_000, kind=Message.Kind.TOOL_RESULT, payload=payload)

    async with Socket(conversation.pk, f"token={token}") as socket:
        await socket.frame()
        text = await socket.text()

    frame = __import__("json").loads(text)
    assert len(text.encode()) <= frames.FRAME_BYTES
    assert (frame["data"]["truncated"], frame["data"]["call_id"], frame["seq"]) == (True, "c", 1)
    assert frame["data"]["result"].startswith("\u20ac" * 100)


@pytest.mark.parametrize(
    "value", ["x" * 10**6, ["x" * 50] * 20_000, {str(n): "y" * 90 for n in range(9_000)}, [[["z" * 70] * 90] * 90], "\x01" * 60_000]
)
def test_whatever_it_holds_data_fits_into_a_frame(value: Any) -> None:
    data = frames.fit({"id": "i", "seq": 7, "text": value, "payload": {"a": value}, "a": value}, 60_000)

    assert frames.size(data) <= 60_000
    assert (data["seq"], data["truncated"]) == (7, True)


async def test_a_client_that_reads_too_slowly_is_cut_off(conversation: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "MOST_BEHIND", 10)
    subscription = tail.subscribe(conversation.pk, 0)
    await apost(conversation, *"abcde")
    await apost(conversation, *"fghij", *"klmno")

    found = []
    while (frame := await asyncio.wait_for(subscription.frames.get(), 5)) is not None:
        found.append(frame.seq)

    assert found in ([], [1, 2, 3, 4, 5])
    assert subscription.cut_off


async def test_a_client_that_is_too_far_behind_from_the_start_is_not_let_in_again(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "MOST_BEHIND", 3)
    await apost(conversation, *"abcde")

    subscription = tail.subscribe(conversation.pk, 0)

    assert await asyncio.wait_for(subscription.frames.get(), 5) is None
    await apost(conversation, "f")
    assert conversation.pk not in tail.running().feeds


async def test_a_failed_reader_closes_its_sockets_and_the_next_one_works(
    conversation: Conversation, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Socket(conversation.pk, f"token={token}") as socket:
        await socket.frame()
        tail.running().stopping.set()
        await apost(conversation, "a")
        assert await socket.closed() == consumers_try_again()
    async with Socket(conversation.pk, f"token={token}") as socket:
        assert await socket.seqs(1) == [1]


def consumers_try_again() -> int:
    from chat.consumers import TRY_AGAIN

    return TRY_AGAIN
