"""What can go wrong at Telegram's end, to be scripted for the server of telegram.py."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Fault:
    """One thing that goes wrong: an answer in place of the true one, or none at all.

    `done`: the call is carried out nevertheless. `seconds`: how long it takes until then. Without a status the connection is cut,
    with status 200 the true answer is given late.
    """

    status: int = 0
    description: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    done: bool = False
    seconds: float = 0
    html: bool = False
    # None: for ever.
    times: int | None = 1
    chat_id: int | None = None

    def body(self) -> dict[str, Any]:
        """As Telegram says it."""
        found = {"ok": False, "error_code": self.status, "description": self.description}
        return {**found, "parameters": self.parameters} if self.parameters else found


def wait(seconds: int, **more: Any) -> Fault:
    """429: too many requests."""
    return Fault(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds}, **more)


def trouble(status: int = 500, **more: Any) -> Fault:
    """5xx with a page of HTML, as a proxy in front of Telegram sends it."""
    return Fault(status, "Bad Gateway", html=True, **more)


def own_trouble(**more: Any) -> Fault:
    """500 in Telegram's own words: nothing was done."""
    return Fault(500, "Internal Server Error", **more)


def refuse(description: str, **more: Any) -> Fault:
    """400, such as “Bad Request: can't parse entities: …” or “Bad Request: message thread not found”."""
    return Fault(400, description, **more)


def forbid(description: str = "Forbidden: bot was blocked by the user", **more: Any) -> Fault:
    """403."""
    return Fault(403, description, **more)


def unknown_token(**more: Any) -> Fault:
    """401."""
    return Fault(401, "Unauthorized", **more)


def migrate(chat_id: int, **more: Any) -> Fault:
    """400: the group has become a supergroup with this number."""
    description = "Bad Request: group chat was upgraded to a supergroup chat"
    return Fault(400, description, {"migrate_to_chat_id": chat_id}, **more)


def conflict(**more: Any) -> Fault:
    """409: somebody else fetches with the same token."""
    description = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    return Fault(409, description, **more)


def cut(*, done: bool = False, **more: Any) -> Fault:
    """The connection is cut, before the call was carried out or (`done`) after it."""
    return Fault(done=done, **more)


def late(seconds: float, **more: Any) -> Fault:
    """The true answer, but only after `seconds`."""
    return Fault(200, seconds=seconds, done=True, **more)
