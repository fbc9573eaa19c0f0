"""The one door to python-telegram-bot: raw calls of the Bot API, and what can go wrong as errors of ours.

No error of the library leaves this module, and none of ours carries the token: the library puts it into texts and addresses.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import IO, Any

from django.conf import settings

# Read each time an error is made: seconds to wait come as a timedelta, without a warning about the older type.
os.environ.setdefault("PTB_TIMEDELTA", "1")

import httpx
from telegram import Bot, InputFile
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import HTTPXRequest

CONNECT_SECONDS = 10.0
READ_SECONDS = 20.0
UPLOAD_SECONDS = 60.0
# All these are about one silence of the other side. A server that lets bytes drip is never silent: a call takes so much longer
# at most, and a file so long altogether.
SLACK_SECONDS = 2 * CONNECT_SECONDS
TRANSFER_SECONDS = 300.0
LATE, BROKEN = "Telegram did not answer in time.", "The connection to Telegram broke."
TROUBLE = "Telegram is in trouble: it answered with an error of its own."
# These never reached Telegram, whatever the caller wanted: trying again doubles nothing.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class BotError(Exception):
    """What Telegram or the way to it refused; the text is a sentence that may be shown."""


class TokenError(BotError):
    """401, 404: Telegram does not know this token."""


class UnreachableError(BotError):
    """403: the person has blocked the bot, or it was put out of the group."""


class RejectedError(BotError):
    """400: this very request will never be accepted; `reason` is Telegram's own description."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Telegram refused the request: {reason}")
        self.reason = reason


class MigratedError(BotError):
    """The group has become a supergroup with another number."""

    def __init__(self, chat_id: int) -> None:
        super().__init__("The group has a new number.")
        self.chat_id = chat_id


class WaitError(BotError):
    """429: nothing more to this chat for `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Telegram asked to wait for {seconds:g} s.")
        self.seconds = seconds


class OtherPollerError(BotError):
    """409: another program fetches with the same token, or a webhook is set."""


class NeverSentError(BotError):
    """Telegram was not reached at all: safe to try again."""


class ServerError(BotError):
    """5xx: Telegram, or a server on the way to it, is in trouble and has done nothing, so it is safe to try again."""


class UncertainError(BotError):
    """After the request was sent the connection broke, or somebody gave up waiting: it may have been carried out."""


class GarbledError(NetworkError):
    """An answer that leaves open what became of the call: of a server that gave up waiting, or less than a whole one."""


class Line(HTTPXRequest):
    """The library's way to Telegram. It takes a gateway's page for Telegram's own answer, so what comes is looked at first."""

    async def do_request(self, url: str, method: str, *arguments: Any, **named: Any) -> tuple[int, bytes]:
        """The status and the body. Raises GarbledError."""
        code, payload = await super().do_request(url, method, *arguments, **named)
        if not is_answer(code, payload):
            raise GarbledError("an answer of somebody else")
        return code, payload


def is_answer(code: int, payload: bytes) -> bool:
    """Whether it is clear what became of a call.

    Telegram says so itself; a server on the way that refuses a call (4xx), or cannot pass it on (500, 502, 503), has not passed it on.
    One that gave up waiting (504 and beyond) may have.
    """
    try:
        body = json.loads(payload)
    except ValueError:
        return 400 <= code < HTTPStatus.GATEWAY_TIMEOUT
    if not isinstance(body, dict):
        return False
    if code < 400:
        return "result" in body
    return code < HTTPStatus.GATEWAY_TIMEOUT or isinstance(body.get("error_code"), int)


