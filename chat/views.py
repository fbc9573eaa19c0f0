"""The chat page and its parts."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from chat import frames
from chat.conversations import mark_read
from chat.fragments import entry_html
from chat.http.auth import person
from chat.models import Conversation, Message

PAGE_SIZE = 100
EXAMPLES = ("What can you do?", "What time is it in Tokyo?", "Remember that my dog is called Rex")


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
    return mine.filter(last_seq=0, archived=False).first() or Conversation.objects.create(owner=person(request))


@login_required
@require_GET
def conversation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The chat page: the newest messages, and a socket for what comes."""
    found = get_object_or_404(Conversation.objects.of(person(request)), pk=pk)
    mark_read(found, found.last_seq)
    context = {"conversation": found, "examples": EXAMPLES, **entries(found, before=found.last_seq + 1), "current": found.pk}
    return render(request, "chat/page.html", context)


@login_required
@require_GET
def earlier(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The messages before `?before=SEQ`, for the top of the log."""
    found = get_object_or_404(Conversation.objects.of(person(request)), pk=pk)
    before = request.GET.get("before", "")
    if not before.isdecimal() or len(before) > 9:
        return HttpResponse("before is the seq of the oldest message on the page.", status=400, content_type="text/plain")
    return render(request, "chat/earlier.html", {"conversation": found, **entries(found, before=int(before))})


@login_required
@require_GET
def conversations(request: HttpRequest) -> HttpResponse:
    """The list of conversations alone, asked for again when something in it changed."""
    current = request.GET.get("current", "")
    return render(request, "chat/conversations.html", {"current": UUID(current) if is_id(current) else None})


def entries(found: Conversation, before: int) -> dict[str, Any]:
    """The newest entries before a seq, and where the ones before them end (0 when there are none)."""
    rows = list(found.messages.filter(seq__lt=before).select_related("user").order_by("-seq")[:PAGE_SIZE])
    return {
        "entries": [entry_html(body(message)) for message in reversed(rows)],
        "last_shown": rows[0].seq if rows else 0,
        "earlier_than": rows[-1].seq if rows and rows[-1].seq > 1 else 0,
    }


def body(message: Message) -> dict[str, Any]:
    """What the socket would send of it."""
    return frames.of_message(message).data


def is_id(text: str) -> bool:
    """Whether `text` is a UUID."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
