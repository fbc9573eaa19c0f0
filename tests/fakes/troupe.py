"""A supervisor over small processes that behave in known ways; run as a program, with their names."""

import os
import signal
import sys
import time

from agentron.child import Plan
from agentron.supervisor import Supervisor
from workflows.life import Pulse, name_process


def steady(life: int) -> None:
    """Lives until it is told to end."""
    Pulse(life)
    print("half a line", end="")
    print(" and the rest")
    signal.pause()


def stubborn(life: int) -> None:
    """Does not end when it is told to."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Pulse(life)
    while True:
        signal.pause()


def parent(life: int) -> None:
    """Has a child of its own, which outlives it."""
    if os.fork() == 0:
        name_process("child")
        signal.pause()
    Pulse(life)
    signal.pause()


def stuck(life: int) -> None:
    """Its loop comes round once and then hangs."""
    Pulse(life).tick()
    time.sleep(1000)


def broken(life: int) -> None:
    """Fails at once."""
    raise ValueError("broken on purpose")


if __name__ == "__main__":
    ACTS = {act.__name__: act for act in (steady, stubborn, parent, stuck, broken)}
    Supervisor([Plan(name, ACTS[name]) for name in sys.argv[1:]], ready=lambda: print("all are alive", flush=True)).run()
