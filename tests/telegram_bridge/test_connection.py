"""The telegram process against a server: how it connects, what it does when Telegram fails, and what it tells of it."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.contenttypes.models import ContentType
from pytest_django import Settings

from chat.models import File, Message
from telegram_bridge import consumer, poller, process, session, webhook
from telegram_bridge.database import disconnect
from telegram_bridge.models import TelegramAccount, TelegramChat, TelegramSettings, TelegramState, Update
from telegram_bridge.process import Process
from tests.factories import make_user
from tests.fakes.telegram import ADA, BOT, TOKEN, Telegram
from tests.fakes.telegram_faults import conflict, cut, late, refuse, trouble, unknown_token, wait
from workflows.models import Heartbeat

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for what only spares Telegram's servers."""
    monkeypatch.setattr(process, "ROUND_SECONDS", 0.1)
    monkeypatch.setattr(session, "LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(session, "TOKEN_PAUSE", 0.2)
    monkeypatch.setattr(poller, "SHORTEST_SECONDS", 0.1)
    monkeypatch.setattr(webhook, "LOOK_SECONDS", 0.3)
    monkeypatch.setattr(webhook, "AGAIN_SECONDS", 0.3)


@asynccontextmanager
async def connected(**fields: Any) -> AsyncIterator[Process]:
    """The telegram process, in this event loop."""
    await sync_to_async(TelegramSettings(**{"enabled": True, **fields}).save)()
    found = Process()
    work = asyncio.create_task(found.main())
    yield found
    begun = time.monotonic()
    found.stop.set()
    await work
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().remove_signal_handler(number)
    assert time.monotonic() - begun < 5
    await sync_to_async(disconnect)()


async def until(true: Callable[[], Any], seconds: float = 20) -> Any:
    """What `true()` finds in the database, once it finds something."""
    end = time.monotonic() + seconds
    while not (found := await sync_to_async(true)()):
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.02)
    return found


def state() -> TelegramState:
    return TelegramState.now()


def serve_ada() -> None:
    """Let Ada be served."""
    TelegramAccount.objects.create(telegram_id=ADA.id, name="Ada", user=make_user("ada"), allowed=True)


def heard() -> list[str]:
    """What people were heard saying, in order."""
    return list(Message.objects.filter(author="user", kind="message").order_by("seq").values_list("text", flat=True))


async def test_it_says_who_the_bot_is_and_when_telegram_answered(telegram: Telegram) -> None:
    telegram.say("hello")
    async with connected():
        found = await until(lambda: state() if state().polled_at else None)
        menu = await until(lambda: telegram.calls("setMyCommands"))
        beats = await sync_to_async(Heartbeat.objects.filter(kind=Heartbeat.Kind.TELEGRAM).count)()

    assert (found.username, found.bot_id, found.poll_error, beats) == ("agentron_test_bot", 123456789, "", 1)
    assert {"command": "new", "description": "Begin another conversation"} in menu[0].fields["commands"]
    assert telegram.calls("getUpdates")[0].fields["allowed_updates"] == ["message", "edited_message", "callback_query", "my_chat_member"]
    assert (await sync_to_async(state)()).leased_by == ""


async def test_the_menu_of_commands_is_set_although_telegram_was_in_trouble(telegram: Telegram) -> None:
    telegram.fault("setMyCommands", trouble(), wait(1))
    async with connected():
        await until(lambda: [call for call in telegram.calls("setMyCommands") if call.status == 200])

    assert len(telegram.calls("setMyCommands")) == 3


async def test_switched_off_it_asks_nothing_and_switched_on_it_works_without_a_restart(telegram: Telegram) -> None:
    async with connected(enabled=False):
        await asyncio.sleep(0.5)
        before = telegram.calls()
        await sync_to_async(TelegramSettings(enabled=True).save)()
        await until(lambda: state().polled_at)
        await sync_to_async(TelegramSettings(enabled=False).save)()
        await until(lambda: not state().leased_by)
        calls = len(telegram.calls())
        await asyncio.sleep(0.5)

    assert before == []
    assert len(telegram.calls()) == calls


