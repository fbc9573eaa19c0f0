"""What the API takes and gives for conversations and messages."""

from datetime import UTC, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from ninja import Field, Schema
from pydantic import BeforeValidator, ConfigDict, PlainSerializer, StrictBool, WithJsonSchema

from chat.log import MAX_TEXT
from chat.models import Conversation, Message

BIGGEST = 2**31 - 1


def stamp(at: datetime) -> str:
    """A time as every answer, frame and command writes it: ISO 8601, in UTC, with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Stamp = Annotated[
    datetime, PlainSerializer(stamp, return_type=str), WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization")
]


def whole(value: Any) -> Any:
    """JSON knows one kind of number: 7.0 is a whole one (JSON Schema, “integer”)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Seq = Annotated[int, BeforeValidator(whole), Field(strict=True, ge=0, le=BIGGEST)]
# What a person writes; check_text says better what is wrong with it than a pattern could.
Text = Annotated[str, Field(max_length=MAX_TEXT, json_schema_extra={"pattern": r"[^\s\x00-\x20\x7f-\xa0]"})]


# Named apart from other kinds: the OpenAPI document knows types by their bare names.
MessageKind = Annotated[str, WithJsonSchema({"type": "string", "enum": Message.Kind.values})]


class Body(Schema):
    """What a request carries; a field that does not exist is a mistake, and is said so."""

    model_config = ConfigDict(extra="forbid")


class MessageOut(Schema):
    """One entry of a conversation. `reply_to` is a seq, `user` a name."""

    id: UUID
    seq: int
    kind: MessageKind
    author: Message.Author
    user: str | None
    text: str
    payload: dict[str, Any]
    run_id: UUID | None
    task_id: UUID | None
    reply_to: int | None
    via: Message.Via
    at: Stamp

    @classmethod
    def of(cls, message: Message) -> Self:
        """Reads `message.user`, which lists therefore select along."""
        return cls(
            id=message.pk,
            seq=message.seq,
            kind=message.kind,
            author=Message.Author(message.author),
            user=message.user.get_username() if message.user else None,
            text=message.text,
            payload=message.payload,
            run_id=message.run_id,
            task_id=message.task_id,
            reply_to=message.reply_to,
            via=Message.Via(message.via),
            at=message.at,
        )


class Messages(Schema):
    """A page of messages, in order. `next` is the seq to go on from, in the same direction."""

    items: list[MessageOut]
    next: int | None


class MessagePaging(Schema):
    """Which part of a conversation; `after` and `before` are seqs."""

    limit: int = Field(50, ge=1, le=100)
    after: int | None = Field(None, ge=0, le=BIGGEST)
    before: int | None = Field(None, ge=0, le=BIGGEST)


class ConversationOut(Schema):
    """A conversation. `agent` is the id of the one that answers, null for the default."""

    id: UUID
    title: str
    agent: UUID | None
    archived: bool
    last_seq: int
    unread: int
    created_at: Stamp
    updated_at: Stamp

    @classmethod
    def of(cls, conversation: Conversation) -> Self:
        """`unread` counts what others said since: messages, questions, errors and files, not the steps of the work."""
        return cls(
            id=conversation.pk,
            title=conversation.title,
            agent=conversation.agent_id,
            archived=conversation.archived,
            last_seq=conversation.last_seq,
            unread=conversation.unread,
            created_at=conversation.created_at,
            updated_at=conversation.updated_at,
        )


class Conversations(Schema):
    """A page of conversations, the most recently used first."""

    items: list[ConversationOut]
    next: str | None


class ConversationChange(Body):
    """What to change; what is left out stays."""

    title: str | None = Field(None, max_length=200)
    archived: StrictBool | None = None
    agent: str | None = Field(None, max_length=100, description="An agent's id or name; null for the default agent.")
    read_seq: Seq | None = Field(None, description="The last seq that was read.")


class ChatIn(Body):
    """What a person says, and where; without a conversation a new one begins."""

    text: Text
    conversation_id: UUID | None = None
    client_id: str | None = Field(None, min_length=1, max_length=100, description="Makes a repeat harmless: one message a client_id.")


class Posted(Schema):
    """Where a message stands."""

    id: UUID
    seq: int


class ChatOut(Schema):
    """What was accepted, and the run that answers it."""

    conversation_id: UUID
    message: Posted
    run_id: UUID | None
