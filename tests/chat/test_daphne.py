"""What only a real server shows: close codes on the wire, a killed process, clients that do not read, the access log."""

import asyncio
import json
import socket as sockets
import threading
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import pytest
import websockets
from django.db import connection

from chat import log
from chat.models import Conversation, Message
from tests.served import served

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


def address(host: str, conversation: Conversation, token: str, after: int = 0) -> str:
    return f"ws://{host}/ws/chats/{conversation.pk}/?token={token}&after={after}"


def post(conversation: Conversation, *texts: str) -> None:
    log.post(conversation.pk, *(Message(author=Message.Author.ASSISTANT, text=text, via=Message.Via.RUN) for text in texts))


def in_background(function: Any, *arguments: Any) -> threading.Thread:
    """`function` in a thread, with its own connection."""

    def work() -> None:
        function(*arguments)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


async def close_code(url: str, *frames: str, **more: Any) -> int | None:
    async with websockets.connect(url, **more) as socket:
        for frame in frames:
            await socket.send(frame)
        await socket.wait_closed()
        return socket.close_code


async def test_close_codes_reach_the_client_and_tokens_no_log(conversation: Conversation, token: str, tmp_path: Path) -> None:
    with served(tmp_path / "log") as (host, _):
        good = address(host, conversation, token)
        assert await close_code(good.replace(token, "wrong")) == 4401
        assert await close_code(good, origin="http://evil.example") == 4403
        assert await close_code(good.replace(str(conversation.pk), "nonsense")) == 4404
        assert await close_code(good, "x" * 70_000) == 4400
        assert await close_code(f"ws://{host}/nowhere") == 4404
        with pytest.raises(OSError, match="404"):
            await asyncio.to_thread(urlopen, good.replace("ws:", "http:"))

    text = (tmp_path / "log").read_text()
    assert token not in text
    assert "token=***" in text


@pytest.mark.faults
async def test_two_killed_servers_later_everything_has_come_once(conversation: Conversation, token: str) -> None:
    total, seen = 150, list[int]()

    def write() -> None:
        for number in range(total):
            post(conversation, f"m{number}")
            threading.Event().wait(0.01)

    writer = None
    for life in range(3):
        with served() as (host, process):
            writer = writer or in_background(write)
            async with websockets.connect(address(host, conversation, token, seen[-1] if seen else 0)) as socket:
                async for text in socket:
                    seen += [seq] if (seq := json.loads(text)["seq"]) else []
                    if life < 2 and len(seen) >= (life + 1) * 40:
                        process.kill()
                        process.wait()
                        break
                    if seen and seen[-1] == total:
                        break
    assert writer is not None
    writer.join()

    assert seen == list(range(1, total + 1))


@pytest.mark.faults
def test_a_client_that_never_reads_does_not_fill_the_memory(conversation: Conversation, token: str) -> None:
    for _ in range(15):
        post(conversation, *["x" * 19_000] * 200)  # 3,000 messages, 57 MB
    with served() as (host, process):
        name, port = host.split(":")
        before = psutil.Process(process.pid).memory_info().rss
        with sockets.create_connection((name, int(port))) as raw:
            raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
            path = address("", conversation, token).removeprefix("ws://")
            head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            raw.sendall(f"{head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
            threading.Event().wait(2)
            grown = psutil.Process(process.pid).memory_info().rss - before

    assert grown < 40_000_000
