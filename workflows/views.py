"""What the pages let a person do with runs."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from chat.http.auth import person
from workflows import engine
from workflows.errors import RefusedError
from workflows.models import Run, Trigger


@login_required
@require_POST
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Try a failed run again; the conversation shows the rest. A refusal is a sentence in plain text."""
    run = get_object_or_404(Run.objects.of(person(request)), pk=pk)
    try:
        again = engine.retry(run, by=person(request), trigger=Trigger.CHAT)
    except RefusedError as exc:
        return HttpResponse(str(exc), status=exc.status, content_type="text/plain; charset=utf-8")
    return HttpResponse(str(again.pk), status=202, content_type="text/plain; charset=utf-8")
