"""How late things happen: a thousand tasks due at random instants of a minute, beside many others, with two clocks at work.

Beside it, in the same run and on the same database, as many schedules of plain django-q2.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import django
import psutil

from tests.bench.table import Row
from tests.bench.turns import machine
from tests.machine import ROOT, Machine, Program, until

# How many other tasks are pending, and the seconds that 99 of 100 may be late beside them (promise P16).
GOALS = {10_000: 1.0, 100_000: 2.0}
CONVERSATIONS = 100
# Everything is written before the first of them is due.
HEAD_START_SECONDS = 5
# django-q2 looks at its schedules every 30 s.
LONGEST_WAIT_SECONDS = 60


def measure(*, quick: bool) -> Iterator[Row]:
    """Everything, on SQLite and where there is a server on PostgreSQL."""
    share = 10 if quick else 1
    for name in ("SQLite", "PostgreSQL"):
        if name == "SQLite" or os.environ.get("AGENTRON_TEST_POSTGRES"):
            with machine(name, DJANGO_SETTINGS_MODULE="agentron.settings") as made:
                yield from of_clocks(name, made, 1_000 // share, 60 / share, share)
                # Its scheduler looks twice a minute: nothing that a quick look could see.
                if not quick:
                    yield from of_plain(name, made, 1_000 // share, 60 / share)


def of_clocks(database: str, made: Machine, number: int, seconds: float, share: int) -> Iterator[Row]:
    """Our own tasks, with two clocks."""
    assert made.run("migrate", "-v0").returncode == 0
    clocks = [made.start("clock") for _ in range(2)]
    there = 0
    for others, goal in list(GOALS.items())[: 1 if share > 1 else None]:
        more, there = others // share - there, others // share
        inside(made, "fill", more)
        spent, begun = processor(clocks), time.monotonic()
        found = json.loads(inside(made, "due", number, seconds))
        took = time.monotonic() - begun
        what = f"{database}: {number:,} due in {seconds:.0f} s beside {others // share:,}, two clocks"
        yield late(what, found["late"], goal)
        yield Row(f"{what}: fired twice", str(found["twice"]), "0", found["twice"] == 0)
        yield Row(f"{what}: missing", str(found["missing"]), "0", found["missing"] == 0)
        yield Row(f"{what}: processor of both", f"{(processor(clocks) - spent) / took:.1%}")
    for clock in clocks:
        clock.stop()


def of_plain(database: str, made: Machine, number: int, seconds: float) -> Iterator[Row]:
    """As many schedules of django-q2, with its own cluster."""
    notes = made.folder / "notes"
    made.env |= {"AGENTRON_BENCH_NOTES": str(notes), "DJANGO_SETTINGS_MODULE": "tests.bench.plain"}
    cluster = made.start("qcluster")
    inside(made, "plain", number, seconds)
    with suppress(AssertionError):
        until(lambda: len(written(notes)) >= number, seconds + HEAD_START_SECONDS + LONGEST_WAIT_SECONDS)
    found = written(notes)
    cluster.close()
    yield late(f"{database}: {number:,} schedules of plain django-q2 in {seconds:.0f} s", found, None)
    yield Row(f"{database}: plain django-q2: missing", str(number - len(found)))


def late(what: str, seconds: list[float], goal: float | None) -> Row:
    """p99, with p50 and the longest beside it; the goal is the longest p99."""
    p99 = statistics.quantiles(seconds, n=100)[98]
    told = f"{what}: p99 late (p50 {statistics.median(seconds):.3f} s, max {max(seconds):.2f} s)"
    return Row(told, f"{p99:.3f} s", f"≤ {goal:.0f} s" if goal else "", p99 <= goal if goal else None)


def processor(programs: list[Program]) -> float:
    """Seconds of processor time that they have used."""
    return sum(sum(psutil.Process(program.popen.pid).cpu_times()[:2]) for program in programs)


def written(notes: Path) -> list[float]:
    """The lateness that jobs have noted, in seconds."""
    return [float(line) for line in notes.read_text().split()] if notes.exists() else []


def inside(made: Machine, *arguments: object) -> str:
    """Run this module's other side in a process on the same database; what it printed."""
    command = [sys.executable, "-m", "tests.bench.lateness", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=made.env, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def fill(number: int) -> None:
    """Make tasks that are pending, and due in the days after this one."""
    from django.utils import timezone

    start = timezone.now() + timedelta(hours=1)
    make_tasks([start + timedelta(days=30 * random.random()) for _ in range(number)])


def make_tasks(times: list[datetime]) -> list[Any]:
    """Reminders at these times, in a hundred conversations."""
    from tasks.models import Task
    from tests.factories import make_conversation, make_user

    owner = make_user(f"bench-{time.monotonic_ns()}")
    conversations = [make_conversation(owner) for _ in range(CONVERSATIONS)]
    common: dict[str, Any] = {"owner": owner, "mode": "notify", "text": "Tea!", "title": "Tea", "time_zone": "UTC"}
    rows = [Task(run_at=at, next_due_at=at, conversation=conversations[n % CONVERSATIONS], **common) for n, at in enumerate(times)]
    return Task.objects.bulk_create(rows, batch_size=2_000)


def due(number: int, seconds: float) -> dict[str, Any]:
    """Make tasks that are due in a moment, wait until they are over, and tell how late they were."""
    from django.db.models import Count

    from chat.models import Message
    from tasks.models import Occurrence

    owner = make_tasks(instants(number, seconds))[0].owner
    fired = Occurrence.objects.filter(task__owner=owner, state="fired")
    with suppress(AssertionError):
        until(lambda: fired.count() >= number, HEAD_START_SECONDS + seconds + LONGEST_WAIT_SECONDS)
    said = Message.objects.filter(conversation__owner=owner).order_by().values("task_id").annotate(n=Count("pk"))
    late = [(row.late_ms or 0) / 1000 for row in fired.all()]
    return {"late": late, "twice": said.filter(n__gt=1).count(), "missing": number - said.count()}


def instants(number: int, seconds: float) -> list[datetime]:
    """Random instants of the next so many seconds."""
    from django.utils import timezone

    start = timezone.now() + timedelta(seconds=HEAD_START_SECONDS)
    return [start + timedelta(seconds=seconds * random.random()) for _ in range(number)]


def plain(number: int, seconds: float) -> None:
    """Make schedules of django-q2 that call `note` once."""
    from django.apps import apps

    schedule = apps.get_model("django_q", "Schedule")
    times = instants(number, seconds)
    rows = [schedule(func="tests.bench.lateness.note", schedule_type="O", next_run=at, args=f"'{at.isoformat()}'") for at in times]
    schedule.objects.bulk_create(rows)


def note(at: str) -> None:
    """The job: write down how late it is."""
    from django.utils import timezone

    late = (timezone.now() - datetime.fromisoformat(at)).total_seconds()
    with Path(os.environ["AGENTRON_BENCH_NOTES"]).open("a") as notes:
        notes.write(f"{late}\n")


def main() -> None:
    """Do one thing and print what is to be known of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["fill", "due", "plain"])
    parser.add_argument("number", type=int)
    parser.add_argument("seconds", type=float, nargs="?", default=60)
    chosen = parser.parse_args()
    django.setup()
    match chosen.what:
        case "fill":
            fill(chosen.number)
        case "due":
            sys.stdout.write(json.dumps(due(chosen.number, chosen.seconds)))
        case "plain":
            plain(chosen.number, chosen.seconds)


if __name__ == "__main__":
    main()
