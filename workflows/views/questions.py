"""Questions, answered outside of their conversation."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from chat.http.auth import person
from chat.live import refused, told
from chat.models import Message
from workflows import engine
from workflows.errors import RefusedError
from workflows.models import HelpRequest


@login_required
@require_POST
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Answer a question: `response` in words, or a `decision` among those it offers. The first answer wins."""
    asked = get_object_or_404(HelpRequest.objects.of(person(request)), pk=pk)
    given = {name: request.POST.get(name, "").strip() for name in ("response", "decision", "args_hash")}
    try:
        engine.respond(
            asked,
            by=person(request),
            via=Message.Via.WEB,
            response=given["response"],
            decision=given["decision"],
            args_hash=given["args_hash"],
        )
    except RefusedError as exc:
        return refused(exc)
    return told("Answered: it goes on.")
