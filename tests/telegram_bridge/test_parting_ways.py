"""What is on its way to Telegram when the settings change, or when the process has to end."""

import pytest
from asgiref.sync import sync_to_async

from telegram_bridge import outbox, process, session
from telegram_bridge.models import Delivery, DeliveryState, TelegramSettings
from tests.fakes.telegram import ADA, Telegram
from tests.fakes.telegram_faults import late
from tests.telegram_bridge.sending import make_chat
from tests.telegram_bridge.test_connection import connected, until

pytest_plugins = ["tests.fakes.telegram"]
pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]


async def test_new_settings_wait_for_a_message_that_is_on_its_way(telegram: Telegram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "ROUND_SECONDS", 0.1)
    monkeypatch.setattr(session, "END_SECONDS", 0.1)
    telegram.fault("sendMessage", late(2))

    async with connected():
        await say("one", "two")
        await until(lambda: telegram.calls("sendMessage"))
        for streaming in ("off", "status"):
            await sync_to_async(TelegramSettings(enabled=True, streaming=streaming).save)()
        await until(lambda: telegram.texts(ADA.chat) == ["one", "two"] and not waiting())

    assert len(telegram.calls("sendMessage")) == 2
    assert len(telegram.calls("getMe")) == 2


async def test_what_is_broken_off_by_the_end_may_have_arrived_once(telegram: Telegram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "END_SECONDS", 0.1)
    telegram.fault("sendMessage", late(4))

    async with connected():
        await say("one")
        await until(lambda: telegram.calls("sendMessage"))

    (delivery,) = await sync_to_async(waiting)()
    assert (delivery.state, delivery.uncertain) == (DeliveryState.PENDING, 1)


@sync_to_async
def say(*texts: str) -> None:
    """Something for Ada."""
    chat = make_chat()
    for text in texts:
        outbox.tell(chat, text)


def waiting() -> list[Delivery]:
    """What was not sent yet."""
    return list(Delivery.objects.exclude(state=DeliveryState.SENT))
