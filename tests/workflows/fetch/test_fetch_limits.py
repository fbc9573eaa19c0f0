"""What a server may send: so much, so long, so many hops, and text only."""

import asyncio
import gzip
import tracemalloc
import zlib
from asyncio import StreamWriter

import pytest

from tests.fakes.web import redirect, reply
from tests.workflows.fetch.conftest import Internet
from workflows.fetch import download as downloading
from workflows.fetch.download import MAX_BODY, download
from workflows.tools import ToolError

URL = "http://example.com/"


async def test_no_more_than_the_limit_is_read(internet: Internet) -> None:
    async def endless(writer: StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        while not writer.transport.is_closing():
            writer.write(b"x" * 65_536)
            await writer.drain()

    internet.web.answers["/"] = endless

    page = await download(URL)

    assert (len(page.body), page.cut) == (MAX_BODY, True)


async def test_a_bomb_is_unpacked_no_further_than_the_limit(internet: Internet) -> None:
    bomb = gzip.compress(b"\0" * 100_000_000)
    internet.web.answers["/"] = reply(bomb, Content_Encoding="gzip")
    tracemalloc.start()

    page = await download(URL)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(bomb) < MAX_BODY
    assert (len(page.body), page.cut) == (MAX_BODY, True)
    assert peak < 10 * MAX_BODY


async def test_a_packed_stream_that_says_nothing_for_ever_is_ended(internet: Internet) -> None:
    async def empty_blocks(writer: StreamWriter) -> None:
        packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\n\r\n" + packer.compress(b"a"))
        nothing = packer.flush(zlib.Z_FULL_FLUSH)[:0] + b"\0\0\0\xff\xff" * 10_000
        writer.write(packer.flush(zlib.Z_FULL_FLUSH))
        while not writer.transport.is_closing():
            writer.write(nothing)
            await writer.drain()

    internet.web.answers["/"] = empty_blocks

    page = await download(URL)

    assert page.cut


async def test_a_packed_page_is_unpacked(internet: Internet) -> None:
    internet.web.answers["/"] = reply(gzip.compress(b"hello" * 1000), Content_Encoding="gzip")

    page = await download(URL)

    assert (page.body, page.cut) == (b"hello" * 1000, False)


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "nonsense"])
async def test_a_packing_that_was_not_asked_for_is_refused(internet: Internet, encoding: str) -> None:
    internet.web.answers["/"] = reply("x", Content_Encoding=encoding)

    with pytest.raises(ToolError, match="is packed as"):
        await download(URL)


async def test_damaged_packing_is_a_sentence(internet: Internet) -> None:
    internet.web.answers["/"] = reply("no gzip at all", Content_Encoding="gzip")

    with pytest.raises(ToolError, match="damaged"):
        await download(URL)


async def drip(writer: StreamWriter) -> None:
    """A byte now and then: no single wait is long."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    while not writer.transport.is_closing():
        writer.write(b".")
        await asyncio.sleep(0.01)


async def silence(writer: StreamWriter) -> None:
    """Nothing, until the client goes."""
    await asyncio.Event().wait()


@pytest.mark.parametrize("answer", [drip, silence])
async def test_a_slow_answer_is_given_up(internet: Internet, monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    monkeypatch.setattr(downloading, "TOTAL_SECONDS", 0.1)
    internet.web.answers["/"] = answer  # type: ignore[assignment]

    with pytest.raises(ToolError, match="took longer than"):
        await download(URL)


async def test_redirects_are_followed_to_the_page(internet: Internet) -> None:
    internet.web.answers |= {"/": redirect("/a"), "/a": redirect("b c", "301 Moved"), "/b%20c": reply("here")}

    page = await download(URL)

    assert (page.asked, page.url, page.body) == (URL, "http://example.com/b%20c", b"here")


async def test_a_circle_of_redirects_is_left(internet: Internet) -> None:
    internet.web.answers["/"] = redirect("/")

    with pytest.raises(ToolError, match="redirects more than 5 times"):
        await download(URL)

    assert len(internet.web.requests) == 6


async def test_nothing_but_the_page_is_asked_for(internet: Internet) -> None:
    internet.web.answers |= {"/": reply("", status="302 Found", Location="/next", Set_Cookie="a=b"), "/next": reply("here")}

    await download(URL)

    headers = internet.web.requests[1].headers
    assert set(headers) == {"host", "user-agent", "accept", "accept-encoding"}
    assert "agentron" in headers["user-agent"]


@pytest.mark.parametrize(
    "media_type",
    ["text/html", "text/plain; charset=utf-8", "TEXT/CSV", "application/json", "application/ld+json", "application/rss+xml", ""],
)
async def test_text_is_taken(internet: Internet, media_type: str) -> None:
    internet.web.answers["/"] = reply("words", media_type)

    assert (await download(URL)).body == b"words"


@pytest.mark.parametrize("media_type", ["image/png", "application/pdf", "application/octet-stream", "video/mp4", "application/zip", "x"])
async def test_what_is_no_text_is_not_read(internet: Internet, media_type: str) -> None:
    internet.web.answers["/"] = reply("binary", media_type)

    with pytest.raises(ToolError, match="only text, HTML, JSON and XML"):
        await download(URL)


@pytest.mark.parametrize(
    ("status", "said"), [("404 Not Found", "404 Not Found"), ("500 Oh No", "500 Internal Server Error"), ("799 Odd", "799")]
)
async def test_an_error_of_the_server_is_a_sentence(internet: Internet, status: str, said: str) -> None:
    internet.web.answers["/"] = reply("a page about it", status=status)

    with pytest.raises(ToolError, match=f"answered {said}\\.$"):
        await download(URL)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nonly this",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000 + b"\r\n",
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: \xff\xfe\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_an_answer_that_makes_no_sense_is_a_sentence(internet: Internet, answer: bytes) -> None:
    internet.web.answers["/"] = answer

    with pytest.raises(ToolError, match=r"\.$"):
        await download(URL)
