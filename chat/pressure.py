"""How far a socket's client is behind, which ASGI itself does not tell."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

MOST_BYTES = 1024 * 1024
PATIENCE_SECONDS = 20

Send = Callable[[dict[str, Any]], Awaitable[None]]


def unsent(send: Send) -> int:
    """Bytes that Daphne still holds for a client; 0 where the server is another one.

    Daphne takes everything at once, so a client that reads slowly would fill the server's memory. Its `send` is a
    partial with the protocol as argument, and the protocol's transport (Twisted's FileDescriptor) keeps the bytes.
    """
    arguments = getattr(send, "args", ())
    transport = getattr(arguments[0], "transport", None) if arguments else None
    held = len(getattr(transport, "dataBuffer", b"")) - getattr(transport, "offset", 0) + getattr(transport, "_tempDataLen", 0)
    return int(held)


async def relief(send: Send) -> bool:
    """Wait until the client has read most of what it was sent; False when it takes too long."""
    waited = 0.0
    while unsent(send) > MOST_BYTES:
        if waited >= PATIENCE_SECONDS:
            return False
        await asyncio.sleep(0.05)
        waited += 0.05
    return True
