"""The database from inside the event loop."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async


async def db(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a short database function on the process's one database thread."""
    return await sync_to_async(function)(*arguments)
