"""The bot's token is nowhere: no log at any level, no error page, no report of a failed connection."""

import asyncio
import contextlib
import io
import logging
import sys
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views.debug import technical_500_response
from pytest_django import Settings

from agentron.cli import complain
from agentron.console import Console
from agentron.masking import MaskedFormatter, masked
from chat.errors import ConflictError
from telegram_bridge.bot import BotError, open_door
from telegram_bridge.checking import try_connection
from telegram_bridge.models import TelegramSettings
from tests.factories import make_user
from tests.fakes.telegram import TOKEN, Telegram, telegram
from tests.fakes.telegram_faults import cut, trouble, unknown_token
from tests.machine import free_port

__all__ = ["telegram"]

SECRET = TOKEN.partition(":")[2]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, as if somebody had switched on DEBUG for all, through the formatter of settings.LOGGING."""
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    handler.setFormatter(MaskedFormatter("%(levelname)s %(name)s: %(message)s"))
    loggers = [logging.getLogger(name) for name in ("", "telegram", "httpx", "httpcore", "telegram_bridge")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    loggers[0].addHandler(handler)
    yield heard
    loggers[0].removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.mark.parametrize(
    "line",
    [
        f"HTTP Request: POST https://api.telegram.org/bot{TOKEN}/getMe",
        f"https://api.telegram.org/file/bot{TOKEN}/documents/file_1.pdf",
        f"Bot[token={TOKEN}]",
        f"The token `{TOKEN}` was rejected by the server.",
        f"GET /bot{TOKEN.replace(':', '%3A')}/getMe",
        f"GET /bot{TOKEN.replace(':', '%253a')}/getMe",
    ],
)
def test_a_token_is_masked_however_it_is_written(line: str) -> None:
    assert SECRET not in masked(line)
    assert "123456789" in masked(line)


@pytest.mark.parametrize("line", ["at 12:30:45.123456789", "id 0192f3a4-aaaa-bbbb-cccc-1234567890ab", "127.0.0.1:8000"])
def test_what_is_no_token_stays(line: str) -> None:
    assert masked(line) == line


def test_the_loggers_that_write_addresses_are_quiet() -> None:
    assert {logging.getLogger(name).getEffectiveLevel() for name in ("telegram", "httpx", "httpcore")} == {logging.WARNING}


def test_a_refused_connection_is_told_without_the_token(log: io.StringIO, settings: Settings) -> None:
    settings.TELEGRAM_API_URL = f"http://127.0.0.1:{free_port()}"

    with pytest.raises(ConflictError, match=r"^Telegram cannot be reached") as told:
        try_connection(TelegramSettings(token=TOKEN))

    assert "httpcore" in log.getvalue()
    assert SECRET not in log.getvalue() + str(told.value)


@pytest.mark.wide
@pytest.mark.parametrize(
    ("fault", "sentence"),
    [(unknown_token(), "does not know this token"), (trouble(), "in trouble"), (cut(), "connection to Telegram broke")],
    ids=["401", "500", "cut"],
)
def test_what_goes_wrong_is_a_sentence_without_the_token(telegram: Telegram, log: io.StringIO, fault: object, sentence: str) -> None:
    telegram.fault("getMe", fault)  # type: ignore[arg-type]  # parametrized

    with pytest.raises(ConflictError, match=sentence) as told:
        try_connection(TelegramSettings(token=TOKEN))

    assert "httpcore" in log.getvalue()
    assert SECRET not in log.getvalue() + str(told.value)


@pytest.mark.wide
def test_a_connection_that_works_tells_who_the_bot_is(telegram: Telegram, log: io.StringIO) -> None:
    told = try_connection(TelegramSettings(token=TOKEN))

    assert told.startswith("Connected as @agentron_test_bot.")
    assert SECRET not in log.getvalue()


@pytest.mark.wide
def test_the_secret_of_a_webhook_is_in_no_log(telegram: Telegram, log: io.StringIO) -> None:
    async def set_webhook() -> None:
        async with open_door(TOKEN) as door:
            await door.call("setWebhook", url="https://agentron.example/hook", secret_token="open-sesame_0123456789")

    with contextlib.suppress(BotError):
        asyncio.run(set_webhook())

    assert "secret_token" in log.getvalue()
    assert "sesame" not in log.getvalue()


@pytest.mark.django_db
@pytest.mark.wide
def test_the_page_tests_what_it_has_just_saved(telegram: Telegram, client: Client) -> None:
    client.force_login(make_user("boss", is_superuser=True, is_staff=True))
    telegram.fault("getMe", unknown_token())

    form = {"mode": "polling", "streaming": "text", "new_token": TOKEN, "_test": ""}
    page = client.post(reverse("admin:telegram_bridge_telegramsettings_changelist"), form, follow=True).content.decode()

    assert "Telegram does not know this token" in page
    assert SECRET not in page


@pytest.mark.parametrize("accept", ["text/html", "text/plain"])
def test_an_error_page_for_developers_holds_no_token(settings: Settings, accept: str) -> None:
    settings.DEBUG = True

    page = failure(TOKEN, accept).content.decode()

    assert "RuntimeError" in page
    assert SECRET not in page


def test_a_program_that_dies_of_it_shows_no_token(capsys: pytest.CaptureFixture[str]) -> None:
    error = RuntimeError(f"cannot open https://api.telegram.org/bot{TOKEN}/getMe")

    complain(type(error), error, None)
    Console(["telegram"]).write("telegram", str(error))

    printed = "".join(capsys.readouterr())
    assert printed.count("cannot open") == 2
    assert SECRET not in printed


def failure(token: str, accept: str) -> HttpResponse:
    """The page about an error in whose frames a token stands."""
    address = f"https://api.telegram.org/bot{token}/getMe"
    try:
        raise RuntimeError(f"cannot open {address}")
    except RuntimeError:
        request = RequestFactory().get("/", headers={"accept": accept})
        request.user = User()
        return technical_500_response(request, *sys.exc_info())
