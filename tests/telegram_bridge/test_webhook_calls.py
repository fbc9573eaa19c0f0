"""Where Telegram calls: whoever does not know the secret is refused, and a replay is harmless."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from telegram_bridge.models import TelegramSettings, Update

pytestmark = pytest.mark.django_db

OURS = "a-secret-of-the-tests"
# As Telegram says it.
SECRET = f"123456789-{OURS}"
UPDATE = {"update_id": 7, "message": {"message_id": 1, "chat": {"id": 1001, "type": "private"}, "text": "hello"}}


@pytest.fixture
def settings_row() -> TelegramSettings:
    found = TelegramSettings(enabled=True, mode="webhook", token="123456789:AAHk-TestTokenOfNobody_0123456789abcde", webhook_secret=OURS)
    found.save()
    return found


def call(body: Any = UPDATE, secret: str | None = SECRET) -> HttpResponse:
    """What Telegram does; with CSRF checks, as for everybody."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret is not None else {}
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    client = Client(enforce_csrf_checks=True)
    return client.post("/api/telegram/webhook", text, content_type="application/json", headers=headers)  # type: ignore[return-value]


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET.upper(), "ä"])
def test_without_the_secret_nothing_is_stored(settings_row: TelegramSettings, secret: str | None) -> None:
    assert call(secret=secret).status_code == 403
    assert not Update.objects.exists()


@pytest.mark.parametrize("secret", ["", None, "anything"])
def test_without_a_secret_of_ours_nobody_is_believed(settings_row: TelegramSettings, secret: str | None) -> None:
    settings_row.webhook_secret = ""
    settings_row.save()

    assert call(secret=secret).status_code == 403


def test_an_update_is_stored_and_a_replay_is_harmless(settings_row: TelegramSettings) -> None:
    assert [call().status_code for _ in range(3)] == [200, 200, 200]

    row = Update.objects.get()
    assert (row.bot_id, row.update_id, row.chat_id, row.payload) == (123456789, 7, 1001, UPDATE)


@pytest.mark.parametrize("token", ["987654321:AAHk-AnotherTokenOfNobody_0123456789abc", ""])
def test_a_bot_that_was_used_before_is_not_believed(settings_row: TelegramSettings, token: str) -> None:
    settings_row.token = token
    settings_row.save()

    assert call().status_code == 403
    assert not Update.objects.exists()


@pytest.mark.parametrize("change", [{"enabled": False}, {"mode": "polling"}])
def test_switched_off_telegram_is_to_try_again_later(settings_row: TelegramSettings, change: dict[str, Any]) -> None:
    for name, value in change.items():
        setattr(settings_row, name, value)
    settings_row.save()

    assert call().status_code == 503
    assert not Update.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[]", "7", {"message": {}}, {"update_id": "x"}, "[" * 100_000, b"\xff"])
def test_what_is_no_update_is_refused(settings_row: TelegramSettings, body: Any) -> None:
    assert call(body).status_code == 422


def test_neither_the_secret_nor_the_token_is_in_any_answer(settings_row: TelegramSettings) -> None:
    answers = [call(), call(secret="wrong"), call("{")]

    assert not [one for one in answers if OURS.encode() in one.content or b"AAHk" in one.content]
