"""Files that Telegram does not give: a sentence to whoever sent them, and what stands behind them in the chat is served."""

import time
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.contenttypes.models import ContentType

from chat.models import File
from telegram_bridge import consumer, session
from telegram_bridge.models import TelegramAccount, TelegramChat, Update
from tests.fakes.telegram import ADA, Telegram
from tests.fakes.telegram_faults import Fault, refuse, trouble, wait
from tests.telegram_bridge.test_connection import connected, heard, serve_ada, until

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for what only spares Telegram's servers."""
    monkeypatch.setattr(session, "LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(consumer, "RETRY_SECONDS", 0.1)


def answers(telegram: Telegram, monkeypatch: pytest.MonkeyPatch, result: Any) -> None:
    """Let getFile succeed, with `result`."""
    real = telegram.front.carry_out

    async def carry_out(call: Any, token: str) -> None:
        await real(call, token)
        if call.method == "getFile":
            call.result = result

    monkeypatch.setattr(telegram.front, "carry_out", carry_out)


async def test_a_file_is_fetched_after_trouble(telegram: Telegram) -> None:
    await sync_to_async(serve_ada)()
    telegram.fault("download", trouble())
    async with connected():
        telegram.document("notes.txt", b"what I noted", caption="read this")
        kept = await until(File.objects.first)

    assert (kept.name, kept.size) == ("notes.txt", 12)


@pytest.mark.parametrize(
    ("method", "fault"),
    [
        ("getFile", refuse("Bad Request: file is temporarily unavailable")),
        ("download", Fault(404, "Not Found", times=None)),
        ("download", Fault(400, "Bad Request: wrong file", times=None)),
        ("getFile", wait(600)),
        ("getFile", None),
    ],
)
async def test_a_file_that_is_gone_is_told_at_once(
    telegram: Telegram, monkeypatch: pytest.MonkeyPatch, method: str, fault: Fault | None
) -> None:
    await sync_to_async(serve_ada)()
    if fault:
        telegram.fault(method, fault)
    else:
        answers(telegram, monkeypatch, {"file_id": "x", "file_unique_id": "y", "file_size": None})
    async with connected():
        begun = time.monotonic()
        telegram.document("notes.txt", b"what I noted")
        telegram.say("hello")
        await until(heard)
        took = time.monotonic() - begun
        told = await until(lambda: [text for text in telegram.texts(ADA.chat) if "notes.txt" in text])

    assert "could not be fetched" in told[0]
    assert len(telegram.calls("getFile")) == 1
    assert took < 10


async def test_a_file_that_is_being_tried_at_the_end_is_left_to_whoever_comes_next(
    telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "LONGEST_PAUSE", 15.0)
    await sync_to_async(serve_ada)()
    telegram.fault("download", trouble(times=None))
    telegram.document("notes.txt", b"what I noted")
    async with connected():
        await until(lambda: telegram.calls("download"))
    left = await sync_to_async(Update.objects.get)()
    telegram.mend()
    async with connected():
        kept = await until(File.objects.first)

    assert (left.handled_at, left.failures, kept.name) == (None, 0, "notes.txt")


async def test_an_answer_that_makes_no_sense_parks_the_message_and_the_next_is_served(
    telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sync_to_async(serve_ada)()
    await sync_to_async(ContentType.objects.get_for_models)(TelegramChat, TelegramAccount)
    answers(telegram, monkeypatch, "nonsense")
    async with connected():
        telegram.document("notes.txt", b"what I noted")
        telegram.say("hello")
        await until(heard)

    rows = await sync_to_async(lambda: list(Update.objects.order_by("update_id")))()
    assert [(row.failures, row.parked_at is not None) for row in rows] == [(3, True), (0, False)]
    assert len(telegram.calls("getFile")) == 3
