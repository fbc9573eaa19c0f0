"""What holds for the admin alone: its Content-Security-Policy, and which addresses it takes."""

from collections.abc import Callable
from urllib.parse import unquote

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

# django-unfold puts its colours into the page and has Alpine evaluate expressions in attributes. Scripts still come
# from this site alone: 'unsafe-eval' runs what is in the page's attributes, which the admin's templates escape.
ADMIN = {"script-src": [UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}


def relax_admin(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: what is under the admin's address, and nothing else, may do what its theme needs."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith(reverse("admin:index")):
            response._csp_update = {"script-src": ADMIN["script-src"]}  # type: ignore[attr-defined]
            response._csp_replace = {"style-src": ADMIN["style-src"]}  # type: ignore[attr-defined]
        return response

    return middleware


def refuse_nul(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: what Django's admin makes of an address goes to the database as it is, and PostgreSQL takes no NUL."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(reverse("admin:index")) and "\0" in unquote(request.get_full_path()):
            raise BadRequest("There is a NUL in this address.")
        return get_response(request)

    return middleware
