"""What the tailer and the sockets share: a socket's place in a log, and the frames on their way to it."""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

from chat.frames import Frame
from chat.models import Draft


@dataclass(eq=False)
class Subscription:
    """A socket's place in one conversation's log. A None among its frames means that it was cut off."""

    conversation_id: UUID
    seq: int
    loop: asyncio.AbstractEventLoop
    frames: asyncio.Queue[Frame | None] = field(default_factory=asyncio.Queue)
    # Two counts instead of one with a lock: the reader writes the first, the socket the second.
    handed: int = 0
    sent: int = 0
    greeted: bool = False
    cut_off: bool = False

    @property
    def behind(self) -> int:
        """Frames handed over and not sent yet."""
        return self.handed - self.sent

    async def next(self) -> Frame | None:
        """The next frame to send; asking for it says that the one before was sent."""
        frame = await self.frames.get()
        self.sent += 1
        return frame


@dataclass(eq=False)
class Feed:
    """What the reader knows of a conversation that sockets show live."""

    last: int
    sockets: set[Subscription] = field(default_factory=set)
    drafts: dict[UUID, Draft] = field(default_factory=dict)


Parcels = list[tuple[Subscription, list[Frame | None]]]


def put(parcels: Parcels) -> None:
    """Fill the sockets' queues, in their event loop."""
    for subscription, content in parcels:
        for frame in content:
            subscription.frames.put_nowait(frame)
