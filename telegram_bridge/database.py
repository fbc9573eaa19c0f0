"""The database from the telegram process's event loop: one thread, and patience while it is away."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, connection

log = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0


async def db(function: Callable[..., Any], *arguments: Any, tries: int | None = None) -> Any:
    """Call a database function on the process's one database thread, again and again while the database is away.

    After `tries` the error is passed on.
    """
    while True:
        try:
            return await sync_to_async(function)(*arguments)
        except (OperationalError, InterfaceError) as exc:
            log.error("The database does not answer, it is tried again: %s", first_line(exc))
            await sync_to_async(disconnect)()
            tries = tries and tries - 1
            if tries == 0:
                raise
        await asyncio.sleep(PAUSE_SECONDS)


def disconnect() -> None:
    """Close the calling thread's connection: the next query opens a new one. To be called on the database thread.

    The name `connection` stands for another one in each thread, so its method must not be looked up in the loop's.
    """
    connection.close()


def first_line(error: Exception) -> str:
    """What an error of the database says, without what its library adds."""
    return str(error).strip().split("\n")[0]
