"""Handing out the files of conversations: to their owner alone, and never as something that a browser would run."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from chat.errors import MissingError
from chat.files import content_of
from chat.http.auth import person
from chat.models import File


@login_required
@require_safe
def download(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A file as an attachment. A page may show it as a picture: an <img> does not mind."""
    file = get_object_or_404(File, pk=pk, conversation__owner=person(request))
    try:
        return attachment(file)
    except MissingError as exc:
        raise Http404(str(exc)) from None


def attachment(file: File) -> HttpResponse:
    """The content with headers that leave nothing to guess, and nothing to run. Raises MissingError where it is gone."""
    response = HttpResponse(content_of(file), content_type=file.content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=file.name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # It never changes under its address; but whoever signs out leaves nothing behind for others to look at.
    response["Cache-Control"] = "private, no-store"
    return response
