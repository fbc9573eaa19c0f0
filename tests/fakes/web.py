"""A web server that answers byte for byte what a test tells it to, and remembers who asked for what."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


def reply(body: bytes | str = b"", content_type: str = "text/html", status: str = "200 OK", **headers: str) -> bytes:
    """An answer that is right; `headers` are written with underscores."""
    body = body if isinstance(body, bytes) else body.encode()
    named = {"Content-Type": content_type, "Content-Length": str(len(body)), **{k.replace("_", "-"): v for k, v in headers.items()}}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in named.items() if value)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def redirect(to: str, status: str = "302 Found") -> bytes:
    """An answer that leads elsewhere."""
    return reply("gone", status=status, Location=to)


@dataclass
class Request:
    """What a client asked for."""

    line: str
    headers: dict[str, str]


@dataclass
class Web:
    """The server: answers by path, and the requests so far."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    busy: set[asyncio.Task[None]] = field(default_factory=set)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a client in a task of its own, which ends with the server at the latest."""
        task = asyncio.create_task(self.serve(reader, writer))
        self.busy.add(task)
        task.add_done_callback(self.busy.discard)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The client may hang up at any point: that is what some tests are about.
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            try:
                await self.answer(reader, writer)
                writer.close()
            finally:
                if not writer.is_closing():
                    writer.transport.abort()
                await writer.wait_closed()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        self.requests.append(Request(line, dict(header.lower().split(": ", 1) for header in rest)))
        answer = self.answers.get(line.split()[1], reply("not here", status="404 Not Found"))
        if isinstance(answer, bytes):
            writer.write(answer)
        else:
            await answer(writer)
        await writer.drain()


@contextlib.asynccontextmanager
async def serving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Web]:
    """A server on a free port of 127.0.0.1, for as long as the block lasts."""
    web = Web()
    server = await asyncio.start_server(web.accept, "127.0.0.1", 0, ssl=tls)
    web.port = server.sockets[0].getsockname()[1]
    try:
        yield web
    finally:
        server.close()
        for task in web.busy:
            task.cancel()
        await asyncio.gather(*web.busy, return_exceptions=True)
        await server.wait_closed()


@contextlib.contextmanager
def aside() -> Iterator[Web]:
    """A server in a thread of its own, for tests whose event loop is not theirs."""
    loop, ready, found = asyncio.new_event_loop(), threading.Event(), []
    stop = asyncio.Event()

    async def serve() -> None:
        async with serving() as web:
            found.append(web)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(20)
    yield found[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(5)
    loop.close()
