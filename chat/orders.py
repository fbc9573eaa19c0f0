"""What a client may send over a socket (contract §6), and what is done about it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.contrib.auth.models import User
from django.db import OperationalError
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from chat.conversations import mark_read
from chat.errors import InvalidError, MissingError, RefusedError
from chat.frames import Frame, now
from chat.http.bodies import read_json
from chat.log import say
from chat.models import Conversation, Message
from chat.schemas import BIGGEST
from chat.signals import command_received

ClientId = Annotated[str, Field(min_length=1, max_length=100)]


class Strict(BaseModel):
    """A frame or its data: no field more than there is, and of no other type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Nothing(Strict):
    """Data of an order that needs none."""


class SaidData(Strict):
    text: str
    client_id: ClientId
    seen: int | None = Field(None, ge=0, le=BIGGEST)


class AnswerData(Strict):
    request_id: Annotated[UUID, Field(strict=False)]
    response: str | None = None
    decision: str | None = Field(None, max_length=16)
    args_hash: str | None = Field(None, max_length=64)
    arguments: dict[str, Any] | None = None
    client_id: ClientId | None = None


class Said(Strict):
    type: Literal["message"]
    data: SaidData


class Stop(Strict):
    type: Literal["stop"]
    data: Nothing | None = None


class Respond(Strict):
    type: Literal["respond"]
    data: AnswerData


class Ping(Strict):
    type: Literal["ping"]
    data: Nothing | None = None


Order = Said | Stop | Respond | Ping
ORDERS: TypeAdapter[Order] = TypeAdapter(Annotated[Order, Field(discriminator="type")])


def read(text: str) -> Order:
    """The order in a frame. Raises InvalidError with a sentence for what cannot be one."""
    try:
        found = read_json(text)
    except (ValueError, RecursionError) as exc:
        raise InvalidError(f"The frame is not JSON ({exc}): send one JSON object a frame.") from exc
    try:
        return ORDERS.validate_python(found)
    except ValidationError as exc:
        raise InvalidError(reason(found, exc), client_id=client_id(found)) from exc


def reason(found: Any, error: ValidationError) -> str:
    """What is wrong with a frame, in a sentence."""
    if not isinstance(found, dict) or error.errors()[0]["type"].startswith("union_tag"):
        return "The frame's type is unknown: send an object with the type message, stop, respond or ping."
    # The first part of each place is the frame's type, which its sender knows.
    places = [(".".join(map(str, item["loc"][1:])), item["msg"]) for item in error.errors()]
    return "; ".join(f"{place or 'frame'}: {text}" for place, text in places) + "."


def client_id(found: Any) -> str | None:
    """The client_id of a frame in whatever shape, so that its sender knows which one was refused."""
    data = found.get("data") if isinstance(found, dict) else None
    value = data.get("client_id") if isinstance(data, dict) else None
    return value if isinstance(value, str) and len(value) <= 100 else None


def follow(order: Order, user: User, conversation_id: UUID) -> Frame:
    """Do as told, and the frame that answers it: accepted, refused or pong. One short transaction at most."""
    if isinstance(order, Ping):
        return now("pong")
    identity = getattr(order.data, "client_id", None)
    try:
        conversation = Conversation.objects.of(user).filter(pk=conversation_id).first()
        if conversation is None:
            raise MissingError("This conversation is gone: it was deleted.")
        return now("accepted", client_id=identity, **do(order, user, conversation))
    except RefusedError as exc:
        return refused(exc, identity)
    except Conversation.DoesNotExist:
        return refused(MissingError("This conversation was deleted in this moment."), identity)
    except OperationalError:
        return refused(RefusedError("The database cannot take this now, and nothing was kept of it: try again in a moment."), identity)


def do(order: Said | Stop | Respond, user: User, conversation: Conversation) -> dict[str, Any]:
    """Say it, or pass it up to whoever does such things. Raises RefusedError."""
    match order:
        case Said(data=data):
            said = say(conversation, user, data.text, via=Message.Via.WEB, client_id=data.client_id, seen=data.seen).message
            mark_read(conversation, data.seen or 0)
            return {"seq": said.seq, "run_id": str(said.run_id) if said.run_id else None}
        case Respond(data=answer):
            return {"seq": None, "run_id": None, **command("respond", user, conversation, answer.model_dump(mode="json"))}
    return {"seq": None, "run_id": None, **command("stop", user, conversation, {})}


def command(name: str, user: User, conversation: Conversation, data: dict[str, Any]) -> dict[str, Any]:
    """What the receiver above made of a command. Raises RefusedError."""
    answers: list[tuple[Any, Any]] = command_received.send(
        sender=Conversation, user=user, conversation=conversation, command=name, data=data
    )
    return {key: value for _, answer in answers for key, value in answer.items()}


def refused(error: RefusedError, identity: str | None = None) -> Frame:
    """The frame that says no, and why."""
    return now("refused", client_id=identity or error.extra.get("client_id"), detail=str(error))
