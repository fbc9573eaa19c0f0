"""How a process shows that it lives, and why none outlives its parent."""

import contextlib
import ctypes
import os
import signal
import socket
import sys
import threading
import time

BEAT_SECONDS = 1
# A loop that has not come round for this long hangs, most likely on a frozen connection.
STUCK_SECONDS = 8
# From the kernel's sys/prctl.h.
PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when the thread of `parent` that forked it ends; exit if it is gone already."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def here() -> str:
    """This process among those of all machines."""
    return f"{socket.gethostname()}:{os.getpid()}"


def name_process(name: str) -> None:
    """Show `name` (15 characters at most) in ps and top."""
    prctl(PR_SET_NAME, name.encode())


def prctl(option: int, value: int | bytes) -> None:
    """Linux's prctl; elsewhere nothing, for the pulse ends orphans too."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


class Pulse:
    """Writes this process's id to a pipe every second, from a thread of its own.

    A frozen process falls silent, and so does one whose loop calls `tick` and then stops calling it.
    """

    def __init__(self, pipe: int) -> None:
        self.pipe = pipe
        self.ticked_at: float | None = None
        # A supervisor that does not read for a while must not stop its children.
        os.set_blocking(pipe, False)
        threading.Thread(target=self.beat, args=(os.getppid(),), name="pulse", daemon=True).start()

    def tick(self) -> None:
        """Tell that the loop has come round."""
        self.ticked_at = time.monotonic()

    def beat(self, parent: int) -> None:
        """Show life for as long as the process and its parent live."""
        while os.getppid() == parent:
            if self.ticked_at is None or time.monotonic() - self.ticked_at < STUCK_SECONDS:
                with contextlib.suppress(BlockingIOError):
                    os.write(self.pipe, b"%d\n" % os.getpid())
            time.sleep(BEAT_SECONDS)
        os._exit(1)


def end_on_signal() -> None:
    """Make SIGTERM and Ctrl-C end this process in order, with status 0."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
