"""Agentron as a person has it: real processes on a data folder of their own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """A TCP port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def until(true: Callable[[], object], seconds: float, what: str = "it") -> None:
    """Wait until `true()`, at most `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"{what} did not happen within {seconds} s"
        time.sleep(0.02)


def lives(process: psutil.Process) -> bool:
    """Whether it can still do something: a zombie cannot."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


class Program:
    """A program that goes on until it is stopped, in a session of its own; what it prints goes to a file."""

    def __init__(self, command: list[str], env: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        self.seen: set[psutil.Process] = set()

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self.log.read_text()

    def processes(self) -> dict[str, psutil.Process]:
        """Its living descendants by name, such as “agentron web” or “runs worker”."""
        found = {}
        with suppress(psutil.NoSuchProcess):
            for process in psutil.Process(self.popen.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
                    if lives(process):
                        found[Path(f"/proc/{process.pid}/comm").read_text().strip()] = process
                        self.seen.add(process)
        return found

    def kill(self, name: str) -> None:
        """kill -9 its process `name`."""
        self.processes()[name].kill()

    def stop(self) -> float:
        """SIGTERM; the seconds until it has ended."""
        self.processes()
        begun = time.monotonic()
        self.popen.send_signal(signal.SIGTERM)
        self.popen.wait(15)
        return time.monotonic() - begun

    def orphans(self) -> list[psutil.Process]:
        """Descendants that still live although their supervisor has ended, two seconds later."""
        with suppress(AssertionError):
            until(lambda: not any(map(lives, self.seen)), 2)
        return [process for process in self.seen if lives(process)]

    def close(self) -> None:
        """Leave nothing behind, whatever the test did."""
        self.processes()
        with suppress(ProcessLookupError):
            self.popen.kill()
        self.popen.wait(5)
        for process in self.orphans():
            process.kill()


class Machine:
    """A data folder, and the programs that work on it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.env = {**os.environ, "AGENTRON_DATA": str(folder), "DATABASE_URL": f"sqlite:///{folder}/agentron.sqlite3", **settings}
        self.programs: list[Program] = []
        self.console: subprocess.Popen[str] | None = None

    def tell(self, code: str) -> str:
        """Let Python do something inside Agentron; what it prints."""
        if self.console is None:
            command = [sys.executable, "-m", "tests.console"]
            env = {**self.env, "DJANGO_SETTINGS_MODULE": "agentron.settings"}
            self.console = subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.console.stdin
        assert self.console.stdout
        self.console.stdin.write(json.dumps(code) + "\n")
        self.console.stdin.flush()
        printed = self.console.stdout.readline()
        assert printed, "It failed; why stands above."
        return str(json.loads(printed))

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        command = [sys.executable, "manage.py", *arguments]
        env = {**self.env, **settings}
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)

    def start(self, *arguments: str) -> Program:
        """Start a command that goes on."""
        program = Program([sys.executable, "manage.py", *arguments], self.env, self.folder / f"{arguments[0]}.log")
        self.programs.append(program)
        return program

    def close(self) -> None:
        """Stop everything."""
        for program in self.programs:
            program.close()
        if self.console:
            self.console.communicate(timeout=10)
