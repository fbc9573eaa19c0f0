"""A delivery as calls of the Bot API."""

import logging
from typing import Any

from chat import files
from chat.errors import MissingError
from chat.file_types import PICTURES
from telegram_bridge.bot import BotError, Door, RejectedError
from telegram_bridge.fates import NotThereError
from telegram_bridge.models import Delivery, LiveMessage
from telegram_bridge.pending import Job
from workflows.threads import db

logger = logging.getLogger(__name__)

# Telegram takes larger pictures as documents only.
MOST_PHOTO_BYTES = 10 * 1024 * 1024
NO_PREVIEW = {"is_disabled": True}


async def carry_out(door: Door, job: Job) -> int:
    """Make a delivery; Telegram's number of the message. Raises BotError."""
    match job.delivery.kind:
        case Delivery.Kind.FILE:
            return await send_file(door, job)
        case Delivery.Kind.EDIT:
            return await change(door, job.delivery)
    if job.live and job.takes_over:
        return await become(door, job.delivery, job.live)
    return await send(door, job)


async def become(door: Door, delivery: Delivery, live: LiveMessage) -> int:
    """Let the live message show the answer. Raises NotThereError where a new message has to."""
    try:
        return await edit(door, delivery, live.telegram_id)
    except RejectedError as exc:
        if "not modified" in exc.reason:
            return live.telegram_id
        await remove(door, delivery.chat.chat_id, live)
        raise NotThereError(f"The live message cannot become the answer, a new one does. {exc}") from exc


async def send(door: Door, job: Job) -> int:
    """Send a message."""
    delivery = job.delivery
    message = await door.call(
        "sendMessage",
        **place(job),
        text=delivery.text,
        entities=delivery.entities or None,
        link_preview_options=NO_PREVIEW,
        reply_markup=markup(delivery),
    )
    return int(message["message_id"])


async def edit(door: Door, delivery: Delivery, telegram_id: int) -> int:
    """Let message `telegram_id` show what a delivery says, with its buttons or without any."""
    await door.call(
        "editMessageText",
        chat_id=delivery.chat.chat_id,
        message_id=telegram_id,
        text=delivery.text,
        entities=delivery.entities or None,
        link_preview_options=NO_PREVIEW,
        reply_markup=markup(delivery),
    )
    return telegram_id


async def change(door: Door, delivery: Delivery) -> int:
    """Change the message that another delivery made."""
    if delivery.edits is None or delivery.edits.telegram_id is None:
        raise RejectedError("the message to be changed was never sent")
    return await edit(door, delivery, delivery.edits.telegram_id)


async def remove(door: Door, chat_id: int, live: LiveMessage) -> None:
    """Take a live message away; it stays where that fails."""
    try:
        await door.call("deleteMessage", chat_id=chat_id, message_id=live.telegram_id)
    except BotError as exc:
        logger.info("A live message stays: %s", exc)


async def send_file(door: Door, job: Job) -> int:
    """Send a file, as a picture where it is one that Telegram takes as such."""
    if job.file is None:
        raise RejectedError("the file was deleted")
    try:
        content = await db(files.content_of, job.file)
    except MissingError as exc:
        raise RejectedError(str(exc)) from exc
    more = {**place(job), "caption": job.delivery.text or None}
    if job.file.content_type in PICTURES and job.file.content_type != "image/gif" and len(content) <= MOST_PHOTO_BYTES:
        try:
            return number(await door.upload("sendPhoto", "photo", content, job.file.name, **more))
        except RejectedError as exc:
            logger.info("A picture goes as a document: %s", exc)
    return number(await door.upload("sendDocument", "document", content, job.file.name, **more))


def number(message: Any) -> int:
    """Telegram's number of a message."""
    return int(message["message_id"])


def place(job: Job) -> dict[str, Any]:
    """Where a message goes, what it answers, and whether the phone stays quiet."""
    delivery = job.delivery
    answers = {"message_id": job.reply_to, "allow_sending_without_reply": True} if job.reply_to else None
    return {
        "chat_id": delivery.chat.chat_id,
        "message_thread_id": delivery.thread_id or None,
        "reply_parameters": answers,
        "disable_notification": delivery.silent or None,
    }


def markup(delivery: Delivery) -> dict[str, Any] | None:
    """The buttons under a message, unless they mean nothing any more; or that the phone opens an answer to it."""
    if delivery.force_reply:
        return {"force_reply": True, "selective": not delivery.chat.is_private}
    keyboard = delivery.keyboard
    return keyboard.markup() if keyboard and keyboard.closed_at is None else None
