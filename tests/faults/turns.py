"""Turns under fire: `python -m tests.faults.turns [--turns 100] [--kills 60] [--freezes 5]`.

Every turn makes three tool calls. While they run, processes of the worker are killed with -9 and frozen at random, and
halfway through the whole tree is killed at once.
Afterwards the invariants must hold. Where a call that acts once was cut off, the owner answers “done”, “again” or
“done”, as a person would who looked.
"""

import argparse
import os
import threading
import time

from tests.faults import arena


def main() -> int:
    """0 when everything held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=100)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--freezes", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=None, help="Over how long the attacks are spread; default: two seconds each.")
    chosen = parser.parse_args()
    # Long enough that a kill finds something in the middle.
    os.environ.setdefault("AGENTRON_PEER_PAUSE", "0.4")
    data = arena.prepare()
    from django.db import connection

    from tests.faults.invariants import broken

    began = time.monotonic()
    worker, watch = arena.Worker(), arena.Watch()
    watch.start()
    seconds = chosen.seconds or (chosen.kills + chosen.freezes) * 2.0
    post_turns(chosen.turns, seconds, worker, watch, chosen.kills, chosen.freezes)
    left = finish(worker, deadline=time.monotonic() + 120)
    watch.over.set()
    stopped = worker.stop()
    found = [*broken(data / "effects", calls_a_turn=3), *(f"lease of {pk} was stale" for pk in set(watch.stale))]
    found += [f"{left} runs did not end"] if left else []
    print(f"{connection.vendor}: {chosen.turns} turns, {chosen.kills} kills, {chosen.freezes} freezes, {time.monotonic() - began:.0f} s")
    print(f"rescue: {arena.quantiles(watch.rescues)}; clean stop in {stopped:.1f} s; {report()}")
    print("\n".join(found) or "all invariants hold")
    return 1 if found else 0


def post_turns(turns: int, seconds: float, worker: arena.Worker, watch: arena.Watch, kills: int, freezes: int) -> None:
    """Post the turns in ten conversations while the chaos goes on."""
    from tests.factories import make_conversation, make_user, say

    attack = threading.Thread(target=arena.chaos, args=(worker, watch, kills, freezes, seconds))
    attack.start()
    conversations = [make_conversation(make_user(f"owner{n}")) for n in range(10)]
    for n in range(turns):
        say(conversations[n % len(conversations)], f"turn {n}")
        answer_questions()
        if n == turns // 2:
            worker.kill()  # The whole tree at once; the attack starts it again.
        time.sleep(seconds / turns)
    while attack.is_alive():
        answer_questions()
        time.sleep(0.2)
    attack.join()


def finish(worker: arena.Worker, deadline: float) -> int:
    """Wait until all runs have ended; how many have not by the deadline."""
    from workflows.models import Run

    while (left := Run.objects.unfinished().count()) and time.monotonic() < deadline:
        worker.ensure()
        answer_questions()
        time.sleep(0.2)
    return left


def answer_questions() -> None:
    """Be the owner who is asked what became of a call."""
    from chat.models import Message
    from workflows import engine
    from workflows.models import HelpRequest

    for n, request in enumerate(HelpRequest.objects.open().select_related("run__owner")):
        decision = "again" if n % 2 else "done"
        engine.respond(request, by=request.run.owner, via=Message.Via.API, decision=decision)


def report() -> str:
    """How often the owner was asked, and how often runs were claimed."""
    from django.db.models import Sum

    from workflows.models import HelpRequest, Run

    claims = Run.objects.aggregate(n=Sum("attempts"))["n"]
    return f"{claims} claims, {HelpRequest.objects.count()} questions about cut-off calls"


if __name__ == "__main__":
    raise SystemExit(main())
