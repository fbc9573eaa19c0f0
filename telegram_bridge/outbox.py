"""What has to reach Telegram is put here, as rows of the caller's transaction; the telegram process sends it."""

from django.db import transaction

from chat import hints
from chat.models import Message
from telegram_bridge import formatting
from telegram_bridge.models import Delivery, Keyboard, TelegramChat, TelegramTalk


@transaction.atomic
def tell(
    chat: TelegramChat,
    markdown: str,
    *,
    thread_id: int = 0,
    talk: TelegramTalk | None = None,
    message: Message | None = None,
    reply_to: int | None = None,
    reply_seq: int | None = None,
    keyboard: Keyboard | None = None,
    silent: bool = False,
    force_reply: bool = False,
) -> list[Delivery]:
    """Put `markdown` into the outbox for `chat`, in as many parts as it takes; the deliveries, none for an empty text.

    The first part answers what `reply_to` or `reply_seq` names, the last one has the buttons.
    """
    chunks = formatting.render(markdown)
    last = len(chunks) - 1
    made = [
        Delivery(
            chat=chat,
            thread_id=thread_id,
            talk=talk,
            message=message,
            part=part,
            text=chunk.text,
            entities=chunk.entities,
            source=chunk.source,
            reply_to=None if part else reply_to,
            reply_seq=None if part else reply_seq,
            keyboard=keyboard if part == last else None,
            force_reply=force_reply and part == last,
            silent=silent,
        )
        for part, chunk in enumerate(chunks)
    ]
    for delivery in made:
        delivery.save(force_insert=True)
    if made:
        hints.telegram()
    return made


def change(delivery: Delivery, markdown: str) -> Delivery:
    """Let the message that `delivery` made or will make say `markdown` below what it says, without buttons."""
    return edit(delivery, formatting.joined(formatting.Chunk(delivery.text, delivery.entities, delivery.source), markdown))


def replace(delivery: Delivery, markdown: str, keyboard: Keyboard | None = None) -> Delivery:
    """Let the message that `delivery` made say `markdown` instead, which has to fit into one, with these buttons or none."""
    return edit(delivery.edits or delivery, formatting.render(markdown)[0], keyboard)


def edit(delivery: Delivery, chunk: formatting.Chunk, keyboard: Keyboard | None = None) -> Delivery:
    """Put the change of a message into the outbox."""
    changed = Delivery.objects.create(
        chat=delivery.chat,
        thread_id=delivery.thread_id,
        talk=delivery.talk,
        message=delivery.message,
        kind=Delivery.Kind.EDIT,
        part=delivery.part,
        edits=delivery,
        text=chunk.text,
        entities=chunk.entities,
        source=chunk.source,
        keyboard=keyboard,
        silent=True,
    )
    hints.telegram()
    return changed
