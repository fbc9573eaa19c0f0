"""A run that kills its worker every time, among others: `python -m tests.faults.poison [--runs 300]`.

It must be given up as poisoned, none of the others be blamed, and the others lose less than a tenth of their speed.
"""

import argparse
import os
import time
from typing import TYPE_CHECKING

from tests.faults import arena

if TYPE_CHECKING:
    from workflows.models import Run

MOST_LOST = 0.10
# With fewer runs the time of two starts weighs more than what is measured.
ENOUGH_RUNS = 300


def main() -> int:
    """0 when everything held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    chosen = parser.parse_args()
    os.environ.setdefault("AGENTRON_PEER_PAUSE", "1")
    os.environ.setdefault("AGENTRON_MAX_RUNS", "20")
    data = arena.prepare()
    from django.db import connection

    from workflows.models import Run

    alone, _ = measure(chosen.runs, poison=False)
    beside, poisoned = measure(chosen.runs, poison=True)
    poisoned.refresh_from_db()
    lost = beside / alone - 1
    blamed = Run.objects.exclude(pk=poisoned.pk).exclude(status="succeeded").count()
    print(f"{connection.vendor}: {chosen.runs} runs took {alone:.1f} s, beside a poisoned one {beside:.1f} s: {lost:+.0%}")
    print(f"the poisoned run {poisoned.status} after {poisoned.attempts} claims: {poisoned.error}")
    print(f"{blamed} others did not succeed; the log of the worker is in {data}")
    slow = lost >= MOST_LOST and chosen.runs >= ENOUGH_RUNS
    in_time = poisoned.status == "failed" and poisoned.deaths == 4
    return 0 if not slow and in_time and not blamed else 1


def measure(number: int, *, poison: bool) -> tuple[float, "Run"]:
    """Seconds that so many runs take, and the run that dies (the last of the others when there is none)."""
    from tests.factories import make_user, make_workflow, start_run
    from workflows.models import Run

    workflow = make_workflow({"key": "look"}, {"key": "put", "after": ["look"]}, owner=make_user(), max_concurrent=1000)
    others = [start_run(workflow) for _ in range(number)]
    found = start_run(make_workflow({"key": "die"})) if poison else others[-1]
    ids = [run.pk for run in others]
    worker, begun = arena.Worker(), time.monotonic()
    while Run.objects.unfinished().filter(pk__in=ids).exists() and time.monotonic() - begun < 300:
        time.sleep(0.1)
    took = time.monotonic() - begun
    while Run.objects.unfinished().exists() and time.monotonic() - begun < 300:
        time.sleep(0.1)
    worker.stop()
    return took, found


if __name__ == "__main__":
    raise SystemExit(main())
