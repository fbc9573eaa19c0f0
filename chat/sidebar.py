"""The list of conversations, and what a person does with one of them there."""

import re
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh, trigger_client_event
from django_htmx.middleware import HtmxDetails

from chat import conversations
from chat.errors import RefusedError
from chat.http.auth import person
from chat.http.rows import CURSOR
from chat.models import Conversation
from chat.search import search as search_for

AT_WORK = "Something is still at work there, or waits for your answer: stop it first, then delete the conversation."


@require_GET
@login_required
def listed(request: HttpRequest) -> HttpResponse:
    """The list's first page, asked for again and again: 204 while it is the one that was `?seen=`; or the page `?before=`."""
    if request.headers.get("Sec-Fetch-Dest") == "document":
        # The address was typed, or cut off from a conversation's: it is a part of a page, not a page.
        return redirect("chat")
    before = request.GET.get("before")
    if before is not None and not re.fullmatch(CURSOR, before):
        return sentence("before is the cursor that the page before ended with: reload the page.", 400)
    found = conversations.listed(person(request), before=before)
    if before is None and request.GET.get("seen") == found.version:
        return HttpResponse(status=204)
    template = "chat/list/rows.html" if before else "chat/list/first_rows.html"
    return render(request, template, {"conversations": found, "current": as_id(request.GET.get("current", ""))})


@login_required
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """What fits `?q=`, for the place above the list; nothing for an empty search."""
    before = request.GET.get("before")
    if before is not None and not re.fullmatch(CURSOR, before):
        return sentence("before is the cursor that the results before ended with: search again.", 400)
    text = request.GET.get("q", "")
    return render(request, "chat/list/found.html", {"findings": search_for(person(request), text, before), "text": text, "onward": before})


@login_required
@require_GET
def archived(request: HttpRequest) -> HttpResponse:
    """The conversations that were put away."""
    before = request.GET.get("before", "")
    found = conversations.listed(person(request), before=before if re.fullmatch(CURSOR, before) else None, archived=True)
    return render(request, "chat/archived.html", {"archived": found})


@login_required
@require_POST
def rename(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give a conversation the title `title`."""
    found = own(request, pk)
    try:
        conversations.rename(found, request.POST.get("title", ""))
    except RefusedError as exc:
        return sentence(str(exc), exc.status)
    return changed(request)


@login_required
@require_POST
def archive(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put a conversation away, or with `archived=no` back."""
    found = own(request, pk)
    found.archived = request.POST.get("archived") != "no"
    conversations.archive(found, found.archived)
    if here(request, found):
        return HttpResponseClientRefresh()
    response = changed(request)
    if found.archived:
        trigger_client_event(response, "put-away", {"talk": str(found.pk), "title": str(found)})
    return response


@login_required
@require_GET
def deletion(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The question to ask before a conversation is deleted."""
    return sentence(conversations.deletion(own(request, pk)), 200)


@login_required
@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete a conversation with all that was said in it."""
    found = own(request, pk)
    at_home = here(request, found)
    try:
        conversations.delete(found)
    except RefusedError as exc:
        return sentence(AT_WORK if "run_id" in exc.extra else str(exc), exc.status)
    return HttpResponseClientRedirect(reverse("chat")) if at_home else changed(request)


@login_required
@require_POST
def read(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Remember that everything up to `seq` was seen; of a conversation that is gone by now, nothing is left to remember."""
    seq = request.POST.get("seq", "")
    if not (seq.isdecimal() and seq.isascii()) or len(seq) > 9:
        return sentence("seq is the number of the newest message that was seen.", 400)
    if found := Conversation.objects.of(person(request)).filter(pk=pk).first():
        conversations.mark_read(found, int(seq))
    return HttpResponse(status=204)


def own(request: HttpRequest, pk: UUID) -> Conversation:
    """This person's conversation, or 404."""
    return get_object_or_404(Conversation.objects.of(person(request)), pk=pk)


def changed(request: HttpRequest) -> HttpResponse:
    """The list looks different now: its script asks for it again; without one, the page of archived ones follows."""
    if not htmx(request):
        return redirect("archived")
    return trigger_client_event(HttpResponse(status=204), "conversations-changed")


def here(request: HttpRequest, conversation: Conversation) -> bool:
    """Whether the request comes from the page of that conversation."""
    details = htmx(request)
    path = (details and details.current_url_abs_path) or ""
    return path.partition("?")[0] == reverse("conversation", args=[conversation.pk])


def htmx(request: HttpRequest) -> HtmxDetails | None:
    """What htmx says of itself, None when it did not ask."""
    return getattr(request, "htmx", None) or None


def sentence(text: str, status: int) -> HttpResponse:
    """A refusal in plain words."""
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def as_id(text: str) -> UUID | None:
    """`text` as an id, None if it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
