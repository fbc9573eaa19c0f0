"""A body that is too large is refused before anybody keeps it, whoever sends it."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPResponse

import psutil
import pytest

from agentron.bodies import MOST
from tests.served import served

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]
PIECE = b"x" * 65_536
PIECES = 30 * 1024 * 1024 // len(PIECE)


def announced() -> Iterator[bytes]:
    yield b"Content-Length: %d\r\n\r\n" % (PIECES * len(PIECE))
    yield from [PIECE] * PIECES


def chunked() -> Iterator[bytes]:
    yield b"Transfer-Encoding: chunked\r\n\r\n"
    yield from [b"%x\r\n%s\r\n" % (len(PIECE), PIECE)] * PIECES
    yield b"0\r\n\r\n"


def small() -> Iterator[bytes]:
    yield b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


def asked(host: str, parts: Iterator[bytes]) -> tuple[int, str | None, int]:
    """The answer to a POST of `parts`: its status, its type, and the status that its document names."""
    name, port = host.split(":")
    with socket.create_connection((name, int(port)), timeout=20) as peer:
        peer.sendall(f"POST /api/conversations HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n".encode())
        with suppress(ConnectionError):
            for part in parts:
                peer.sendall(part)
        answer = HTTPResponse(peer)
        answer.begin()
        return answer.status, answer.getheader("Content-Type"), json.loads(answer.read())["status"]


def test_a_large_body_is_refused_and_not_kept() -> None:
    with served() as (host, process):
        assert asked(host, small())[0] == 405
        before = psutil.Process(process.pid).memory_info().rss
        assert asked(host, announced()) == (413, "application/problem+json", 413)
        assert asked(host, chunked()) == (413, "application/problem+json", 413)
        assert psutil.Process(process.pid).memory_info().rss - before < 5 * MOST
