"""Agents, workflows and runs as people, programs and models refer to them: by id or by name."""

import difflib
from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import F

from chat.log import clean
from workflows.errors import MissingError
from workflows.models import Agent, Lane, Run, Workflow

MOST_NAMED = 8
LAST = "last"


def as_id(reference: str) -> UUID | None:
    """`reference` as an id, None where it is a name."""
    try:
        return UUID(reference)
    except ValueError:
        return None


def agent(user: User, reference: str) -> Agent:
    """An agent that `user` may use, their own before a shared one of the same name. Raises MissingError."""
    reference = clean(reference)
    usable, pk = Agent.objects.of(user), as_id(reference)
    rows = usable.filter(pk=pk) if pk else usable.filter(name=reference).order_by(F("owner").desc(nulls_last=True))
    found = rows.first() or (None if pk else usable.filter(name__iexact=reference).first())
    if found is None:
        raise MissingError(f"There is no agent “{reference[:100]}”{others(reference, usable.values_list('name', flat=True))}")
    return found


def workflow(user: User, reference: str) -> Workflow:
    """A workflow of `user`'s. Raises MissingError."""
    reference = clean(reference)
    own, pk = Workflow.objects.of(user), as_id(reference)
    rows = own.filter(pk=pk) if pk else own.filter(name=reference)
    found = rows.first() or (None if pk else own.filter(name__iexact=reference).first())
    if found is None:
        raise MissingError(f"There is no workflow “{reference[:100]}”{others(reference, own.values_list('name', flat=True))}")
    return found


def run(user: User, reference: str, conversation_id: UUID | None = None) -> Run:
    """A run of `user`'s: by its id, by its workflow (the newest one), or “last” (of the conversation, if it has one)."""
    mine = Run.objects.of(user).select_related("workflow", "agent").order_by("-queued_at")
    if pk := as_id(reference):
        found = mine.filter(pk=pk).first()
    elif reference.strip().casefold() == LAST:
        runs = mine.filter(lane=Lane.RUN)
        found = runs.filter(conversation=conversation_id).first() or runs.first()
    else:
        found = mine.filter(workflow=workflow_of_run(user, reference)).first()
    if found is None:
        raise MissingError(f"There is no run “{reference[:100]}”.")
    return found


def workflow_of_run(user: User, reference: str) -> Workflow:
    """The workflow whose newest run is meant. Raises MissingError that says what else names a run."""
    try:
        return workflow(user, reference)
    except MissingError as exc:
        raise MissingError(f"“{reference[:100]}” is no run: give its id, “last”, or the name of its workflow. {exc}") from exc


def others(reference: str, names: Iterable[str]) -> str:
    """The end of a refusal: what else could be meant, by its spelling, else all as far as they fit in a sentence."""
    known = sorted(names)
    if near := difflib.get_close_matches(reference, known, n=3, cutoff=0.5):
        return f": did you mean {' or '.join(f'“{name}”' for name in near)}?"
    if not known:
        return ": there are none yet."
    if len(known) == 1:
        return f": the only one is “{known[0]}”."
    more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
    return f": there are {', '.join(f'“{name}”' for name in known[:MOST_NAMED])}{more}."
