"""A client of the live socket, without a network."""

import asyncio
import json
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator

from agentron.asgi import application
from chat import tail

T = TypeVar("T")
HOST = "localhost"
# Only a failure takes that long, or a machine that has much else to do.
PATIENCE = 20


class Socket:
    """A socket of one conversation: `async with Socket(...) as socket`."""

    def __init__(self, conversation_id: UUID | str, query: str = "", **headers: str) -> None:
        self.close_code: int | None = None
        sent = {"host": HOST, **headers}
        pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in sent.items()]
        self.wire = WebsocketCommunicator(application, f"/ws/chats/{conversation_id}/?{query}", headers=pairs)

    async def __aenter__(self) -> Self:
        accepted, _ = await self.wire.connect(timeout=PATIENCE)
        assert accepted
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.wire.disconnect(timeout=PATIENCE)
        await asyncio.to_thread(tailer_has_noticed)

    async def text(self) -> str:
        """The next frame, or an empty string once the server has closed."""
        event = await self.wire.receive_output(timeout=PATIENCE)
        if event["type"] == "websocket.close":
            self.close_code = event["code"]
            return ""
        return str(event["text"])

    async def frame(self) -> dict[str, Any]:
        """The next frame; empty once the server has closed."""
        found: dict[str, Any] = json.loads(await self.text() or "{}")
        return found

    async def until(self, *types: str) -> list[dict[str, Any]]:
        """Frames up to the first of one of these types."""
        found = [await self.frame()]
        while found[-1] and found[-1]["type"] not in types:
            found.append(await self.frame())
        return found

    async def seqs(self, last: int) -> list[int]:
        """The seqs that come, up to `last`."""
        found: list[int] = []
        while not found or found[-1] < last:
            frame = await self.frame()
            assert frame, f"closed with {self.close_code}"
            found += [frame["seq"]] if frame["seq"] else []
        return found

    async def closed(self) -> int | None:
        """The code with which the server closes, whatever it sends before."""
        while await self.text():
            pass
        return self.close_code

    async def send(self, frame: Any) -> None:
        await self.wire.send_to(text_data=frame if isinstance(frame, str) else json.dumps(frame))


def tailer_has_noticed() -> None:
    """Wait until the tailer knows that a socket is gone: it may read only while a test runs."""
    if tail._tailer is not None and tail._tailer.alive():
        noticed = threading.Event()
        tail._tailer.tell(noticed.set)
        assert noticed.wait(PATIENCE)


def in_thread(function: Callable[..., T]) -> Callable[..., Any]:
    """`function`, to be awaited, in the thread that holds the sockets' database connection."""
    return sync_to_async(function)
