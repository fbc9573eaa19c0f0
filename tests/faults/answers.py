"""Answers whose sender is killed between the commit and the wake-up: `python -m tests.faults.answers [--runs 50]`.

So many runs wait for an answer. Each gets one from a process that is killed with -9 as soon as the answer is committed, before
it can tell anybody. All must go on within fifteen seconds.
"""

import argparse
import os
import signal
import time
from collections.abc import Callable
from uuid import UUID

from tests.faults import arena

MOST_SECONDS = 15


def main() -> int:
    """0 when everything held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=50)
    chosen = parser.parse_args()
    os.environ.setdefault("AGENTRON_MAX_RUNS", "50")
    arena.prepare()
    from django.db import connection

    from tests.factories import make_workflow, start_run
    from workflows.models import HelpRequest, Run, RunStatus

    workflow = make_workflow({"key": "ask"}, max_concurrent=1000)
    for _ in range(chosen.runs):
        start_run(workflow)
    worker = arena.Worker()
    wait(lambda: Run.objects.filter(status=RunStatus.WAITING_FOR_USER).count() == chosen.runs, 60)
    time.sleep(3)  # Longer than a worker lingers: nobody looks any more unless he is told.
    slowest = 0.0
    for request in list(HelpRequest.objects.open()):
        begun = time.monotonic()
        answer_and_die(request.pk)
        wait(ended(request.run_id), 2 * MOST_SECONDS)
        slowest = max(slowest, time.monotonic() - begun)
    worker.stop()
    done = Run.objects.filter(status=RunStatus.SUCCEEDED).count()
    print(f"{connection.vendor}: {done} of {chosen.runs} runs went on, the slowest after {slowest:.1f} s")
    return 0 if done == chosen.runs and slowest <= MOST_SECONDS else 1


def ended(pk: UUID) -> Callable[[], bool]:
    """Whether a run has ended, whenever it is called."""
    from workflows.models import FINISHED, Run

    return lambda: Run.objects.filter(pk=pk, status__in=FINISHED).exists()


def answer_and_die(pk: UUID) -> None:
    """Answer in a child that is gone before it can send its hint."""
    from django.db import connections

    connections.close_all()
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL, status
        return
    from django.db import transaction

    from chat.models import Message
    from workflows import engine
    from workflows.models import HelpRequest

    request = HelpRequest.objects.select_related("run__owner").get(pk=pk)
    with transaction.atomic():
        # The first thing after the commit, before any hint is sent.
        transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
        engine.respond(request, by=request.run.owner, via=Message.Via.API, response="A")


def wait(true: Callable[[], bool], seconds: float) -> None:
    """Until `true()`, or AssertionError."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


if __name__ == "__main__":
    raise SystemExit(main())
