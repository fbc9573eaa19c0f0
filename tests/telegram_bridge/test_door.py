"""The door to the Bot API: no call and no file holds a chat up for ever, whatever answers at the other end."""

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from telegram_bridge import bot
from telegram_bridge.bot import Door, RejectedError, ServerError, UncertainError


class Drops(httpx.AsyncByteStream):
    """An answer that comes drop by drop, without end."""

    def __init__(self, pause: float = 0) -> None:
        self.pause, self.given = pause, 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(self.pause)
            self.given += 1
            yield b"x" * 1000


def door_to(answer: httpx.Response) -> Door:
    """A door to what gives this answer to whoever asks for a file."""

    async def do_api_request(method: str, **_: Any) -> Any:
        if method != "getFile_":
            await asyncio.sleep(60)
        return {"file_path": "documents/a.txt"}

    api: Any = SimpleNamespace(do_api_request=do_api_request, base_file_url="http://telegram.example/file")
    return Door(api, httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer)))


async def test_a_call_that_is_never_answered_whole_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot, "SLACK_SECONDS", 0.01)

    with pytest.raises(UncertainError, match="did not answer in time"):
        await door_to(httpx.Response(200)).call("sendMessage", seconds=0.01)


async def test_a_file_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot, "TRANSFER_SECONDS", 0.05)

    with pytest.raises(UncertainError, match="did not answer in time"):
        await door_to(httpx.Response(200, stream=Drops(0.01))).download("id", 10**9, BytesIO())


async def test_no_more_of_a_file_is_read_than_may_be_kept() -> None:
    drops, file = Drops(), BytesIO(b"of an earlier try")

    with pytest.raises(RejectedError, match="too large"):
        await door_to(httpx.Response(200, stream=drops)).download("id", 5_000, file)
    assert (drops.given, file.getvalue()) == (6, b"x" * 5_000)


@pytest.mark.parametrize(("status", "error"), [(404, RejectedError), (400, RejectedError), (429, ServerError), (502, ServerError)])
async def test_what_comes_instead_of_a_file_is_no_file(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        await door_to(httpx.Response(status, text="<html>")).download("id", 5_000, BytesIO())
