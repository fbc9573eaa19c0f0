"""What the engine refuses, and how a driver learns that it is too late."""

from chat.errors import ConflictError, ForbiddenError, InvalidError, MissingError, RefusedError

__all__ = ["ConflictError", "ForbiddenError", "InvalidError", "LostError", "MissingError", "NotAllowedError", "RefusedError"]


class NotAllowedError(ConflictError):
    """The state machine does not allow the move."""


class LostError(Exception):
    """The run belongs to another worker by now, or has ended: whatever this driver wanted to write must fall."""
