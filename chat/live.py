"""Pages that keep themselves up to date, and what their buttons are told.

A page holds one part that asks for itself again every few seconds (templates/components/live.html). The answer is 204
while the part looks as the asker has it; else static/site/morph.js changes only what differs, so that nobody loses
their place or what they typed.
"""

from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django_htmx.http import trigger_client_event

from chat.errors import RefusedError


def live(request: HttpRequest, page: str, part: str, context: dict[str, Any]) -> HttpResponse:
    """`page` around its `part`; to a part that asks again, the part alone, or 204 when it has seen it as it is.

    `context` may hold `every` (such as "5s"): without it the part asks again only after one of its buttons was used.
    """
    html = render_to_string(part, context, request)
    looks = sha256(html.encode()).hexdigest()[:16]
    asked_with = request.GET.get("looks")
    if asked_with == looks:
        return HttpResponse(status=204)
    context |= {"part": html, "looks": looks, "address": address(request)}
    return render(request, page if asked_with is None else "components/live.html", context)


def address(request: HttpRequest) -> str:
    """The page's own address, without what its part adds to it."""
    query = request.GET.copy()
    query.pop("looks", None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def told(sentence: str, **headers: str) -> HttpResponse:
    """It is done: the page says `sentence`, and its part looks again."""
    response = HttpResponse(status=204, headers=headers)
    trigger_client_event(response, "told", {"text": sentence})
    return trigger_client_event(response, "changed")


def refused(error: RefusedError) -> HttpResponse:
    """It cannot be done: the page says why. After a conflict it is out of date, so its part looks again."""
    response = HttpResponse(str(error), status=error.status, content_type="text/plain; charset=utf-8")
    return trigger_client_event(response, "changed") if error.status == 409 else response
