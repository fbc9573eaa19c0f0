"""What goes over a socket to a client, one JSON object a frame (contract §6)."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils import timezone

from chat.models import Draft, Message
from chat.schemas import MessageOut, stamp

FRAME_BYTES = 64 * 1024
# What a frame holds beside its data: type, seq, time, and the ids of conversation, owner and connection.
ENVELOPE_BYTES = 400
CUTS = (16_000, 4_000, 1_000, 200, 40)


@dataclass(frozen=True)
class Frame:
    """A frame before it is addressed; written as JSON once for all sockets that get it."""

    type: str
    data: dict[str, Any]
    at: str
    seq: int | None = None

    @cached_property
    def json(self) -> str:
        """The frame's JSON without its closing brace, so that each socket can put its own ids behind."""
        data = fit(self.data, FRAME_BYTES - ENVELOPE_BYTES)
        return dump({"type": self.type, "data": data, "seq": self.seq, "at": self.at})[:-1]


def now(kind: str, **data: Any) -> Frame:
    """A frame about this moment; it stands in no log and has no seq."""
    return Frame(kind, data, stamp(timezone.now()))


def of_message(message: Message, quoted: str = "") -> Frame:
    """A message as a frame: its body, with its payload's fields beside it, and the beginning of what it replies to."""
    body = MessageOut.of(message).model_dump(mode="json")
    more = {"quoted": quoted} if quoted else {}
    return Frame(message.kind, {**message.payload, **body, **more}, body["at"], message.seq)


def of_draft(draft: Draft) -> Frame:
    """All the text of an answer so far."""
    return delta(draft, draft.text, draft.version)


def cleared(draft: Draft) -> Frame:
    """The end of a draft: its text is in the log by now, or was dropped."""
    return delta(draft, "", draft.version + 1)


def delta(draft: Draft, text: str, version: int) -> Frame:
    """A delta replaces what the client shows of this step."""
    return now("delta", run_id=str(draft.run_id), step=draft.step, text=text, version=version)


def dump(value: Any) -> str:
    """Compact JSON, in UTF-8 rather than escapes: a frame is counted in bytes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def size(value: Any) -> int:
    """Bytes of `value` on the wire."""
    return len(dump(value).encode())


def fit(data: dict[str, Any], room: int) -> dict[str, Any]:
    """`data` if it takes at most `room` bytes, else with its long parts cut, and marked; HTTP has the whole."""
    if size(data) <= room:
        return data
    for longest in CUTS:
        cut = {**shorten(data, longest), "truncated": True}
        if size(cut) <= room:
            return cut
    return {key: value for key, value in data.items() if not isinstance(value, dict | list | str)} | {"truncated": True}


def shorten(value: Any, longest: int) -> Any:
    """`value` with every string, list and object inside it cut to `longest` characters or items."""
    match value:
        case str():
            return value if len(value) <= longest else value[: longest - 1] + "…"
        case list():
            return [shorten(item, longest) for item in value[:longest]]
        case dict():
            return {key[:longest]: shorten(item, longest) for key, item in list(value.items())[:longest]}
    return value
