"""A worker under attack: started as in production, its processes killed and frozen at random, its rows watched.

Run scripts of this folder as modules, with DATABASE_URL for PostgreSQL and without for SQLite.
"""

import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
LEASE_GRACE_SECONDS = 15
CREW = 8


def prepare() -> Path:
    """Set this process up for a new, empty installation in a folder of its own; the folder.

    AGENTRON_MIGRATED names a SQLite file to begin with: applying all migrations takes seconds.
    """
    data = Path(os.environ.setdefault("AGENTRON_DATA", tempfile.mkdtemp(prefix="agentron-faults-")))
    if migrated := os.environ.get("AGENTRON_MIGRATED"):
        shutil.copy(migrated, data / "agentron.sqlite3")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.faults.settings")
    os.environ["AGENTRON_PEER_EFFECTS"] = str(data / "effects")
    os.environ["PYTHONPATH"] = str(ROOT)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from workflows.models import Agent

    # The attack is on the engine; what asks first is tried elsewhere.
    Agent.objects.update(tool_policy={"send": "allow"})
    return data


class Worker:
    """`manage.py worker` and all that it started."""

    def __init__(self, clusters: int = 2) -> None:
        self.clusters = clusters
        self.log = (Path(os.environ["AGENTRON_DATA"]) / "worker.log").open("ab")
        self.start()

    def start(self) -> None:
        """Start it, or start it again."""
        command = [sys.executable, "manage.py", "worker", "--clusters", str(self.clusters)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=self.log, stderr=subprocess.STDOUT)

    def members(self) -> list[psutil.Process]:
        """Every process of it, the supervisor first."""
        try:
            head = psutil.Process(self.process.pid)
            return [head, *head.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def crew(self) -> list[psutil.Process]:
        """Its processes once a cluster is complete: one that only starts has nothing to lose yet."""
        end = time.monotonic() + 10
        while len(members := self.members()) < CREW and time.monotonic() < end:
            time.sleep(0.05)
        return members

    def ensure(self) -> None:
        """Start it again when its supervisor is gone, as `up` or systemd would."""
        if self.process.poll() is not None:
            self.start()

    def stop(self) -> float:
        """SIGTERM; how many seconds it took."""
        began = time.monotonic()
        self.process.terminate()
        self.process.wait(20)
        return time.monotonic() - began

    def kill(self) -> None:
        """SIGKILL for all of it."""
        for member in self.members():
            with suppress_gone():
                member.kill()


@contextmanager
def suppress_gone() -> Iterator[None]:
    """A process that ended meanwhile is no error."""
    try:
        yield
    except psutil.NoSuchProcess:
        return


class Watch(threading.Thread):
    """Looks at the rows all the time: leases that nobody takes back, and how long each rescue takes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.stale: list[str] = []
        self.hurt: dict[tuple[str, int], float] = {}
        self.rescues: list[float] = []

    def died(self, pid: int) -> None:
        """Process `pid` was just killed or frozen: whatever it holds must be taken over."""
        from workflows.models import Run

        now = time.monotonic()
        for pk, fence in Run.objects.running().filter(leased_by__contains=f":{pid}:").values_list("pk", "fence"):
            self.hurt.setdefault((str(pk), fence), now)

    def run(self) -> None:
        from django.db import Error, connection

        from workflows.models import FINISHED, Run

        while not self.over.wait(0.2):
            try:
                self.stale += [str(run.pk) for run in Run.objects.expired(LEASE_GRACE_SECONDS)]
                rows = {str(pk): (fence, status) for pk, fence, status in Run.objects.values_list("pk", "fence", "status")}
            except Error:
                connection.close()
                continue
            for (pk, fence), since in list(self.hurt.items()):
                now_fence, status = rows[pk]
                if now_fence > fence or status in FINISHED or status == "waiting_for_user":
                    self.rescues.append(time.monotonic() - since)
                    del self.hurt[pk, fence]
        connection.close()


def chaos(worker: Worker, watch: Watch, kills: int, freezes: int, seconds: float) -> None:
    """Kill and freeze random processes of `worker`, spread over about `seconds`."""
    deeds = [signal.SIGKILL] * kills + [signal.SIGSTOP] * freezes
    random.shuffle(deeds)
    for deed in deeds:
        time.sleep(random.expovariate(1) * seconds / len(deeds))
        worker.ensure()
        members = worker.crew()
        # A frozen head starts nobody again, and nothing above it could tell: that is systemd's to watch.
        if exposed := members if deed == signal.SIGKILL else members[1:]:
            victim = choose(exposed)
            with suppress_gone():
                victim.send_signal(deed)
                watch.died(victim.pid)
    worker.ensure()
    # What was frozen and is still there wakes up late, and must not write.
    for member in worker.members():
        with suppress_gone():
            member.send_signal(signal.SIGCONT)


def choose(members: list[psutil.Process]) -> psutil.Process:
    """Any process; every fifth time one that drives runs, for most of the others hold none."""
    from workflows.models import Run

    holders = {int(name.split(":")[-2]) for name in Run.objects.running().values_list("leased_by", flat=True)}
    driving = [member for member in members if member.pid in holders]
    return random.choice(driving if driving and random.random() < 0.2 else members)


def quantiles(seconds: list[float]) -> str:
    """p50, p95 and max as one line."""
    if not seconds:
        return "none"
    return f"n={len(seconds)} p50={statistics.median(seconds):.1f}s p95={p95(seconds):.1f}s max={max(seconds):.1f}s"


def p95(seconds: list[float]) -> float:
    """What 95 of 100 stay below."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
