"""The chat page and its parts."""

from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_POST

from chat.conversations import mark_read
from chat.fragments import entry_html
from chat.http.auth import person
from chat.log import MAX_TEXT
from chat.models import Conversation, Message
from chat.quotes import framed
from chat.sidebar import own, sentence
from chat.signals import open_questions_wanted

PAGE_SIZE = 100
# Entries shown above the one that a search led to.
LEAD = 20
# What they show, with what one would say. Each works without a model.
EXAMPLES = (
    ("sparkles", "See what it can do", "What can you do?"),
    ("bell", "Hand it something for later", "Remind me in 1 minute to stretch"),
    ("chat-bubble-left-right", "Let it ask you back", "Ask me to choose between red, green or blue"),
)


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Go to the conversation used last, or to a new one."""
    newest = Conversation.objects.of(person(request)).filter(archived=False).first()
    return redirect("conversation", (newest or empty_conversation(request)).pk)


@login_required
@require_POST
def new_conversation(request: HttpRequest) -> HttpResponse:
    """Begin a conversation."""
    return redirect("conversation", empty_conversation(request).pk)


def empty_conversation(request: HttpRequest) -> Conversation:
    """A conversation in which nothing was said yet; pressing “New” twice makes one."""
    mine = Conversation.objects.of(person(request))
    return mine.filter(last_seq=0, title="", archived=False).first() or Conversation.objects.create(owner=person(request))


@login_required
@require_GET
def conversation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The chat page: the newest messages, and a socket for what comes; or those around `?at=SEQ`, when that one is older."""
    found = own(request, pk)
    at = seq_of(request, "at") or found.last_seq
    context = {"conversation": found, "current": found.pk, "examples": EXAMPLES, "max_text": MAX_TEXT}
    if at <= found.last_seq - PAGE_SIZE:
        return render(request, "chat/excerpt.html", context | onwards(found, after=max(at - LEAD, 1) - 1))
    mark_read(found, found.last_seq)
    shown = backwards(found, before=found.last_seq + 1)
    return render(request, "chat/page.html", context | shown | {"asked": asked(found, before=shown["earlier_than"])})


@login_required
@require_GET
def earlier(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The messages before `?before=SEQ`, for the top of the log."""
    found, before = own(request, pk), seq_of(request, "before")
    if before is None:
        return sentence("before is the seq of the oldest message on the page.", 400)
    return render(request, "chat/earlier.html", {"conversation": found, **backwards(found, before)})


@login_required
@require_GET
def later(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The messages after `?after=SEQ`, for the end of an excerpt."""
    found, after = own(request, pk), seq_of(request, "after")
    if after is None:
        return sentence("after is the seq of the newest message on the page.", 400)
    return render(request, "chat/later.html", {"conversation": found, **onwards(found, after)})


def backwards(found: Conversation, before: int) -> dict[str, Any]:
    """The newest entries before a seq, and where the ones before them end (0 when there are none)."""
    rows = list(found.messages.filter(seq__lt=before).select_related("user").order_by("-seq")[:PAGE_SIZE])[::-1]
    return {"entries": entries(rows), "last_shown": rows[-1].seq if rows else 0, "earlier_than": first_seq(rows)}


def onwards(found: Conversation, after: int) -> dict[str, Any]:
    """The first entries after a seq, and where the ones after them begin (0 when there are none)."""
    rows = list(found.messages.after(after).select_related("user")[:PAGE_SIZE])
    last = rows[-1].seq if rows else 0
    return {"entries": entries(rows), "later_than": last if last < found.last_seq else 0, "earlier_than": first_seq(rows)}


def asked(found: Conversation, before: int) -> list[SafeString]:
    """The open questions that stand further up than the page begins: words may answer them, so whoever writes has to see them."""
    if not before:
        return []
    answers = open_questions_wanted.send(sender=Conversation, conversation=found)
    seqs = [seq for _, open_seqs in answers for seq in cast("list[int]", open_seqs)]
    return entries(list(found.messages.filter(seq__in=seqs, seq__lt=before).select_related("user").order_by("seq")))


def entries(rows: list[Message]) -> list[SafeString]:
    """Messages as the socket would send them."""
    return [entry_html(frame.data) for frame in framed(rows)]


def first_seq(rows: list[Message]) -> int:
    """The seq of the first row, 0 if nothing stands before it."""
    return rows[0].seq if rows and rows[0].seq > 1 else 0


def seq_of(request: HttpRequest, name: str) -> int | None:
    """A seq in the address, None if there is none."""
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= 9 else None
