"""Deploys under load: `python -m tests.faults.stops [--stops 10]`.

The worker is stopped by SIGTERM and started again while runs are at work. Every process must be gone within ten seconds, work must
go on within two seconds of the next worker's first sign of life, and no step may be repeated.
"""

import argparse
import os
import time

from tests.faults import arena
from tests.faults.walks import CALLS, start_runs

MOST_TO_STOP, MOST_TO_GO_ON = 10.0, 2.0


def main() -> int:
    """0 when everything held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stops", type=int, default=10)
    chosen = parser.parse_args()
    os.environ.setdefault("AGENTRON_PEER_PAUSE", "0.4")
    os.environ.setdefault("AGENTRON_MAX_RUNS", "20")
    data = arena.prepare()
    from django.db import connection

    from tests.faults.invariants import broken_walks
    from tests.faults.turns import finish
    from workflows.models import HelpRequest

    start_runs(30 * chosen.stops)
    worker, stops, waits = arena.Worker(), [], []
    for _ in range(chosen.stops):
        worker.crew()
        time.sleep(2)
        members = worker.members()
        stops.append(worker.stop())
        assert not any(member.is_running() for member in members), "a process outlived its supervisor"
        worker.start()
        waits.append(until_work_goes_on(worker))
    left = finish(worker, time.monotonic() + 300)
    worker.stop()
    found = broken_walks(data / "effects", CALLS) + ([f"{left} runs did not end"] if left else [])
    found += [f"{asked} calls were cut off"] if (asked := HelpRequest.objects.count()) else []
    print(
        f"{connection.vendor}: {chosen.stops} stops under load, the slowest took {max(stops):.1f} s; "
        f"work went on {max(waits):.1f} s after the next worker was there"
    )
    print("\n".join(found) or "all invariants hold, no call was cut off")
    return 0 if not found and max(stops) < MOST_TO_STOP and max(waits) < MOST_TO_GO_ON else 1


def until_work_goes_on(worker: arena.Worker) -> float:
    """Seconds from the moment when a cluster is complete until some run is driven."""
    from workflows.models import Run

    worker.crew()
    begun = time.monotonic()
    while not Run.objects.running().exists() and time.monotonic() - begun < 20:
        time.sleep(0.02)
    return time.monotonic() - begun


if __name__ == "__main__":
    raise SystemExit(main())
