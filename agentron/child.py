"""One process under the supervisor: how it is forked, heard and ended.

It is forked, not started anew, so that all processes share the memory of what was imported before.
"""

import contextlib
import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from workflows.life import die_with_parent, name_process

# Beats come every second; a process silent for longer is frozen and may hold the database's lock.
SILENCE_SECONDS = 5
# Until its first beat a process may be importing from a slow disk.
START_SECONDS = 60
# What the supervisor handles and its children do not inherit.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)


@dataclass(frozen=True)
class Plan:
    """A process to keep alive: `main` gets the pipe to show life on; `prepare` runs before, in the supervisor.

    What `prepare` imports is shared by all who are forked later. It must open no database and start no thread.
    """

    name: str
    main: Callable[[int], None]
    prepare: Callable[[], None] = lambda: None


@dataclass
class Child:
    """A running process: the leader of a session and group of its own."""

    plan: Plan
    pid: int
    output: int
    life: int
    started_at: float = field(default_factory=time.monotonic)
    # When each process of the group was heard of last.
    heard_at: dict[int, float] = field(default_factory=dict)
    rest: bytes = b""
    beats: bytes = b""
    killed: bool = False

    def lines(self) -> list[str]:
        """The complete lines that it has written since the last call."""
        *lines, self.rest = (self.rest + drained(self.output)).split(b"\n")
        return [line.decode(errors="replace") for line in lines]

    def listen(self) -> None:
        """Take note of the signs of life that have come."""
        *beats, self.beats = (self.beats + drained(self.life)).split(b"\n")
        now = time.monotonic()
        for pid in {int(beat) for beat in beats}:
            self.heard_at[pid] = now

    def silent(self) -> int | None:
        """The id of a process of the group that has fallen silent."""
        now = time.monotonic()
        if self.killed:
            return None
        if not self.heard_at:
            return self.pid if now - self.started_at > START_SECONDS else None
        return next((pid for pid, at in self.heard_at.items() if now - at > SILENCE_SECONDS), None)

    def kill(self) -> None:
        """Kill the whole group."""
        self.killed = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Close our ends of its pipes."""
        os.close(self.output)
        os.close(self.life)


def drained(pipe: int) -> bytes:
    """Everything that is in `pipe` now."""
    found = b""
    with contextlib.suppress(BlockingIOError):
        while chunk := os.read(pipe, 65536):
            found += chunk
    return found


def fork(plan: Plan, forget: Callable[[], None]) -> Child:
    """Start the process of `plan`. In it, `forget` closes what belongs to the supervisor alone."""
    plan.prepare()
    # What exists now is left alone by the child's collections, which would write to its pages and so unshare them.
    gc.collect()
    gc.freeze()
    output, output_in = os.pipe()
    life, life_in = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    supervisor = os.getpid()
    # Held back until the child has its own handlers: a stop that comes this early must not be lost.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    pid = os.fork()
    if pid == 0:
        forget()
        os.close(output)
        os.close(life)
        become(plan, supervisor, output_in, life_in)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    os.close(output_in)
    os.close(life_in)
    for pipe in (output, life):
        os.set_blocking(pipe, False)
    return Child(plan, pid, output, life)


def become(plan: Plan, supervisor: int, output: int, life: int) -> NoReturn:
    """Be the process of `plan`, to the end."""
    code = 1
    try:
        os.setsid()
        die_with_parent(supervisor)
        name_process(f"agentron {plan.name}")
        signal.set_wakeup_fd(-1)
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        redirect(output)
        plan.main(life)
        code = 0
    except SystemExit as exc:
        code = exc.code if isinstance(exc.code, int) else 1
        if isinstance(exc.code, str):
            print(exc.code, file=sys.stderr)
    finally:
        # Never back into the supervisor's code, whatever happened.
        if code and sys.exc_info()[0]:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def redirect(output: int) -> None:
    """Send what this process writes to the supervisor, line by line; it reads nothing."""
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
