"""Who acts at this moment, for whoever keeps a record of changes. Costs nothing until something is recorded."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Actor:
    """A person and the way they act. `more` says what acts for them, such as a run and its tool."""

    user_id: int | None
    via: str
    address: str = ""
    more: dict[str, str] = field(default_factory=dict)


Tell = Callable[[], Actor | None]

_tell: ContextVar[Tell | None] = ContextVar("acting", default=None)


@contextmanager
def acting(tell: Tell) -> Iterator[None]:
    """Let `tell` say who acts until the end of the block; it is asked only when somebody wants to know."""
    before = _tell.set(tell)
    try:
        yield
    finally:
        _tell.reset(before)


def actor() -> Actor | None:
    """Who acts; None for the system itself."""
    tell = _tell.get()
    return tell() if tell else None
