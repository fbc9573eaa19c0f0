"""Runs and questions as pages list them: a line or a card each, in a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Concat, Left
from django.urls import reverse
from django.utils import timezone

from chat.fragments import asked
from workflows.models import HelpRequest, Lane, Run, RunStatus
from workflows.models.run import RunQuerySet
from workflows.rows import place, questions_of

FIRST_WORDS = 200
MOST_OF_A_QUESTION = 600
# Nobody looks at the number once it has this many digits.
MOST_COUNTED = 1000


def lines(rows: RunQuerySet) -> RunQuerySet:
    """`rows` with what components/run_row.html reads: the first words of what was asked, and what can be done.

    What was asked and answered in full stays behind: a page of runs would weigh megabytes.
    """
    again = Exists(Run.objects.filter(retry_of=OuterRef("pk")))
    return (
        rows.select_related("agent", "conversation", "workflow")
        .defer("input", "output", "agent__instructions")
        .annotate(words=words(), position=place(), retried=again, tokens=F("input_tokens") + F("output_tokens"))
        .annotate(is_later=Q(status=RunStatus.QUEUED, not_before__gt=timezone.now()))
    )


def words() -> Case:
    """The beginning of what a run was asked. Where no person asked, but a run's end did, what that run was of."""
    followed = Concat(Value("Follow-up to “"), "parent__workflow__name", Value("”"), output_field=CharField())
    return Case(
        When(lane=Lane.TURN, parent__lane=Lane.RUN, parent__workflow=None, then=Value("Follow-up to a run")),
        When(lane=Lane.TURN, parent__lane=Lane.RUN, then=followed),
        default=Left(KT("input__text"), FIRST_WORDS),
        output_field=CharField(),
    )


def cards(requests: Iterable[HelpRequest], *, brief: bool = False) -> list[dict[str, Any]]:
    """What components/question.html needs to show each question, and to take its answer; `brief`: long ones cut, for a list."""
    return [card(request, brief=brief) for request in requests]


def card(request: HelpRequest, *, brief: bool = False) -> dict[str, Any]:
    """`m` is the question's body, as a message in a conversation has it; `more` leads to all of one that is cut."""
    cut = brief and len(request.question) > MOST_OF_A_QUESTION
    shown = f"{request.question[:MOST_OF_A_QUESTION]}…" if cut else request.question
    body = {**request.body(), "question": shown, "text": shown}
    return {"request": request, "m": body, "more": reverse("run", args=[request.run_id]) if cut else "", **asked(body)}


def open_questions(user: User) -> QuerySet[HelpRequest]:
    """What waits for `user`, the oldest first. A run that is being stopped asks nothing any more."""
    rows = HelpRequest.objects.of(user).open().filter(run__cancel_requested_at=None)
    return questions_of(rows).select_related("run__conversation", "run__agent", "run__workflow")


@dataclass(frozen=True)
class Waiting:
    """How many questions wait for somebody; `version` is another one as soon as they are others."""

    count: int
    version: str


def waiting_for(user: User) -> Waiting:
    """What the sidebar tells `user`; asked for every few seconds by every open page, so it reads ids alone."""
    found = HelpRequest.objects.of(user).open().filter(run__cancel_requested_at=None).values_list("pk", flat=True)
    ids = list(found[:MOST_COUNTED])
    return Waiting(len(ids), sha256(b"".join(pk.bytes for pk in ids)).hexdigest()[:12])


def can_cancel(run: Run) -> bool:
    """Whether Cancel would do something."""
    return run.status in (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.WAITING_FOR_USER) and not run.cancel_requested_at
