"""What a step is busy with, so that whatever took too long can be named."""

import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

MODEL = "the model"


class Doing:
    """What was begun and has not ended, with when."""

    def __init__(self) -> None:
        self.since: dict[Hashable, tuple[str, float]] = {}

    def begin(self, what: str, key: Hashable) -> None:
        """Note that `what` was begun; `key` tells it from others of the same name."""
        self.since[key] = what, time.monotonic()

    def end(self, key: Hashable) -> None:
        """Note that it has ended."""
        self.since.pop(key, None)

    @contextmanager
    def during(self, what: str, key: Hashable) -> Iterator[None]:
        """For the length of a block; one that is cut off stays, to be told."""
        self.begin(what, key)
        yield
        self.end(key)

    def __str__(self) -> str:
        """A sentence about what has taken longest."""
        if not self.since:
            return "Nothing was being waited for."
        what, since = min(self.since.values(), key=lambda item: item[1])
        seconds = time.monotonic() - since
        return f"It had been waiting for {what} for {seconds:,.0f} s." if seconds >= 1 else f"It was waiting for {what}."