class Door:
    """Calls of the Bot API with one token. `poll` has a connection of its own."""

    def __init__(self, bot: Bot, files: httpx.AsyncClient) -> None:
        self.bot, self.files = bot, files

    async def call(self, method: str, *, seconds: float = READ_SECONDS, **arguments: Any) -> Any:
        """What Telegram answers to `method`, such as sendMessage, as plain JSON. Raises BotError.

        Arguments that are None are left out. `seconds`: how long an answer may take.
        """
        return await self.ask(method, arguments, seconds, seconds + SLACK_SECONDS)

    async def upload(self, method: str, field: str, content: bytes, name: str, **arguments: Any) -> Any:
        """As `call`, with a file in `field`."""
        return await self.ask(method, {**arguments, field: InputFile(content, filename=name)}, UPLOAD_SECONDS, TRANSFER_SECONDS)

    async def ask(self, method: str, arguments: dict[str, Any], silence: float, whole: float) -> Any:
        """As `call`, with so many seconds for the other side's silence, and for all of it. Raises BotError."""
        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            async with asyncio.timeout(whole):
                # With a low line at the end the library does not recommend its own method, which would build objects of the answer.
                return await self.bot.do_api_request(f"{method}_", api_kwargs=given, read_timeout=silence)
        except TimeoutError:
            raise UncertainError(LATE) from None
        except TelegramError as exc:
            raise told(exc) from None

    async def poll(self, offset: int, wait: int, kinds: list[str]) -> list[dict[str, Any]]:
        """The updates from `offset` on, as plain JSON; up to `wait` seconds while there is none. Raises BotError."""
        found = await self.call("getUpdates", seconds=wait + READ_SECONDS, offset=offset, timeout=wait, allowed_updates=kinds)
        if not isinstance(found, list):
            raise ServerError("What answers in Telegram's place makes no sense: is TELEGRAM_API_URL right?")
        return found

    async def download(self, file_id: str, most: int, into: IO[bytes]) -> None:
        """Write a file that was sent to the bot. Raises BotError, RejectedError where it is gone or larger than `most` bytes."""
        found = await self.call("getFile", file_id=file_id)
        if (found.get("file_size") or 0) > most:
            raise RejectedError("the file is too large")
        if not (path := found.get("file_path")):
            raise RejectedError("the file has no address")
        try:
            async with asyncio.timeout(TRANSFER_SECONDS), self.files.stream("GET", f"{self.bot.base_file_url}/{path}") as answer:
                await write(answer, most, into)
        except (TimeoutError, httpx.TimeoutException):
            raise UncertainError(LATE) from None
        except httpx.HTTPError:
            raise UncertainError(BROKEN) from None


async def write(answer: httpx.Response, most: int, into: IO[bytes]) -> None:
    """Write the file that is answered in place of what was written before. Raises BotError."""
    if 400 <= answer.status_code < 500 and answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
        # Just now the token was known: it is about the file.
        raise RejectedError("the file is gone")
    if answer.status_code != HTTPStatus.OK:
        raise ServerError(TROUBLE)
    into.seek(0)
    into.truncate()
    async for part in answer.aiter_bytes():
        if into.tell() + len(part) > most:
            raise RejectedError("the file is too large")
        into.write(part)


@asynccontextmanager
async def open_door(token: str) -> AsyncIterator[Door]:
    """A door for `token`, for as long as the block lasts, in this event loop alone. Raises TokenError for what cannot be a token."""
    address = settings.TELEGRAM_API_URL
    requests = tuple(
        Line(connection_pool_size=size, connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, pool_timeout=CONNECT_SECONDS)
        for size in (2, 32)
    )
    polling, sending = requests
    try:
        bot = Bot(token, base_url=f"{address}/bot", base_file_url=f"{address}/file/bot", request=sending, get_updates_request=polling)
    except (InvalidToken, ValueError):
        raise TokenError("This is not a bot token: copy the whole line that @BotFather gave you, digits, colon and letters.") from None
    for request in requests:
        await request.initialize()
    try:
        async with httpx.AsyncClient(timeout=httpx.Timeout(UPLOAD_SECONDS, connect=CONNECT_SECONDS)) as files:
            yield Door(bot, files)
    finally:
        for request in requests:
            await request.shutdown()


def told(error: TelegramError) -> BotError:
    """An error of the library as one of ours. BadRequest and TimedOut are kinds of NetworkError there, and come first."""
    match error:
        case InvalidToken():
            return TokenError("Telegram does not know this token: make a new one with @BotFather, and store it here.")
        case RetryAfter():
            wait = error.retry_after
            return WaitError(wait.total_seconds() if isinstance(wait, timedelta) else float(wait))
        case ChatMigrated():
            return MigratedError(error.new_chat_id)
        case Forbidden():
            return UnreachableError("The bot cannot write there: it was blocked or removed.")
        case BadRequest():
            return RejectedError(error.message)
        case Conflict():
            return OtherPollerError("Another program fetches with the same token, or a webhook is set: only one may.")
        case NetworkError() if isinstance(error.__cause__, NEVER_SENT):
            return NeverSentError("Telegram cannot be reached: is this machine connected, and TELEGRAM_API_URL right?")
        case NetworkError() if sentence := unsure(error):
            return UncertainError(sentence)
    return ServerError(TROUBLE)


def unsure(error: NetworkError) -> str:
    """Why nobody knows whether a call was carried out; empty where Telegram has said that it was not."""
    match error:
        case GarbledError():
            return "Telegram is in trouble: a server on the way to it gave up waiting, or answered what makes no sense."
        case TimedOut():
            return LATE
    # An answer that the library could not read is one with 4xx: who refuses on the way has not passed the call on.
    refused = error.__cause__ is None or isinstance(error.__cause__, TelegramError)
    return "" if refused else BROKEN
