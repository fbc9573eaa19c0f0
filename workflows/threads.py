"""The database from inside the event loop, and functions that may block."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connections

logger = logging.getLogger(__name__)

# More threads that hang are a fault to be looked into, not a load to be carried.
MOST_ABANDONED = 50
_abandoned: set[threading.Thread] = set()


class ThreadError(Exception):
    """A function could not be called in a thread of its own, or ended it; the text says so."""


async def db(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a short database function on the process's one database thread."""
    return await sync_to_async(function)(*arguments)


async def apart(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function that may block in a thread of its own, with its own connections: nothing else waits for it.

    No thread can be ended from outside. When this is cancelled the thread is abandoned, and counts until the function
    returns. Raises ThreadError.
    """
    if abandoned() >= MOST_ABANDONED:
        raise ThreadError(f"{name} is not tried: {MOST_ABANDONED} calls of tools hang in this worker. It has to be started anew.")
    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()
    context = copy_context()

    def work() -> None:
        try:
            future.set_result(context.run(function, *arguments))
        finally:
            if not future.done():
                future.set_exception(ThreadError(f"{name} ended its thread instead of returning."))
            connections.close_all()

    # A daemon: one that hangs must not hold a process up that is to end.
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    try:
        return await asyncio.wrap_future(future)
    except asyncio.CancelledError:
        if not future.done():
            _abandoned.add(thread)
            logger.error("%s has not returned, and its thread is abandoned: %d hang in this process", name, abandoned())
        raise


def abandoned() -> int:
    """How many threads are still at work that nobody waits for any more."""
    _abandoned.difference_update([thread for thread in _abandoned if not thread.is_alive()])
    return len(_abandoned)
