"""What a page that is still open gets once its reader is signed out."""

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

Respond = Callable[[HttpRequest], HttpResponse]
# Parts that ask by themselves on every page: to be led away is for whoever does something; this one may be writing.
BY_THEMSELVES = ("waiting", "conversations", "tasks")
STOP_POLLING = 286  # htmx's own status


def to_the_front_door(get_response: Respond) -> Respond:
    """Middleware: a part that htmx asked for never becomes the sign-in form; the whole page goes there, and back."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
        door = resolve_url(settings.LOGIN_URL)
        if not htmx or response.status_code != 302 or urlsplit(response["Location"]).path != door:
            return response
        if htmx.trigger in BY_THEMSELVES:
            return HttpResponse(status=STOP_POLLING, headers={"HX-Reswap": "none"})
        here = htmx.current_url_abs_path or "/"
        return HttpResponseClientRedirect(f"{door}?{urlencode({'next': here})}")

    return middleware
