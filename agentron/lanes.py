"""Threads that Django's requests run in, kept warm together with their database connections.

Django under ASGI gives each request a thread of its own, which opens a connection and throws it away again: 5 ms
and more on PostgreSQL. A request here takes a free lane and gives it back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext

LANES = 8

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


def in_lanes(app: App) -> App:
    """`app`, with at most LANES requests at work at once; the others wait their turn."""
    # The one used last comes first, so that a quiet server keeps few connections open.
    free: asyncio.LifoQueue[ThreadPoolExecutor] = asyncio.LifoQueue()
    for number in range(LANES):
        free.put_nowait(ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"lane-{number}"))

    async def lane_app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        lane = await free.get()
        try:
            async with ThreadSensitiveContext(executor=lane):
                await app(scope, receive, send)
        finally:
            free.put_nowait(lane)

    return lane_app
