"""What a phone shows while a turn works: that somebody types, which tools are at work, the answer as it grows.

All of it is best effort: a frame that fails is not sent again, and the answer itself always comes through the outbox.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import django.db
from django.utils import timezone

from chat import hints
from telegram_bridge import calls, ears, pending, working
from telegram_bridge.bot import BotError, Door, RejectedError, UncertainError, UnreachableError, WaitError
from telegram_bridge.database import disconnect
from telegram_bridge.models import LiveMessage
from telegram_bridge.turns import turn
from telegram_bridge.working import Frame, Work
from workflows.threads import db

logger = logging.getLogger(__name__)

# Faster edits than these end in a flood ban (facts).
EDIT_SECONDS, GROUP_EDIT_SECONDS = 1.2, 3.0
TYPING_SECONDS = 4.0
# What is answered sooner needs no live message.
FIRST_SECONDS = 0.7
LOOK_SECONDS = 0.25
IDLE_SECONDS = 2.0
RETRY_SECONDS = 1.0
# One frame may not hold the answer up for longer.
CALL_SECONDS = 10.0


@dataclass
class Show:
    """What this process remembers of what it shows; all of it may be lost."""

    door: Door
    seen: dict[tuple[int, UUID], float] = field(default_factory=dict)
    shown: dict[tuple[int, UUID], str] = field(default_factory=dict)
    # Turns whose live message could not be sent or was deleted by the person: nothing more is shown of them.
    muted: set[tuple[int, UUID]] = field(default_factory=set)
    edited: dict[int, float] = field(default_factory=dict)
    typed: dict[tuple[int, int], float] = field(default_factory=dict)
    tasks: dict[tuple[Any, ...], asyncio.Task[None]] = field(default_factory=dict)

    def start(self, key: tuple[Any, ...], work: Any) -> None:
        """Do `work` beside the others, unless the same is underway."""
        if key in self.tasks:
            work.close()
            return
        self.tasks[key] = asyncio.create_task(work)
        self.tasks[key].add_done_callback(partial(self.done, key))

    def done(self, key: tuple[Any, ...], task: asyncio.Task[None]) -> None:
        """It is over; what went wrong is said, and matters to nobody else."""
        del self.tasks[key]
        if not task.cancelled() and (error := task.exception()):
            logger.warning("What is being done could not be shown: %s", type(error).__name__, exc_info=error)

    def forget(self, works: list[Work]) -> None:
        """Remember nothing of turns that are over."""
        keys = {work.key for work in works}
        self.seen = {key: at for key, at in self.seen.items() if key in keys}
        self.shown = {key: text for key, text in self.shown.items() if key in keys}
        self.muted &= keys


async def run(door: Door, stop: asyncio.Event) -> None:
    """Show what is being done until `stop`."""
    show = Show(door)
    try:
        async with ears.listening(hints.PAGE) as heard:
            while not stop.is_set():
                pause = await look(show)
                await ears.wait(heard, stop, pause)
                await asyncio.sleep(LOOK_SECONDS)
        # What a frame that is broken off has left on the phone, nobody knows.
        if show.tasks:
            await asyncio.wait(list(show.tasks.values()))
    finally:
        left = list(show.tasks.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def look(show: Show) -> float:
    """Let each turn that is underway show something; in how many seconds to look again without a hint."""
    try:
        works = await db(working.underway)
        left = await db(working.leftovers)
        mode = await db(working.streaming) if works else ""
    except django.db.Error as exc:
        logger.warning("Nothing is shown for now, the database cannot be used: %s", exc)
        await db(disconnect)
        return RETRY_SECONDS
    show.forget(works)
    for live in left:
        show.start(("remove", live.pk), take_away(show, live))
    now = time.monotonic()
    for work in works:
        chat = work.talk.chat
        since = show.seen.setdefault(work.key, now)
        place = (chat.chat_id, work.talk.thread_id)
        if now - show.typed.get(place, -TYPING_SECONDS) >= TYPING_SECONDS:
            show.typed[place] = now
            show.start(("type", *place), type_(show.door, *place))
        pace = EDIT_SECONDS if chat.is_private else GROUP_EDIT_SECONDS
        if now - since >= FIRST_SECONDS and now - show.edited.get(chat.pk, -pace) >= pace and work.key not in show.muted:
            show.start(("frame", chat.pk), one_frame(show, work, mode))
    return LOOK_SECONDS if works or left else IDLE_SECONDS


async def type_(door: Door, chat_id: int, thread_id: int) -> None:
    """Show for five seconds that somebody types."""
    try:
        await door.call("sendChatAction", seconds=CALL_SECONDS, chat_id=chat_id, message_thread_id=thread_id or None, action="typing")
    except BotError as exc:
        logger.info("Typing is not shown: %s", exc)


async def take_away(show: Show, live: LiveMessage) -> None:
    """Remove the live message of a run that works no more."""
    async with turn(show.door, live.talk.chat_id):
        if live.pk in {one.pk for one in await db(working.leftovers)}:
            await calls.remove(show.door, live.talk.chat.chat_id, live)
            await db(pending.forget, live)


async def one_frame(show: Show, work: Work, mode: str) -> None:
    """Show what there is of a turn now, if it is anything new. Nothing is shown while something is being sent there."""
    lock = turn(show.door, work.talk.chat_id)
    if lock.locked():
        return
    async with lock:
        frame = await db(working.frame, work, mode)
        if frame is None or (frame.live and show.shown.get(work.key) == frame.chunk.text):
            return
        show.edited[work.talk.chat_id] = time.monotonic()
        try:
            await put(show, work, frame)
        except WaitError as exc:
            await db(working.hold, work.talk.chat, timezone.now() + timedelta(seconds=exc.seconds))
        except (RejectedError, UncertainError, UnreachableError) as exc:
            await give_up(show, work, frame, exc)
        except BotError as exc:
            logger.info("A frame is lost: %s", exc)
        else:
            show.shown[work.key] = frame.chunk.text


async def give_up(show: Show, work: Work, frame: Frame, error: BotError) -> None:
    """Show nothing more of a turn: nobody knows what stands there, or the person took it away. An edit is made again with the next."""
    if isinstance(error, RejectedError) and "not modified" in error.reason:
        show.shown[work.key] = frame.chunk.text
        return
    if isinstance(error, UncertainError) and frame.grows:
        logger.info("A frame may be lost: %s", error)
        return
    logger.info("Nothing more is shown of a turn: %s", error)
    show.muted.add(work.key)
    if frame.live and isinstance(error, RejectedError):
        await db(pending.forget, frame.live)


async def put(show: Show, work: Work, frame: Frame) -> None:
    """Let the live message show `frame`. Raises BotError."""
    chat, live = work.talk.chat, frame.live
    if live and live.answers != frame.answers:
        # The answer begins: it comes with a sound, which an edit never has.
        await calls.remove(show.door, chat.chat_id, live)
        await db(pending.forget, live)
        live = None
    look = {"text": frame.chunk.text, "entities": frame.chunk.entities or None, "link_preview_options": calls.NO_PREVIEW}
    if live:
        await show.door.call("editMessageText", seconds=CALL_SECONDS, chat_id=chat.chat_id, message_id=live.telegram_id, **look)
        return
    answered = {"message_id": frame.reply_to, "allow_sending_without_reply": True} if frame.reply_to else None
    message = await show.door.call(
        "sendMessage",
        seconds=CALL_SECONDS,
        chat_id=chat.chat_id,
        message_thread_id=work.talk.thread_id or None,
        reply_parameters=answered,
        disable_notification=None if frame.answers else True,
        **look,
    )
    await db(working.begun, work, calls.number(message), frame.answers)