async def test_a_message_is_received_shown_as_received_and_said_once(telegram: Telegram) -> None:
    await sync_to_async(serve_ada)()
    async with connected():
        sent = telegram.say("hello")
        telegram.front.again.append({"update_id": sent.update_id, "message": sent.raw})
        telegram.say("once more")
        await until(lambda: len(heard()) == 2)
        await until(lambda: sent.reaction == "👀")

    assert await sync_to_async(heard)() == ["hello", "once more"]
    assert await sync_to_async(Update.objects.count)() == 2


@pytest.mark.parametrize("fault", [trouble(), cut(), cut(done=True), wait(1), conflict(), refuse("Bad Request: whatever"), unknown_token()])
async def test_after_every_fault_it_goes_on_and_loses_nothing(telegram: Telegram, fault: Any) -> None:
    await sync_to_async(serve_ada)()
    telegram.fault("getUpdates", fault)
    telegram.say("hello")
    async with connected():
        error = await until(lambda: state().poll_error)
        await until(heard)
        healed = await until(lambda: state() if state().polled_at and not state().poll_error else None)

    assert error.endswith(".") or "refused" in error
    assert healed.conflicts == (fault.status == 409)


async def test_a_webhook_that_stands_in_the_way_is_removed(telegram: Telegram) -> None:
    telegram.do(lambda: telegram.front.emulator._update_queues.set_webhook(TOKEN, {"url": "https://elsewhere.example/hook"}))
    telegram.front.hook = "https://elsewhere.example/hook"
    async with connected():
        await until(lambda: state().polled_at)

    assert [dict(call.fields) for call in telegram.calls("deleteWebhook")] == [{}]


async def test_a_connection_that_is_deaf_is_made_anew_although_sends_work(telegram: Telegram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "DEAF_SECONDS", 1.0)
    await sync_to_async(serve_ada)()
    async with connected():
        await until(lambda: state().polled_at)
        telegram.fault("getUpdates", late(60))
        # The first may be brought by a poll that waited already; the next poll is the deaf one then.
        telegram.say("hello")
        await until(heard)
        telegram.say("once more")
        await until(lambda: len(heard()) == 2)

    assert len(telegram.calls("getMe")) == 2


async def test_sends_are_no_sign_that_telegram_is_heard(telegram: Telegram) -> None:
    await sync_to_async(serve_ada)()
    async with connected():
        telegram.say("/help")
        await until(lambda: telegram.sent(ADA.chat))
        # The poll that waits now is the last one to be answered.
        telegram.fault("getUpdates", late(60, times=None))
        telegram.say("/status")
        await until(lambda: len(telegram.calls("getUpdates")) > 2 and state().offset == 3)
        before = await sync_to_async(state)()
        await until(lambda: len(telegram.sent(ADA.chat)) == 2)
        after = await sync_to_async(state)()

    assert before.polled_at == after.polled_at


async def test_an_album_is_one_message(telegram: Telegram) -> None:
    await sync_to_async(serve_ada)()
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 40
    async with connected():
        telegram.album([png, png, png], "what is this?")
        await until(heard)

    assert await sync_to_async(heard)() == ["what is this?"]
    assert await sync_to_async(File.objects.count)() <= 3


async def test_a_button_is_always_answered(telegram: Telegram) -> None:
    await sync_to_async(serve_ada)()
    async with connected():
        telegram.say("/help")
        shown = await until(lambda: telegram.sent(ADA.chat))
        query = telegram.press(shown[0], "", data="h:forged:0")
        toast = await asyncio.to_thread(telegram.toast, query)

    assert toast


async def test_a_webhook_is_set_looked_after_and_left(telegram: Telegram, settings: Settings) -> None:
    settings.AGENTRON_URL = "https://agentron.example"
    async with connected(mode="webhook", webhook_secret="s" * 40):
        found = await until(lambda: state() if state().polled_at else None)
        # Somebody else takes it away.
        telegram.front.hook = "https://elsewhere.example/"
        await until(lambda: len(telegram.calls("setWebhook")) == 2)
        await sync_to_async(TelegramSettings(enabled=True).save)()
        await until(lambda: telegram.calls("getUpdates"))

    first = telegram.calls("setWebhook")[0].fields
    assert (first["url"], first["secret_token"]) == ("https://agentron.example/api/telegram/webhook", f"{BOT}-{'s' * 40}")
    assert found.webhook == first["url"]
    after = await sync_to_async(state)()
    assert (after.webhook, after.conflicts) == ("", 1)
    assert "drop_pending_updates" not in first or first["drop_pending_updates"] in (False, "false")


