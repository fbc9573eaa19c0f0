"""A conversation as something to read: its entries a page at a time, for the admin's templates."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.template.defaultfilters import filesizeformat
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from chat.fragments import readable
from chat.markdown import render
from chat.models import Conversation, Message
from chat.tool_cards import label

PAGE = 100


@dataclass(frozen=True)
class Entry:
    """One message. `prose` is safe HTML, `words` plain text; `gist` and `inside` are what a tool call folds away."""

    seq: int
    kind: str
    kind_label: str
    author: str
    who: str
    via: str
    at: datetime
    run_id: UUID | None
    prose: SafeString | str
    words: str
    gist: str
    inside: str


@dataclass(frozen=True)
class Thread:
    """A page of entries in order; `earlier` is the seq before which there are more, `is_newest` whether none come later."""

    entries: list[Entry]
    earlier: int | None
    is_newest: bool


def thread(conversation: Conversation, before: int | None = None) -> Thread:
    """The newest entries of a conversation, or the newest before `before`; one query."""
    rows = conversation.messages.select_related("user").order_by("-seq")
    found = list((rows.filter(seq__lt=before) if before else rows)[: PAGE + 1])
    shown = found[:PAGE][::-1]
    return Thread([entry(row) for row in shown], shown[0].seq if len(found) > PAGE else None, before is None)


def entry(row: Message) -> Entry:
    """One message as a template shows it."""
    told = TOLD.get(row.kind, in_words)(row)
    return Entry(
        seq=row.seq,
        kind=row.kind,
        kind_label=row.get_kind_display(),
        author=row.author,
        who=row.user.get_username() if row.user else row.get_author_display(),
        via=row.get_via_display(),
        at=row.at,
        run_id=row.run_id,
        **{"prose": "", "words": "", "gist": "", "inside": ""} | told,
    )


def in_words(row: Message) -> dict[str, Any]:
    """What a person says is text; what an assistant says is Markdown."""
    return {"words": row.text} if row.author == Message.Author.USER else {"prose": render(row.text)}


def tool_call(row: Message) -> dict[str, Any]:
    """A tool and what it was called with, folded."""
    return {"gist": label(str(row.payload.get("name", ""))), "inside": readable(row.payload.get("args", {}))}


def tool_result(row: Message) -> dict[str, Any]:
    """What a tool gave, folded."""
    name, status = label(str(row.payload.get("name", ""))), row.payload.get("status", "")
    return {"gist": f"{name}: {status}", "inside": readable(row.payload.get("result"))}


def answer(row: Message) -> dict[str, Any]:
    """What was answered to a question."""
    return {"words": str(row.payload.get("response") or row.payload.get("decision") or row.text)}


def status(row: Message) -> dict[str, Any]:
    """A change in a run's life, or in that of one of its steps."""
    name = str(row.payload.get("step_status") or row.payload.get("status") or row.text)
    words = str(row.payload.get("error") or STANDINGS.get(name) or capfirst(name))
    return {"words": f"{row.payload['step']}: {words}" if row.payload.get("step") else words}


def thought(row: Message) -> dict[str, Any]:
    """What a model thought on its way, folded."""
    return {"gist": "Thought", "inside": row.text}


def file(row: Message) -> dict[str, Any]:
    """A file's name, type and size; what is in it only its owner gets."""
    payload = row.payload
    return {"words": f"{payload.get('name') or row.text} ({payload.get('content_type')}, {filesizeformat(payload.get('size', 0))})"}


STANDINGS = {"waiting_for_user": "Waiting for an answer", "retrying": "Waiting for the model"}
TOLD: dict[str, Callable[[Message], dict[str, Any]]] = {
    Message.Kind.TOOL_USE: tool_call,
    Message.Kind.TOOL_RESULT: tool_result,
    Message.Kind.HELP_ANSWER: answer,
    Message.Kind.STATUS: status,
    Message.Kind.THOUGHT: thought,
    Message.Kind.FILE: file,
}
