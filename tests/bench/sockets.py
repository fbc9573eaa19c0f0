"""From a commit to the sockets that show it; the measuring itself is in commits.py, a process for each database."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from tests.bench.table import Row
from tests.bench.turns import address
from tests.machine import ROOT, free_port

P50_MS, P95_MS = 20, 60


def measure(*, quick: bool) -> Iterator[Row]:
    """One socket, two hundred sockets, two hundred tabs; on SQLite and, not in a hurry, where there is a server on PostgreSQL."""
    for name in ("SQLite", "PostgreSQL"):
        if name == "SQLite" or (os.environ.get("AGENTRON_TEST_POSTGRES") and not quick):
            with tempfile.TemporaryDirectory(prefix="agentron-bench-") as folder, address(name, folder) as url:
                yield from rows(name, url, messages=20 if quick else 200)


def rows(database: str, url: str, messages: int) -> Iterator[Row]:
    """Run the measurement and read its table."""
    command = [sys.executable, "-m", "tests.bench.commits", "--port", str(free_port()), "--messages", str(messages)]
    # Without a value it makes its own SQLite file, in a data folder of its own.
    env = {**os.environ, "DATABASE_URL": url if database == "PostgreSQL" else ""}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines()[2:]:
        _, _, what, _, p50, p95, *_ = (cell.strip() for cell in line.split("|"))
        kept = float(p50) <= P50_MS and float(p95) <= P95_MS
        yield Row(f"{database}: commit to {what}, p50 / p95", f"{p50} / {p95} ms", f"≤ {P50_MS} / {P95_MS} ms", kept)
