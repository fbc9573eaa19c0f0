"""What a browser may keep of a page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

Respond = Callable[[HttpRequest], HttpResponse]


def kept_private(get_response: Respond) -> Respond:
    """Middleware: a signed-in person's pages are theirs alone, and asked for anew; the way back still works."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_page = response.get("Content-Type", "").startswith("text/html")
        if is_page and not response.has_header("Cache-Control") and request.user.is_authenticated:
            response["Cache-Control"] = "private, no-cache"
        return response

    return middleware
