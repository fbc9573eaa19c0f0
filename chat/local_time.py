"""Every page tells times where its reader's clock stands."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from chat.http.auth import person
from chat.models import Profile

# Programs get UTC, and files have no times.
WITHOUT = ("/api/", "/static/")

Respond = Callable[[HttpRequest], HttpResponse]


def in_own_zone(get_response: Respond) -> Respond:
    """Middleware: a signed-in person's pages are made in their zone; `request.profile` is there for templates."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(WITHOUT) or not request.user.is_authenticated:
            return get_response(request)
        request.profile = Profile.of(person(request))  # type: ignore[attr-defined]
        with timezone.override(request.profile.zone()):  # type: ignore[attr-defined]
            return get_response(request)

    return middleware
