"""Jobs that take longer than their interval, and one that waits for a person. A part of tests/faults/schedules.py."""

import time
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.faults import arena

if TYPE_CHECKING:
    from tasks.models import Task
    from workflows.models import Run

# The scripted model takes ten seconds for “slow”.
EVERY_SECONDS, WATCHED_SECONDS = 4, 36


def overlaps() -> list[str]:
    """A job of ten seconds every four, under each policy, and a question that nobody answers."""
    from django.utils import timezone

    from tests.faults import due_times
    from tests.faults.schedules import fresh, switch_off, until
    from workflows.models import Heartbeat

    worker = arena.Worker(clusters=1)
    Heartbeat.objects.all().delete()
    until(lambda: Heartbeat.objects.filter(kind=Heartbeat.Kind.CLOCK).exists(), 30)
    tasks = {policy: make_job("slow", overlap=policy) for policy in ("skip", "queue", "allow", "replace")}
    asking = make_job("ask", overlap="skip")
    every = [*tasks.values(), asking]
    time.sleep(WATCHED_SECONDS)
    switch_off(every)
    end = timezone.now() - timedelta(seconds=2)
    until(lambda: not due_times.unfinished(tasks.values()), 60)
    worker.stop()
    for task in every:
        print(f"  ten seconds every {EVERY_SECONDS}, {task.overlap}{' (asks)' * (task is asking)}: {due_times.states([task])}")
    found = [sentence for policy, task in tasks.items() for sentence in CHECKS[policy](task)]
    return found + asked(asking) + due_times.broken(fresh(every), end)


def make_job(prompt: str, **fields: str) -> "Task":
    """A workflow of one step every few seconds; runs of it may overlap."""
    from tests.factories import make_task, make_workflow

    workflow = make_workflow({"key": "one", "prompt": prompt}, max_concurrent=100)
    schedule = str(EVERY_SECONDS)
    return make_task(workflow.owner, mode="run_workflow", text="", workflow=str(workflow.pk), schedule=schedule, title=prompt, **fields)


def runs(task: "Task") -> list["Run"]:
    """Its runs, the oldest first."""
    from workflows.models import Run

    return list(Run.objects.filter(task_id=task.pk).order_by("queued_at"))


def overlapping(task: "Task") -> int:
    """How many runs began before the one before them had ended."""
    return sum(not earlier.finished_at or later.queued_at < earlier.finished_at for earlier, later in pairwise(runs(task)))


def reasons(task: "Task", state: str) -> set[str]:
    """Why its due times ended so."""
    return set(task.occurrences.filter(state=state).values_list("reason", flat=True))


def skip(task: "Task") -> list[str]:
    """No two at a time, and the rows say why."""
    said = {"The run before it is still running.", "The run before it is still queued."}
    wrong = overlapping(task) or len(runs(task)) < 2 or not reasons(task, "skipped") or reasons(task, "skipped") - said
    return [f"skip: {len(runs(task))} runs, {overlapping(task)} overlap, {reasons(task, 'skipped')}"] if wrong else []


def queue(task: "Task") -> list[str]:
    """No two at a time, each right after the one before it."""
    wrong = overlapping(task) or len(runs(task)) < 3
    return [f"queue: {len(runs(task))} runs, {overlapping(task)} overlap"] if wrong else []


def allow(task: "Task") -> list[str]:
    """Every due time starts; on a machine that is busy two may come together."""
    late = task.occurrences.exclude(state__in=("fired", "coalesced")).count()
    return [f"allow: {overlapping(task)} overlap, {late} did not start"] if late or not overlapping(task) else []


def replace(task: "Task") -> list[str]:
    """Every run but the last was stopped, and no two worked at a time."""
    *earlier, last = runs(task)
    wrong = overlapping(task) or not earlier or any(run.status != "cancelled" for run in earlier) or last.status != "succeeded"
    return [f"replace: {[run.status for run in runs(task)]}, {overlapping(task)} overlap"] if wrong else []


CHECKS = {"skip": skip, "queue": queue, "allow": allow, "replace": replace}


def asked(task: "Task") -> list[str]:
    """One run that waits for a person; at least three due times after it say so."""
    said = task.occurrences.filter(state="skipped", reason="The run before it waits for an answer.").count()
    return [f"asking: {len(runs(task))} runs, {said} due times skipped for it"] if said < 3 or len(runs(task)) != 1 else []
