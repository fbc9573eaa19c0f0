"""Workflows under fire: `python -m tests.faults.walks [--runs 500] [--kills 200]`.

Each run has five steps: one, three side by side (a call that reads, one that may be repeated, one that acts once), and one that
joins them. While they run, processes of the worker are killed with -9 at random, and halfway the whole tree at once. Afterwards
the invariants must hold.
"""

import argparse
import os
import threading
import time

from tests.faults import arena
from tests.faults.turns import answer_questions, finish, report

# How many tool calls each step makes.
CALLS = {"begin": 0, "read": 1, "put": 1, "send": 1, "end": 0}


def main() -> int:
    """0 when everything held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--kills", type=int, default=200)
    chosen = parser.parse_args()
    os.environ.setdefault("AGENTRON_PEER_PAUSE", "0.4")
    os.environ.setdefault("AGENTRON_MAX_RUNS", "50")
    data = arena.prepare()
    from django.db import connection

    from tests.faults.invariants import broken_walks

    began = time.monotonic()
    start_runs(chosen.runs)
    worker, watch = arena.Worker(), arena.Watch()
    watch.start()
    attack = threading.Thread(target=arena.chaos, args=(worker, watch, chosen.kills, 0, chosen.kills * 1.0))
    attack.start()
    halfway = began + chosen.kills / 2
    while attack.is_alive():
        answer_questions()
        if halfway and time.monotonic() > halfway:
            worker.kill()  # The whole tree at once; the attack starts it again.
            halfway = 0
        time.sleep(0.2)
    left = finish(worker, deadline=time.monotonic() + 180)
    watch.over.set()
    stopped = worker.stop()
    found = [*broken_walks(data / "effects", CALLS), *(f"lease of {pk} was stale" for pk in set(watch.stale))]
    found += [f"{left} runs did not end"] if left else []
    print(f"{connection.vendor}: {chosen.runs} runs of {len(CALLS)} steps, {chosen.kills} kills, {time.monotonic() - began:.0f} s")
    print(f"rescue: {arena.quantiles(watch.rescues)}; clean stop in {stopped:.1f} s; {report()}")
    print("\n".join(found) or "all invariants hold")
    return 1 if found else 0


def start_runs(number: int) -> None:
    """Queue the runs, each in a conversation of its own, for ten owners."""
    from tests.factories import make_agent, make_user, make_workflow, start_run

    middle = ["read", "put", "send"]
    prompts = {"begin": "word", "read": "look", "put": "put", "send": "send", "end": "word"}
    after = {"begin": [], **{key: ["begin"] for key in middle}, "end": middle}
    for nth in range(10):
        owner = make_user(f"owner{nth}")
        agent = make_agent(owner=owner, tool_policy={"send": "allow"})
        steps = [{"key": key, "agent": agent.name, "prompt": prompts[key], "after": after[key]} for key in CALLS]
        workflow = make_workflow(*steps, owner=owner, max_concurrent=1000)
        for _ in range(number // 10):
            start_run(workflow)


if __name__ == "__main__":
    raise SystemExit(main())
