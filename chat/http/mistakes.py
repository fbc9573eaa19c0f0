"""Which problem each exception is: whatever a view raises ends as a problem document."""

import logging
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig
from django.db import IntegrityError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from chat.errors import RefusedError
from chat.http.problems import plain, problem, refused
from chat.http.sentences import place, sentence, told

log = logging.getLogger(__name__)

# Ninja has handlers of its own for some of these, and takes the one for the nearest class.
KINDS = (Exception, Http404, HttpError, AuthenticationError, ValidationError)


def install(api: NinjaAPI) -> None:
    """Let `api` answer every exception with a problem document."""
    for kind in KINDS:
        api.add_exception_handler(kind, answer)


def answer(request: HttpRequest, error: Any) -> JsonResponse:
    """The problem document for whatever a view raised."""
    match error:
        case RefusedError():
            return refused(error)
        case ValidationError():
            return invalid(error)
        case AuthenticationError():
            return problem(401, "Not signed in", "Sign in, or send Authorization: Bearer TOKEN (agentron tokens add NAME makes one).")
        case HttpError():
            return unreadable(error)
        case Http404():
            return plain(404)
        case ObjectDoesNotExist():
            return problem(404, "Not found", "It is gone: somebody deleted it meanwhile.")
        case RequestDataTooBig():
            return plain(413)
        case OperationalError():
            return busy(request, error)
        case IntegrityError():
            return overtaken(request, error)
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return plain(500)


def invalid(error: ValidationError) -> JsonResponse:
    """What does not fit, by field."""
    if all(found["loc"][0] == "path" for found in error.errors):
        # An id that cannot be one is an id that nothing has.
        return problem(404, "Not found", "There is nothing with this id.")
    fields = {field(found["loc"]): sentence(found) for found in error.errors}
    return problem(422, "Invalid", told(fields), fields=fields)


def field(found: tuple[str | int, ...]) -> str:
    """A field's path: without the part that says where Ninja found it, and without its parameter's name in our code."""
    source, *rest = found
    if source in ("body", "query") and len(rest) > 1:
        rest = rest[1:]
    return place(rest) or str(source)


def unreadable(error: HttpError) -> JsonResponse:
    """Ninja hides what was wrong with a body behind a 400; it is the cause of its error."""
    cause = error.__cause__
    if isinstance(cause, RefusedError):
        return refused(cause)
    if cause is not None:
        return plain(400, f"The body is not JSON ({cause}): send one JSON object.")
    return plain(error.status_code, error.message)


def busy(request: HttpRequest, error: OperationalError) -> JsonResponse:
    """A database that is locked, full or away."""
    log.error("%s %s: the database refused: %s", request.method, request.path, error)
    response = plain(503, "The database cannot take this now, and nothing was kept of it: try again in a moment.")
    response["Retry-After"] = "5"
    return response


def overtaken(request: HttpRequest, error: IntegrityError) -> JsonResponse:
    """What was looked at is not so any more: two requests did what only one of them may."""
    log.error("%s %s contradicts another request", request.method, request.path, exc_info=error)
    return plain(409, "Somebody changed the same thing at this very moment: nothing was kept of this. Look at it again, then try again.")
