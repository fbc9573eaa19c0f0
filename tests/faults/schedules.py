"""Schedules under fire: `python -m tests.faults.schedules [--tasks 200 --every 60 --times 5 --stops 30]`.

Three workers do what is due while every ten seconds a random one of them is killed with -9, or its clock is killed or frozen. Then
clocks are stopped just before due times and started just after them. Then everything was down for two hours. Then jobs take longer
than their interval, and one waits for a person. Each due time must have one row, and at most one run or reminder.
"""

import argparse
import os
import random
import signal
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults import arena

if TYPE_CHECKING:
    from tasks.models import Task

KILL_SECONDS = 10
# A clock that was just killed is back, and has caught up, after so long.
GRACE = timedelta(seconds=5)


def main() -> int:
    """0 when everything held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--every", type=int, default=60, help="seconds between two due times of a task")
    parser.add_argument("--times", type=int, default=5, help="due times of each task")
    parser.add_argument("--stops", type=int, default=30)
    parser.add_argument("--parts", nargs="*", default=["kills", "edges", "downtime", "overlaps"])
    chosen = parser.parse_args()
    os.environ.setdefault("AGENTRON_MAX_RUNS", "20")
    arena.prepare()
    from django.db import connection

    from tests.faults import downtime, overlaps
    from tests.faults.invariants import log

    parts: dict[str, Callable[[], list[str]]] = {
        "kills": lambda: kills(chosen.tasks, chosen.every, chosen.times),
        "edges": lambda: downtime.edges(chosen.stops),
        "downtime": downtime.two_hours,
        "overlaps": overlaps.overlaps,
    }
    print(f"{connection.vendor}: {', '.join(chosen.parts)}")
    found = [sentence for name in chosen.parts for sentence in parts[name]()] + log()
    print("\n".join(found) or "every due time has its row, and none was started twice")
    return 1 if found else 0


def kills(number: int, every: int, times: int) -> list[str]:
    """Three workers, one of them killed every ten seconds, while `number` tasks are due every so many seconds."""
    from django.utils import timezone

    from tests.faults import due_times

    workers = [arena.Worker(clusters=1) for _ in range(3)]
    time.sleep(5)
    tasks, begun = make_tasks(number, every), time.monotonic()
    killed = 0
    while time.monotonic() - begun < every * times:
        time.sleep(KILL_SECONDS)
        strike(random.choice(workers))
        killed += 1
    switch_off(tasks)
    end = timezone.now() - GRACE
    until(lambda: not due_times.unfinished(tasks), 60)
    for worker in workers:
        worker.stop()
    late = due_times.lateness(tasks)
    print(f"  {number} tasks, {times} due times of each, {killed} attacks: {due_times.states(tasks)}")
    print(f"  lateness p50 {statistics.median(late):.2f} s, p99 {statistics.quantiles(late, n=100)[98]:.2f} s, max {max(late):.1f} s")
    return due_times.broken(fresh(tasks), end)


def strike(worker: arena.Worker) -> None:
    """kill -9 for all of a worker, or for its clock alone, or freeze that one; whoever watches over it starts it again."""
    if random.random() < 0.4:
        worker.kill()
        worker.process.wait(10)
    deed = random.choice([signal.SIGKILL, signal.SIGSTOP])
    for member in worker.members():
        with arena.suppress_gone():
            if Path(f"/proc/{member.pid}/comm").read_text().strip() == "agentron clock":
                member.send_signal(deed)
    worker.ensure()


def make_tasks(number: int, every: int) -> list["Task"]:
    """Tasks of ten owners, half of them reminders and half prompts, first due at random instants of the next interval."""
    from django.utils import timezone

    from tasks.models import Task
    from tests.factories import make_task, make_user

    owners = [make_user(f"owner{nth}") for nth in range(10)]
    tasks = []
    for nth in range(number):
        more = {"title": f"task {nth}", "schedule": str(every), "enabled": False, "allow_duplicates": True}
        task = make_task(owners[nth % 10], mode="notify" if nth % 2 else "prompt_agent", text="word", **more)
        tasks.append(task)
    now = timezone.now()
    for task in tasks:
        due = now + timedelta(seconds=random.uniform(1, every))
        Task.objects.filter(pk=task.pk).update(starts_at=due - timedelta(seconds=every), next_due_at=due, enabled=True)
    return fresh(tasks)


def fresh(tasks: list["Task"]) -> list["Task"]:
    """The tasks as they stand now."""
    from tasks.models import Task

    return list(Task.objects.filter(pk__in=[task.pk for task in tasks]))


def switch_off(tasks: list["Task"]) -> None:
    """Let no more of them be due; what is under way ends."""
    from tasks.models import Task

    Task.objects.filter(pk__in=[task.pk for task in tasks]).update(enabled=False)


def until(true: Callable[[], object], seconds: float) -> None:
    """Wait until `true()`, at most so long: what does not hold then is told by the rows."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)


if __name__ == "__main__":
    raise SystemExit(main())
