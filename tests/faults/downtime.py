"""Clocks that are not there when something is due: for a moment, thirty times, and for two hours. Parts of tests/faults/schedules.py."""

import random
import signal
import statistics
import subprocess
import sys
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.faults.arena import ROOT

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tasks.models import Task

# What is expected of twelve due times in two hours, the newest of them five minutes ago.
EXPECTED = {
    "latest": {"coalesced": 11, "fired": 1},
    "all": {"missed": 2, "fired": 10},
    "none": {"missed": 12},
}


def start_clock() -> "subprocess.Popen[bytes]":
    """`manage.py clock` as a process, as soon as it lives."""
    from tests.faults.schedules import until
    from workflows.models import Heartbeat

    Heartbeat.objects.all().delete()
    process = subprocess.Popen([sys.executable, "manage.py", "clock"], cwd=ROOT)
    until(Heartbeat.objects.exists, 30)
    return process


def edges(stops: int) -> list[str]:
    """Stop the clock just before a due time, start another just after it, so often."""
    from django.utils import timezone

    from tests.factories import make_user
    from tests.faults import due_times
    from tests.faults.schedules import fresh, until

    tasks: list[Task] = []
    process = start_clock()
    owners = [make_user(), make_user()]
    for _ in range(stops):
        due = timezone.now() + timedelta(seconds=2)
        both = due_at(due, *owners)
        tasks += both
        sleep_until(due + timedelta(seconds=random.uniform(-0.3, 0.03)))
        process.send_signal(random.choice([signal.SIGTERM, signal.SIGKILL]))
        process.wait(10)
        sleep_until(due + timedelta(seconds=random.uniform(0, 0.3)))
        process = start_clock()
        until(lambda both=both: all(task.occurrences.exclude(state="queued").exists() for task in both), 20)  # type: ignore[misc]
    process.terminate()
    process.wait(10)
    late = due_times.lateness(tasks)
    print(
        f"  {stops} stops at a due time: {due_times.states(tasks)}; the longest gap took {max(late):.1f} s, p50 {statistics.median(late):.1f} s"
    )
    wrong = [f"{task}: {task.occurrences.count()} rows" for task in tasks if task.occurrences.filter(state="fired").count() != 1]
    return wrong + due_times.broken(fresh(tasks), timezone.now() - timedelta(seconds=2))


def due_at(due: datetime, one: "User", other: "User") -> list["Task"]:
    """A task that happens once and one that recurs, both due then."""
    from tasks.models import Task
    from tests.factories import make_task

    once = make_task(one, mode="notify", run_at=due.isoformat(), allow_duplicates=True)
    hourly = make_task(other, mode="notify", schedule="every 1 hour", enabled=False, allow_duplicates=True)
    Task.objects.filter(pk=hourly.pk).update(starts_at=due - timedelta(hours=1), next_due_at=due, enabled=True)
    hourly.refresh_from_db()
    return [once, hourly]


def sleep_until(at: datetime) -> None:
    from django.utils import timezone

    time.sleep(max(0.0, (at - timezone.now()).total_seconds()))


def two_hours() -> list[str]:
    """Nothing ran for two hours: every policy, for tasks that recur and for tasks that happen once."""
    from django.utils import timezone

    from tasks.models import Task
    from tests.factories import make_task, make_user
    from tests.faults import due_times
    from tests.faults.schedules import fresh, until

    newest = timezone.now() - timedelta(minutes=5)
    recurring, once = [], []
    for policy in EXPECTED:
        recurring.append(make_task(make_user(), mode="notify", schedule="every 10 minutes", misfire=policy, title=policy))
        once.append(make_task(make_user(), mode="notify", misfire=policy, title=f"once, {policy}"))
    began = newest - timedelta(hours=2)
    Task.objects.filter(pk__in=[task.pk for task in recurring]).update(starts_at=began, next_due_at=began + timedelta(minutes=10))
    Task.objects.filter(pk__in=[task.pk for task in once]).update(run_at=began, next_due_at=began)
    process = start_clock()
    until(lambda: not due_times.unfinished(recurring + once), 60)
    process.terminate()
    process.wait(10)
    found = [f"{task}: {counted(task)}" for task in recurring if counted(task) != EXPECTED[task.title]]
    ends = {"latest": "succeeded", "all": "succeeded", "none": "failed"}
    found += [f"{task} {task.status}" for task in fresh(once) if task.status != ends[task.misfire]]
    print("  two hours down: " + "; ".join(f"{task} {counted(task)}" for task in recurring))
    return found + due_times.broken(fresh(recurring + once), timezone.now() - timedelta(seconds=2))


def counted(task: "Task") -> dict[str, int]:
    """What became of its due times."""
    from django.db.models import Sum

    return dict(task.occurrences.order_by().values_list("state").annotate(Sum("count")))
