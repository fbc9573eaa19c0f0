"""The one way into the log: post messages with gapless numbers, say what a person says."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from chat import hints
from chat.errors import InvalidError
from chat.models import Conversation, Message
from chat.signals import message_coming, message_posted, task_messages_coming

# Below the 64 KiB of one socket frame even where a character takes three bytes in UTF-8.
MAX_TEXT = 20_000
TITLE_LENGTH = 60


@dataclass(frozen=True)
class Said:
    """What became of a person's message: `created` is False when it had been said before."""

    message: Message
    created: bool


def clean(text: str) -> str:
    """Text from a model or a tool, made storable: NUL and lone surrogates become U+FFFD."""
    # By way of UTF-16, which joins the two halves of a pair and replaces a half alone by one character.
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def storable(value: Any) -> Any:
    """JSON data that every database takes: NUL and lone surrogates in its strings become U+FFFD, NaN and infinities null."""
    text = json.dumps(value, default=str)
    data = json.loads(text, parse_constant=lambda _: None)
    return cleaned(data) if "\\u0000" in text or "\\ud" in text else data


def cleaned(data: Any) -> Any:
    """JSON data with every string in it made storable."""
    match data:
        case str():
            return clean(data)
        case list():
            return [cleaned(item) for item in data]
        case dict():
            return {clean(key): cleaned(item) for key, item in data.items()}
        case _:
            return data


def check_text(text: str, field: str = "text") -> str:
    """A person's text as it will be stored, or InvalidError that says what to change."""
    for position, character in enumerate(text):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            sentence = f"Character {position + 1} of the text cannot be stored (U+{ord(character):04X}): remove it and send again."
            raise InvalidError(sentence, fields={field: sentence})
    if not text.strip():
        raise InvalidError("The text is empty: write something.", fields={field: "Write something."})
    if len(text) > MAX_TEXT:
        sentence = f"The text has {len(text):,} characters: send at most {MAX_TEXT:,} at a time."
        raise InvalidError(sentence, fields={field: sentence})
    return text


def post(conversation_id: UUID, *messages: Message) -> None:
    """Number `messages` and add them to the log, in order.

    The conversation's row is locked until the caller's transaction ends, so numbers have no gap: what rolls back
    takes its numbers with it. What a task has to tell brings an archived one back into the list: it was promised, and there
    nobody would see it. Raises Conversation.DoesNotExist when the conversation was deleted meanwhile.
    """
    with transaction.atomic(savepoint=False):
        if of_tasks := [message for message in messages if message.task_id and message.reply_to is None]:
            task_messages_coming.send(sender=Message, messages=of_tasks)
        row = Conversation.objects.filter(pk=conversation_id)
        worth_reading = [message for message in messages if message.is_worth_reading()]
        back = {"archived": False} if any(message.task_id for message in worth_reading) else {}
        counts = {"last_seq": F("last_seq") + len(messages), "unread": F("unread") + len(worth_reading)}
        if not row.update(**counts, **back, updated_at=timezone.now()):
            raise Conversation.DoesNotExist(f"Conversation {conversation_id} is gone.")
        last, owner_id = row.values_list("last_seq", "owner_id").get()
        for number, message in enumerate(messages, start=last - len(messages) + 1):
            message.conversation_id, message.owner_id, message.seq = conversation_id, owner_id, number
            message.text = clean(message.text)
        Message.objects.bulk_create(messages)
        hints.page(conversation_id)


def say(
    conversation: Conversation,
    user: User,
    text: str,
    *,
    via: Message.Via,
    client_id: str | None = None,
    seen: int | None = None,
    reply_to: int | None = None,
) -> Said:
    """Post what `user` says and let the apps above answer it, in one transaction.

    `client_id` makes a repeat harmless: the same text again is the same message. `seen` is the last seq the
    author's client had shown. Raises InvalidError for unusable text or a client_id used for another text.
    """
    check_text(text)
    if client_id is not None and (found := said_before(user, client_id, text, conversation)):
        return Said(found, created=False)
    message = Message(author=Message.Author.USER, user=user, text=text, via=via, client_id=client_id, reply_to=reply_to)
    try:
        with transaction.atomic():
            message_coming.send(sender=Message, conversation=conversation)
            post(conversation.pk, message)
            name_after(conversation, text)
            message_posted.send(sender=Message, message=message, seen=seen)
            if message.run_id:
                Message.objects.filter(pk=message.pk).update(run_id=message.run_id)
    except IntegrityError:
        # Two copies of one message at the same instant: the constraint let one in.
        if client_id is None or not (found := said_before(user, client_id, text, conversation)):
            raise
        return Said(found, created=False)
    return Said(message, created=True)


def said_before(user: User, client_id: str, text: str, conversation: Conversation) -> Message | None:
    """The message that `client_id` already stands for, if any. Raises InvalidError when it was another one."""
    found = Message.objects.filter(owner=conversation.owner_id, client_id=client_id).first()
    if found is None:
        return None
    if found.text != text or found.conversation_id != conversation.pk or found.user_id != user.pk:
        sentence = f"The client_id {client_id!r} was used for another message: make a new one for each message."
        raise InvalidError(sentence, fields={"client_id": sentence})
    return found


def name_after(conversation: Conversation, text: str) -> None:
    """Give a conversation without a title the beginning of its first message."""
    if conversation.title:
        return
    conversation.title = title_of(text)
    Conversation.objects.filter(pk=conversation.pk, title="").update(title=conversation.title)


def title_of(text: str, longest: int = TITLE_LENGTH) -> str:
    """The first line of `text` that says something, without its Markdown marks, cut at a word."""
    lines = (" ".join(line.strip("#>*-`_~ \t").split()) for line in text.splitlines())
    line = next(filter(None, lines), "") or " ".join(text.split())
    if len(line) <= longest:
        return line.rstrip(",;:") or line
    words = line[:longest].rsplit(" ", 1)[0]
    return words.rstrip(",;:.–-(“ ") + "…"
