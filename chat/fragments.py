"""What the chat page is made of: the HTML of a message, a streaming answer, a socket's answer to a command.

The first page and the page's own socket use the same functions. A socket's fragment names the list that it belongs
to (hx-swap-oob); the page's script replaces what has the same id there, so a repeat changes nothing.
"""

import json
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chat.asking import shows_call
from chat.file_types import PICTURES
from chat.markdown import render, render_growing
from chat.models import Message
from chat.tool_cards import gist, icon, label

TERMINAL = ("succeeded", "failed", "cancelled")
# The question itself is shown right after these calls.
ASKING = ("ask_user", "request_user_help")
# What a task's badge stands on; between them come the steps of the work.
SPEAKING = (Message.Kind.MESSAGE, Message.Kind.ERROR, Message.Kind.HELP_REQUEST, Message.Kind.FILE, Message.Kind.STATUS)
SIGNALS = ("ready", "accepted", "refused", "pong")
MOST_SHOWN = 20_000


def message_html(body: dict[str, Any]) -> SafeString:
    """A message's body, its payload's fields beside it (contract §6), as a fragment for the log."""
    return format_html('<div hx-swap-oob="upsert:#log">{}</div>', entry_html(body))


def entry_html(body: dict[str, Any]) -> SafeString:
    """A message's body as an entry of the log, shown or hidden: each has an element, for the page counts by them."""
    kind = body["kind"]
    context = {"m": body, "template": f"chat/entries/{kind}.html", "hidden": is_hidden(body), **MORE.get(kind, dict)(body)}
    context["of_task"] = bool(body.get("task_id")) and kind in SPEAKING
    context["ended"] = kind == Message.Kind.STATUS and body.get("status") in TERMINAL
    return render_to_string("chat/entry.html", context)


def is_hidden(body: dict[str, Any]) -> bool:
    """Whether a message is only for the page's script."""
    match body["kind"]:
        case Message.Kind.STATUS:
            # A failure has its error message just before; a wait is told by the question; a workflow's run has a card.
            return body.get("status") != "cancelled" and "workflow" not in body
        case Message.Kind.TOOL_USE | Message.Kind.TOOL_RESULT:
            return body.get("name") in ASKING
    return False


def spoken(body: dict[str, Any]) -> dict[str, Any]:
    """An assistant writes Markdown, a person just text."""
    return {"prose": render(body["text"]) if body["author"] != Message.Author.USER else ""}


def call(body: dict[str, Any]) -> dict[str, Any]:
    """A tool call: what it is in a word or two, and all of it for whoever opens the card."""
    arguments, tool = body.get("args") or {}, str(body.get("name", ""))
    return {"label": label(tool), "icon": icon(tool), "gist": gist(arguments), "arguments": readable(arguments) if arguments else ""}


def outcome(body: dict[str, Any]) -> dict[str, Any]:
    """What came of a tool call."""
    tool = str(body.get("name", ""))
    return {"label": label(tool), "icon": icon(tool), "result": readable(body.get("result"))}


def asked(body: dict[str, Any]) -> dict[str, Any]:
    """A question, and in which ways it can be answered here."""
    kind = body.get("question_kind")
    arguments = body.get("arguments")
    return {
        "free": kind in ("question", "choice", None),
        # Whether plain words in the message box would answer it (design §6).
        "plain": kind in ("question", "choice") or (kind == "confirmation" and "yes" in (body.get("decisions") or ())),
        "asks": render(body.get("question") or body["text"]),
        "arguments": readable(arguments) if shows_call(body) and arguments else "",
        "editable": editable(arguments) if kind == "approval" and arguments else "",
    }


def editable(arguments: dict[str, Any]) -> str:
    """The arguments of a call as JSON that a person can change; empty where they are too long for that."""
    text = json.dumps(arguments, ensure_ascii=False, indent=2, default=str)
    return text if len(text) <= MOST_SHOWN else ""


def sent(body: dict[str, Any]) -> dict[str, Any]:
    """A file: where it is, if it is one that we keep, and whether the page can show it as a picture."""
    try:
        url = reverse("file", args=[UUID(str(body.get("file_id")))])
    except ValueError:
        url = ""
    return {"url": url, "is_picture": bool(url) and body.get("content_type") in PICTURES}


MORE = {
    Message.Kind.MESSAGE: spoken,
    Message.Kind.THOUGHT: spoken,
    Message.Kind.TOOL_USE: call,
    Message.Kind.TOOL_RESULT: outcome,
    Message.Kind.HELP_REQUEST: asked,
    Message.Kind.FILE: sent,
}


def readable(value: Any) -> str:
    """Data of a tool as text for a person, cut where nobody reads on."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2, default=str)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}\n[{len(text) - MOST_SHOWN:,} more characters]"


def delta_html(data: dict[str, Any]) -> SafeString:
    """All the text of an answer so far: replaces the one before, empty text clears."""
    return format_html(
        '<div hx-swap-oob="upsert:#drafts"><div id="draft-{}-{}" class="draft prose" data-run="{}" data-version="{}" hx-disable>{}</div></div>',
        data["run_id"],
        data["step"],
        data["run_id"],
        data["version"],
        render_growing(data["text"]) if data["text"] else "",
    )


def state_html(kind: str, data: dict[str, Any]) -> str:
    """A frame that stands in no log (ready, accepted, refused, pong), for the page's script alone."""
    if kind not in SIGNALS:
        return ""
    detail = json.dumps(data, ensure_ascii=False)
    return format_html('<div hx-swap-oob="upsert:#signals"><data data-type="{}" data-detail="{}"></data></div>', kind, detail)
