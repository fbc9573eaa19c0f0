"""What the pages let a person do with runs."""

from uuid import UUID

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from chat.http.auth import person
from workflows import engine
from workflows.errors import RefusedError
from workflows.models import Run, Trigger


@login_required
@require_GET
def runs(request: HttpRequest) -> HttpResponse:
    """This person's runs, the newest first."""
    return render(request, "site/runs.html", {"runs": Run.objects.of(person(request)).select_related("agent", "conversation")[:50]})


@login_required
@require_GET
def run(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One run, with all that happened in it."""
    return render(request, "site/run.html", {"run": get_object_or_404(Run.objects.of(person(request)), pk=pk)})


@login_required
@permission_required("workflows.view_modelprovider", raise_exception=True)
@require_GET
def models(request: HttpRequest) -> HttpResponse:
    """Where models come from."""
    return render(request, "site/models.html")


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
