"""The one-time page on which a person gives a run the password or key that it asks for."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from chat.http.auth import person
from chat.markdown import render as prose
from chat.models import Message
from workflows import engine
from workflows.errors import RefusedError
from workflows.models import HelpRequest, HelpStatus


@login_required
@never_cache
@sensitive_post_parameters("value")
@require_http_methods(["GET", "POST"])
def give(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the question, and take its answer once: a `value`, or `decline`."""
    mine = HelpRequest.objects.of(person(request)).filter(kind=HelpRequest.Kind.CREDENTIALS)
    asked = get_object_or_404(mine.select_related("run__conversation", "answered_by"), pk=pk)
    wrong = ""
    if request.method == "POST":
        try:
            take(request, asked)
        except RefusedError as exc:
            wrong = str(exc)
        else:
            return redirect("credentials", pk=pk)
    is_open = asked.status == HelpStatus.OPEN and not asked.run.cancel_requested_at
    context = {"asked": asked, "asks": prose(asked.question), "is_open": is_open, "wrong": wrong}
    return render(request, "site/credentials.html", context, status=422 if wrong else 200)


def take(request: HttpRequest, asked: HelpRequest) -> None:
    """What the person decided. Raises RefusedError."""
    if "decline" in request.POST:
        engine.respond(asked, by=person(request), via=Message.Via.WEB, decision="decline")
    else:
        engine.give_secret(asked, by=person(request), via=Message.Via.WEB, value=request.POST.get("value", ""))
