"""The admin's own Content-Security-Policy."""

from collections.abc import Callable

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
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
