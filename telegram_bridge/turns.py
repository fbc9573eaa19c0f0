"""One at a time in each chat: what is sent, and what shows the work, never overtake each other."""

import asyncio
from collections import defaultdict
from weakref import WeakKeyDictionary

from telegram_bridge.bot import Door

_turns: WeakKeyDictionary[Door, defaultdict[int, asyncio.Lock]] = WeakKeyDictionary()


def turn(door: Door, chat: int) -> asyncio.Lock:
    """Held by whoever calls Telegram about that chat (our number of it) through `door`."""
    return _turns.setdefault(door, defaultdict(asyncio.Lock))[chat]
