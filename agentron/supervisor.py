"""Keeps a set of processes alive, and ends them all within ten seconds.

It opens no database and starts no thread: forking is safe only then, and the kernel ends its children when the
thread that forked them does.
"""

import os
import selectors
import signal
import time
from collections.abc import Callable

from agentron.child import SIGNALS, SILENCE_SECONDS, Child, Plan, fork
from agentron.console import Console

# Half a second below the promise, for the kernel's own work.
STOP_SECONDS = 9.5
LOOK_SECONDS = 0.5
# A process that lived this long was healthy: it is started again at once.
HEALTHY_SECONDS = 10
LONGEST_PAUSE_SECONDS = 3.0


def pause(failures: int) -> float:
    """Seconds to wait before a process is started again after so many quick deaths in a row."""
    return min(LONGEST_PAUSE_SECONDS, 0.1 * 2**failures) if failures else 0.0


class Supervisor:
    """Runs `plans` until it is told to stop; `ready` is called once, when all have shown life."""

    def __init__(self, plans: list[Plan], ready: Callable[[], None] = lambda: None) -> None:
        self.plans = plans
        self.ready: Callable[[], None] | None = ready
        self.console = Console([plan.name for plan in plans])
        self.children: dict[str, Child] = {}
        self.failures = dict.fromkeys((plan.name for plan in plans), 0)
        self.start_at = dict.fromkeys((plan.name for plan in plans), 0.0)
        self.signals = 0

    def run(self) -> None:
        """Until SIGTERM or Ctrl-C; a second one does not wait."""
        self.selector = selectors.DefaultSelector()
        self.wake, wake_in = os.pipe()
        for end in (self.wake, wake_in):
            os.set_blocking(end, False)
        self.selector.register(self.wake, selectors.EVENT_READ)
        signal.set_wakeup_fd(wake_in, warn_on_full_buffer=False)
        for number in SIGNALS:
            # Whoever started us with nohup wants us to outlive the terminal.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self.on_signal)
        while not self.signals:
            self.start_missing()
            self.turn(LOOK_SECONDS)
            self.kill_silent()
            self.announce()
        self.stop()

    def on_signal(self, number: int, _: object) -> None:
        # A dead child only has to wake the loop.
        self.signals += number != signal.SIGCHLD

    def start_missing(self) -> None:
        """Start what is not running and has waited long enough."""
        for plan in self.plans:
            if plan.name not in self.children and time.monotonic() >= self.start_at[plan.name] and not self.signals:
                self.children[plan.name] = child = fork(plan, self.forget)
                self.selector.register(child.output, selectors.EVENT_READ, child)
                self.selector.register(child.life, selectors.EVENT_READ, child)

    def forget(self) -> None:
        """Close, in a new child, what is the supervisor's."""
        self.selector.close()
        os.close(self.wake)
        for child in self.children.values():
            child.close()

    def turn(self, seconds: float) -> None:
        """Wait until something happens, pass on what the children say, and bury the dead."""
        for key, _ in self.selector.select(seconds):
            if key.data is None:
                os.read(self.wake, 4096)
        for child in self.children.values():
            self.read(child)
        while dead := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) if self.children else None:
            self.bury(dead.si_pid, dead.si_status, killed=dead.si_code != os.CLD_EXITED)

    def read(self, child: Child) -> None:
        """Pass on what `child` says."""
        child.listen()
        for line in child.lines():
            self.console.write(child.plan.name, line)

    def bury(self, pid: int, status: int, *, killed: bool) -> None:
        """Take leave of a dead process; if it was a child, of its whole group."""
        child = next((child for child in self.children.values() if child.pid == pid), None)
        if child is not None:
            # Before its leader is reaped: until then nobody else can get the group's number.
            child.kill()
        os.waitpid(pid, 0)
        if child is None:
            return
        self.read(child)
        if child.rest:
            self.console.write(child.plan.name, child.rest.decode(errors="replace"))
        for pipe in (child.output, child.life):
            self.selector.unregister(pipe)
        child.close()
        del self.children[child.plan.name]
        if not self.signals:
            self.plan_restart(child, f"was killed by {signal.Signals(status).name}" if killed else f"ended with status {status}")

    def plan_restart(self, child: Child, how: str) -> None:
        """Set when a dead child is started again."""
        name = child.plan.name
        healthy = time.monotonic() - child.started_at >= HEALTHY_SECONDS
        self.failures[name] = 0 if healthy else self.failures[name] + 1
        seconds = pause(self.failures[name])
        self.start_at[name] = time.monotonic() + seconds
        self.console.say(f"{name} {how}: it is started again" + (f" in {seconds:.1f} s." if seconds else "."))

    def kill_silent(self) -> None:
        """Kill the group of every process that is frozen; it is started again like any other dead one."""
        for child in self.children.values():
            if pid := child.silent():
                self.console.say(f"Process {pid} of {child.plan.name} was silent for {SILENCE_SECONDS} s: it is killed.")
                child.kill()

    def announce(self) -> None:
        """Say once that everything runs."""
        if self.ready and len(self.children) == len(self.plans) and all(child.heard_at for child in self.children.values()):
            ready, self.ready = self.ready, None
            ready()

    def stop(self) -> None:
        """Ask every child to end; kill the groups of those that have not after ten seconds."""
        self.console.say("stopping…")
        for child in self.children.values():
            # To the leader alone: it knows how to end its group in order.
            os.kill(child.pid, signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        asked = self.signals
        while self.children and time.monotonic() < end and self.signals == asked:
            self.turn(min(0.2, max(0.0, end - time.monotonic())))
        for child in self.children.values():
            self.console.say(f"{child.plan.name} did not end in time: it is killed.")
            child.kill()
        while self.children:
            self.turn(0.1)
        self.console.say("stopped.")
