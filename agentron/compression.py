"""Text goes over the wire compressed: a page with all its files is a third of its size."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

# Fonts and pictures are compressed already.
TEXT = ("text/", "application/javascript", "application/json", "application/problem+json", "image/svg+xml")


def compress(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: Django's own gzip, for text alone.

    A page that repeats what an attacker says beside a secret could be guessed at by its length (BREACH): the only
    secret in these pages is the form token, which is masked anew each time, and Django adds random bytes.
    """
    gzip = GZipMiddleware(get_response)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        return gzip.process_response(request, response) if response.get("Content-Type", "").startswith(TEXT) else response

    return middleware
