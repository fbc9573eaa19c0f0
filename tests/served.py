"""A web server as in production, in a process of its own, on the database of the running test."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from django.db import connection

from tests.machine import ROOT, free_port, until


@contextmanager
def served(log: Path | None = None) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Daphne's address (127.0.0.1:PORT) and process; what it prints goes to `log`."""
    port = free_port()
    environment = {**os.environ, "DATABASE_URL": database_url()}
    command = [sys.executable, "-m", "daphne", "-v", "1" if log else "0", "-b", "127.0.0.1", "-p", str(port), "agentron.asgi:application"]
    with (
        Path(log or os.devnull).open("ab") as output,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output) as process,
    ):
        try:
            until(lambda: answers(port), 60, "the web server's start")
            yield f"127.0.0.1:{port}", process
        finally:
            process.kill()


def answers(port: int) -> bool:
    """Whether a web server of ours is there."""
    try:
        urlopen(f"http://127.0.0.1:{port}/api/health/live", timeout=1).close()
    except OSError:
        return False
    return True


def database_url() -> str:
    """The test's database, as DATABASE_URL names it."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    return f"postgres://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"
