"""What a small office asked in the last two weeks, as rows: `python -m tests.screenshots.history USER` on a site's database.

The figures of the admin's front page take days to come about, and a picture is taken in a minute.
"""

import sys
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from chat.models import Conversation, Message  # noqa: E402
from workflows.models import Agent, Memory, Run, RunStatus, Trigger  # noqa: E402

# Titles, how many turns each had, how many days ago the last was.
ASKED = (
    ("Weekly numbers for Monday", 9, 0),
    ("Compare three phone plans", 4, 1),
    ("Reply to the landlord", 3, 1),
    ("What changed in Python 3.14?", 5, 2),
    ("Minutes of the board meeting", 7, 4),
    ("Train to Vienna in October", 6, 5),
    ("Invoice 2041: who signs?", 4, 7),
    ("Names for the new printer", 2, 8),
    ("Translate the safety sheet", 6, 9),
    ("Onboarding list for Mara", 8, 12),
)
REASONS = ("The provider's limit is reached: try again in a minute.", "The model said nothing for 60 seconds.")
# One in so many turns fails.
FAILING = 14
# US dollars for a million tokens, in and out.
PRICES = Decimal("1.25"), Decimal("10")


def tell(owner: User) -> None:
    """Make the conversations and the runs in them; always the same."""
    random = Random(4)
    Memory.objects.create(owner=owner, key="team", value="41 people, 6 of them vegan, nobody likes boats")
    for title, turns, age in ASKED:
        at = timezone.now() - timedelta(days=age, minutes=random.randint(20, 200))
        talk = Conversation.objects.create(owner=owner, title=title, last_seq=2, read_seq=2, updated_at=at)
        Message.objects.create(conversation=talk, owner=owner, seq=1, author="user", user=owner, text=title, via="web", at=at)
        Message.objects.create(conversation=talk, owner=owner, seq=2, author="assistant", text="Done.", via="run", at=at)
        Run.objects.bulk_create(run(talk, at - timedelta(hours=29 * number), random) for number in range(turns))


def run(talk: Conversation, at: datetime, random: Random) -> Run:
    """A turn that ended at `at`, well most of the time."""
    failed = random.randrange(FAILING) == 0
    tokens = random.randint(900, 7_000), random.randint(60, 900)
    return Run(
        owner=talk.owner,
        conversation=talk,
        agent=Agent.objects.get(is_default=True),
        trigger=Trigger.CHAT,
        status=RunStatus.FAILED if failed else RunStatus.SUCCEEDED,
        error=REASONS[len(talk.title) % 2] if failed else "",
        asked_seq=1,
        input={"text": talk.title},
        input_tokens=tokens[0],
        output_tokens=tokens[1],
        cost=(tokens[0] * PRICES[0] + tokens[1] * PRICES[1]) / 1_000_000,
        queued_at=at - timedelta(seconds=9),
        started_at=at - timedelta(seconds=8),
        finished_at=at,
    )


if __name__ == "__main__":
    with transaction.atomic():
        tell(User.objects.get(username=sys.argv[1]))
