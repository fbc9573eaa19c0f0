"""Turns: whoever holds the lock on a file may write, and the others stand in line for it, in this and all processes."""

import fcntl
import os
import threading


class Waiter(threading.Thread):
    """Waits for a lock in the kernel's line, which knows no time limit: so its owner may walk away from it."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(name="turn", daemon=True)
        self.descriptor = descriptor
        self.mine = threading.Event()
        self.abandoned = False
        self.deciding = threading.Lock()

    def run(self) -> None:
        fcntl.flock(self.descriptor, fcntl.LOCK_EX)
        with self.deciding:
            if self.abandoned:
                os.close(self.descriptor)
            else:
                self.mine.set()

    def walk_away(self) -> bool:
        """Give up, unless the turn came in this very moment; whether it did not."""
        with self.deciding:
            self.abandoned = not self.mine.is_set()
            return self.abandoned


def take(path: str, seconds: float) -> int | None:
    """The turn, as a descriptor to give back; None when it did not come within `seconds`.

    It ends with its process, however that dies.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waiter = Waiter(descriptor)
        waiter.start()
        if not waiter.mine.wait(seconds) and waiter.walk_away():
            return None
    return descriptor


def give(descriptor: int) -> None:
    """Let the next one have the turn, also where a forked child has the descriptor too."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)
