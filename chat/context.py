"""What the sidebar of every page needs; looked up only where a template asks."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from chat.conversations import listed
from chat.http.auth import person


def sidebar(request: HttpRequest) -> dict[str, object]:
    """`conversations`: the first page of this person's list."""
    return {"conversations": SimpleLazyObject(lambda: listed(person(request)))}
