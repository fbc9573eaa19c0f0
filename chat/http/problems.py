"""What is refused, as problem documents (RFC 9457)."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from chat.errors import RefusedError

PROBLEM_JSON = "application/problem+json"

# What is said when Django itself refuses, which happens before any of our code runs.
SENTENCES = {
    400: "The request cannot be read: check its address, its Host header and its body.",
    403: "This is not allowed: send an API token, or the CSRF token that goes with your session.",
    404: "There is nothing at this address: /api/docs lists what there is.",
    413: "The body is too large: send at most 2 MB.",
    500: "Something went wrong on our side; the server's log says what.",
}


def problem(
    status: int, title: str, detail: str, *, fields: Mapping[str, str] | None = None, extra: Mapping[str, Any] | None = None
) -> JsonResponse:
    """A problem document; `fields` maps a field's name to what is wrong with it, `extra` holds further members."""
    document = {**(extra or {}), "type": "about:blank", "title": title, "status": status, "detail": detail}
    if fields:
        document["errors"] = dict(fields)
    response = JsonResponse(document, status=status, content_type=PROBLEM_JSON)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="agentron"'
    return response


def refused(error: RefusedError) -> JsonResponse:
    """The problem document of `error`."""
    return problem(error.status, error.title, str(error), fields=error.fields, extra=error.extra)


def plain(status: int, detail: str = "") -> JsonResponse:
    """A problem document that says no more than its status does, and `detail`."""
    phrase = HTTPStatus(status).phrase
    return problem(status, phrase.capitalize(), detail or SENTENCES.get(status, f"{phrase}."))


def api_problems(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: what Django refuses under /api/ is a problem document too, not a page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        told = response.get("Content-Type", "").startswith(PROBLEM_JSON)
        if response.status_code < 400 or told or not request.path.startswith("/api/"):
            return response
        return instead(request, response)

    return middleware


def instead(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The problem document that says what `response` meant, with its other headers."""
    allowed = response.get("Allow")
    detail = f"{request.method} is not possible here: use {allowed}." if allowed else ""
    found = plain(response.status_code, detail)
    for name, value in response.items():
        if name not in ("Content-Type", "Content-Length"):
            found[name] = value
    return found
