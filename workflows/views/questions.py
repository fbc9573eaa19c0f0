"""Questions, outside of their conversation: all that waits for somebody, and answering it."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from chat.http.auth import person
from chat.http.bodies import read_json
from chat.live import live, refused, told
from chat.models import Message
from workflows import engine
from workflows.errors import InvalidError, RefusedError
from workflows.lines import cards, open_questions, waiting_for
from workflows.models import HelpRequest

# More than these nobody answers in one go; the others move up.
MOST_CARDS = 50
SAID = {"approve": "Approved: the call is made.", "deny": "Denied: the agent is told.", "decline": "Declined: the agent is told."}


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """All that waits for this person, the oldest first."""
    asked = list(open_questions(person(request))[: MOST_CARDS + 1])
    context = {"cards": cards(asked[:MOST_CARDS], brief=True), "more_cards": len(asked) > MOST_CARDS, "most": MOST_CARDS, "every": "10s"}
    return live(request, "site/questions.html", "site/parts/questions.html", context)


@login_required
@require_GET
def badge(request: HttpRequest) -> HttpResponse:
    """The sidebar's count of them, which asks every two seconds: 204 while nothing changed since `?seen=`.

    When something did, the page's live part looks again at once.
    """
    waiting = waiting_for(person(request))
    if waiting.version == request.GET.get("seen"):
        return HttpResponse(status=204)
    return trigger_client_event(render(request, "components/waiting.html", {"waiting": waiting}), "changed")


@login_required
@require_POST
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Answer a question: `response` in words, or a `decision` among those it offers. The first answer wins.

    A call that is approved may be made with other `arguments`, as JSON.
    """
    asked = get_object_or_404(HelpRequest.objects.of(person(request)), pk=pk)
    given = {name: request.POST.get(name, "").strip() for name in ("response", "decision", "args_hash")}
    try:
        engine.respond(
            asked,
            by=person(request),
            via=Message.Via.WEB,
            response="" if given["decision"] == "approve" else given["response"],
            decision=given["decision"],
            args_hash=given["args_hash"],
            arguments=changed(asked, request.POST.get("arguments", "")) if given["decision"] == "approve" else None,
        )
    except RefusedError as exc:
        return refused(exc)
    return told(SAID.get(given["decision"], "Answered: it goes on."))


def changed(asked: HelpRequest, text: str) -> dict[str, Any] | None:
    """The arguments that were typed; None when they are as they were. Raises InvalidError."""
    if not text.strip():
        return None
    try:
        found = read_json(text)
    except (ValueError, RecursionError) as exc:
        raise InvalidError(f"The arguments are not JSON: {exc}.") from exc
    if not isinstance(found, dict):
        raise InvalidError('The arguments have to be an object, such as {"url": "https://example.com"}.')
    return None if found == asked.arguments else found
