"""The other side of a measurement, in a process of its own: posts messages as people do, and waits for the answers."""

import argparse
import json
import sys
import time

import django
from django.core.management import call_command


def main() -> None:
    """Do one thing and print what is to be known of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["token", "post", "wait"])
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--text", default="word")
    parser.add_argument("--wait", action="store_true")
    chosen = parser.parse_args()
    django.setup()
    if chosen.what == "post":
        call_command("migrate", verbosity=0)
    began = time.monotonic()
    if chosen.what == "token":
        sys.stdout.write(token())
        return
    if chosen.what == "post":
        post(chosen.turns, chosen.text)
    if chosen.wait or chosen.what == "wait":
        wait()
    sys.stdout.write(json.dumps({"seconds": time.monotonic() - began, "a_second": rate()}))


def token() -> str:
    """A new token of the first user."""
    from django.contrib.auth.models import User

    from chat.models import ApiToken

    return ApiToken.issue(User.objects.first() or User.objects.create_superuser("bench"), "bench")[1]


def post(turns: int, text: str) -> None:
    """Post `turns` messages, each into a conversation of its own; in one transaction, so that they come at once."""
    from django.db import transaction

    from tests.factories import make_conversation, make_user, say

    owner = make_user()
    with transaction.atomic():
        for _ in range(turns):
            say(make_conversation(owner), text)


def wait() -> None:
    """Until every run has ended, at most two minutes; each must have succeeded."""
    from workflows.models import Run, RunStatus

    end = time.monotonic() + 120
    while Run.objects.unfinished().exists():
        assert time.monotonic() < end, "the runs did not end"
        time.sleep(0.1)
    failed = Run.objects.exclude(status=RunStatus.SUCCEEDED)
    assert not failed.exists(), f"{failed.count()} runs failed: {failed[0].error}"


def rate() -> float:
    """Runs a second, from the first start to the last end."""
    from django.db.models import Count, Max, Min

    from workflows.models import FINISHED, Run

    times = Run.objects.filter(status__in=FINISHED).aggregate(first=Min("started_at"), last=Max("finished_at"), n=Count("pk"))
    return float(times["n"] / (times["last"] - times["first"]).total_seconds()) if times["n"] > 1 else 0.0


if __name__ == "__main__":
    main()
