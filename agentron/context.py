"""What every template may ask for beside what its view gives it."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from chat.http.auth import person
from workflows.lines import waiting_for
from workflows.llm.names import OFFLINE, default_name


def model(request: HttpRequest) -> dict[str, object]:
    """`offline`: whether no real model is connected; looked up only where a template asks."""
    return {"offline": SimpleLazyObject(lambda: default_name() == OFFLINE)}


def waiting(request: HttpRequest) -> dict[str, object]:
    """`waiting`: which questions wait for this person."""
    return {"waiting": SimpleLazyObject(lambda: waiting_for(person(request)))}
