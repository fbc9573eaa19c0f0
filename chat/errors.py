"""Why something was refused, in words that its reader can act on."""

from collections.abc import Mapping
from typing import Any


class RefusedError(Exception):
    """A request that cannot be granted. `str()` is the sentence for the person; `status` the HTTP status.

    `fields` maps a field's name to what is wrong with it; `extra` holds members for the problem document.
    """

    status = 400
    title = "Refused"

    def __init__(self, sentence: str, *, fields: Mapping[str, str] | None = None, **extra: Any) -> None:
        super().__init__(sentence)
        self.fields = dict(fields or {})
        self.extra = extra


class ForbiddenError(RefusedError):
    """It can be seen, but not by this person be changed."""

    status = 403
    title = "Forbidden"


class MissingError(RefusedError):
    """There is no such thing, or it is somebody else's: both look the same."""

    status = 404
    title = "Not found"


class ConflictError(RefusedError):
    """The thing is not in a state that allows it."""

    status = 409
    title = "Conflict"


class InvalidError(RefusedError):
    """The request says something that cannot be."""

    status = 422
    title = "Invalid"
