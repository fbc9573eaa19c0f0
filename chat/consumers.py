"""The live socket of a conversation (contract §6): what the tailer reads goes out, what the client orders comes in."""

import asyncio
import logging
import time
from contextlib import suppress
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth.models import User
from django.db import Error

from chat import orders, tail
from chat.access import NO_CONVERSATION, NOT_SIGNED_IN, ClosedError, Visit
from chat.errors import InvalidError, RefusedError
from chat.feeds import Subscription
from chat.frames import FRAME_BYTES, Frame, dump, now
from chat.models import new_id
from chat.pressure import relief

log = logging.getLogger(__name__)

# Promised within 30 s; the rest is for a busy database.
RECHECK_SECONDS = 20
BAD_FRAME, TRY_AGAIN = 4400, 1013
ORDERS_A_SECOND, ORDERS_AT_ONCE = 20, 60


class ChatConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types.
    """One client's socket."""

    user: User
    conversation_id: UUID

    def __init__(self) -> None:
        super().__init__()
        self.tasks: list[asyncio.Task[None]] = []
        self.subscription: Subscription | None = None
        self.ids = ""
        self.html = False
        self.closed = False
        self.allowance, self.counted_at = float(ORDERS_AT_ONCE), time.monotonic()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Channels would look after database connections here, on the one thread that all sockets share."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def connect(self) -> None:
        # Accepted first: a browser shows the close code of an open socket only.
        await self.accept()
        self.visit = Visit.of(self.scope)
        try:
            self.user, conversation = await database_sync_to_async(self.visit.enter)()
            after = self.place(conversation.last_seq)
        except (ClosedError, Error) as exc:
            await self.end(exc.code if isinstance(exc, ClosedError) else TRY_AGAIN)
            return
        self.conversation_id = conversation.pk
        self.html = self.visit.query.get("format") == "html"
        ids = {"chat_id": str(conversation.pk), "user_id": conversation.owner_id, "session_id": new_id().hex}
        self.ids = dump(ids)[1:]
        await self.show(now("ready", last_seq=conversation.last_seq))
        self.subscription = tail.subscribe(conversation.pk, after)
        self.tasks = [asyncio.create_task(work) for work in (self.send_news(self.subscription), self.watch())]

    def place(self, last_seq: int) -> int:
        """The seq that the client has seen last: no more than there is, lest it miss what comes next."""
        try:
            return min(max(int(self.visit.query.get("after", "0")), 0), last_seq)
        except ValueError as exc:
            raise ClosedError(BAD_FRAME) from exc

    async def send_news(self, subscription: Subscription) -> None:
        """Send what the tailer hands over, as fast as the client takes it."""
        try:
            while frame := await subscription.next():
                await self.show(frame)
                if not await relief(self.base_send):
                    break
        finally:
            await self.end(TRY_AGAIN)

    async def watch(self) -> None:
        """Close when the session, the token or the conversation is gone, or belongs to somebody else by now."""
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            try:
                user, _ = await database_sync_to_async(self.visit.enter)()
            except ClosedError as exc:
                await self.end(exc.code)
                return
            except Error:
                # A database that is away says nothing about anybody.
                continue
            if user != self.user:
                await self.end(NOT_SIGNED_IN)
                return

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.closed:
            return
        if len(bytes_data or b"") > FRAME_BYTES or len((text_data or "").encode("utf-8", "surrogatepass")) > FRAME_BYTES:
            await self.end(BAD_FRAME)
            return
        try:
            self.count()
            if text_data is None:
                raise InvalidError("Binary frames are not read here: send JSON as text.")
            order = orders.read(text_data)
        except RefusedError as exc:
            await self.show(orders.refused(exc))
            return
        try:
            await self.show(await self.follow(order))
        except ClosedError as exc:
            await self.end(exc.code)

    async def follow(self, order: orders.Order) -> Frame:
        if isinstance(order, orders.Ping):
            return now("pong")
        found: Frame = await database_sync_to_async(self.obey)(order)
        return found

    def obey(self, order: orders.Order) -> Frame:
        """Do as told. Raises ClosedError once whoever opened this has signed out: a tab left open orders nothing more."""
        with suppress(Error):  # A database that is away says nothing about anybody, and refuses the order itself.
            if self.visit.person() != self.user:
                raise ClosedError(NOT_SIGNED_IN)
        return orders.follow(order, self.user, self.conversation_id)

    def count(self) -> None:
        """Raise RefusedError for a client that orders faster than any person and most programs would."""
        at = time.monotonic()
        self.allowance = min(self.allowance + (at - self.counted_at) * ORDERS_A_SECOND, ORDERS_AT_ONCE)
        self.counted_at = at
        if self.allowance < 1:
            raise RefusedError(f"These are too many frames: send at most {ORDERS_A_SECOND} a second.")
        self.allowance -= 1

    async def show(self, frame: Frame) -> None:
        """Send a frame in the form that the client asked for."""
        if self.closed:
            return
        if self.html:
            text = await asyncio.to_thread(as_html, frame)
        else:
            text = f"{frame.json},{self.ids}"
        if text:
            await self.send(text_data=text)

    async def end(self, code: int) -> None:
        """Close once; a closed socket takes no further frames."""
        if not self.closed:
            self.closed = True
            await self.close(code=code)

    async def disconnect(self, code: int) -> None:
        self.closed = True
        if self.subscription:
            tail.unsubscribe(self.subscription)
        for task in self.tasks:
            task.cancel()
        for result in await asyncio.gather(*self.tasks, return_exceptions=True):
            if isinstance(result, Exception):
                log.error("A socket of conversation %s failed", self.conversation_id, exc_info=result)


def as_html(frame: Frame) -> str:
    """A frame as HTML for htmx to swap in; empty when the page shows nothing of it."""
    from chat.fragments import delta_html, message_html, state_html

    if frame.seq is not None:
        return message_html(frame.data)
    return delta_html(frame.data) if frame.type == "delta" else state_html(frame.type, frame.data)


class NowhereConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types.
    """Answers sockets to addresses where there are none."""

    async def connect(self) -> None:
        await self.accept()
        await self.close(code=NO_CONVERSATION)