def test_an_address_is_the_same_however_it_is_written() -> None:
    same = {webhook.plain(url) for url in ("https://Example.org/a", "https://example.org:443/a", "https://example.org/a")}

    assert same == {"https://example.org/a"}
    assert webhook.plain("https://example.org:8443/a") not in same


@pytest.mark.parametrize(("url", "secret", "told"), [("http://a.example", "s" * 40, "https"), ("https://a.example", "", "no secret")])
async def test_a_webhook_without_https_or_secret_is_refused(
    telegram: Telegram, settings: Settings, url: str, secret: str, told: str
) -> None:
    settings.AGENTRON_URL = url
    async with connected(mode="webhook", webhook_secret=secret):
        error = await until(lambda: state().poll_error)

    assert told in error
    assert not telegram.calls("setWebhook")


async def test_a_bot_of_another_token_begins_anew(telegram: Telegram, monkeypatch: pytest.MonkeyPatch) -> None:
    other = "987654321:AAHk-AnotherTokenOfNobody_0123456789abc"
    telegram.front.tokens.add(other)
    telegram.say("hello")
    async with connected():
        await until(lambda: state().offset)
        await sync_to_async(TelegramSettings(enabled=True, token=other).save)()
        found = await until(lambda: state() if state().bot_id == 987654321 and state().polled_at else None)

    assert found.offset == 0


async def test_the_second_process_waits_and_takes_over(telegram: Telegram) -> None:
    await sync_to_async(serve_ada)()
    async with connected():
        await until(lambda: state().polled_at)
        second = Process()
        second.name = "elsewhere:1"
        work = asyncio.create_task(second.main())
        telegram.say("hello")
        await until(heard)
        idle = second.work
        second.stop.set()
        await work

    assert idle is None
    assert not [call for call in telegram.calls("getUpdates") if call.status == 409]


async def test_a_token_that_is_none_is_told(telegram: Telegram) -> None:
    async with connected(token="nonsense"):
        error = await until(lambda: state().poll_error)

    assert "@BotFather" in error
    assert "nonsense" not in error


async def test_poison_is_parked_and_what_comes_behind_it_is_served(telegram: Telegram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "RETRY_SECONDS", 0.1)
    await sync_to_async(serve_ada)()
    # As in every real database. Made in a transaction that is rolled back, the trail of changes would remember ones that are gone.
    await sync_to_async(ContentType.objects.get_for_models)(TelegramChat, TelegramAccount)
    telegram.push("message", {"chat": {"id": ADA.id, "type": "private"}, "from": ADA.body(), "document": "what is no document"})
    # A number that no database holds: so not even the apology can be stored.
    telegram.push("message", {"chat": {"id": ADA.id, "type": "private"}, "from": ADA.body(), "text": "hi", "message_id": 2**63, "date": 1})
    telegram.push("callback_query", {"id": "q77", "message": {"chat": {"id": ADA.id}}})
    telegram.say("hello")
    async with connected():
        await until(heard)
        toast = await asyncio.to_thread(telegram.toast, "q77")

    rows = await sync_to_async(lambda: list(Update.objects.order_by("update_id").values_list("failures", flat=True)))()
    assert (rows, bool(toast)) == ([3, 3, 3, 0], True)


async def test_telegram_asks_for_nothing_that_was_stored(telegram: Telegram) -> None:
    telegram.say("hello")
    async with connected():
        await until(lambda: state().offset == 2)
        await until(lambda: [call for call in telegram.calls("getUpdates") if int(call.fields["offset"]) == 2])

    assert [int(call.fields["offset"]) for call in telegram.calls("getUpdates")][:2] == [0, 2]
