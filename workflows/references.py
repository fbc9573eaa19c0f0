"""Agents and workflows as people and programs refer to them: by id or by name."""

from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import F

from workflows.errors import MissingError
from workflows.models import Agent, Workflow


def as_id(reference: str) -> UUID | None:
    """`reference` as an id, None where it is a name."""
    try:
        return UUID(reference)
    except ValueError:
        return None


def agent(user: User, reference: str) -> Agent:
    """An agent that `user` may use, their own before a shared one of the same name. Raises MissingError."""
    usable, pk = Agent.objects.of(user), as_id(reference)
    rows = usable.filter(pk=pk) if pk else usable.filter(name=reference).order_by(F("owner").desc(nulls_last=True))
    found = rows.first()
    if found is None:
        raise MissingError(f"There is no agent “{reference[:100]}”.")
    return found


def workflow(user: User, reference: str) -> Workflow:
    """A workflow of `user`'s. Raises MissingError."""
    own, pk = Workflow.objects.of(user), as_id(reference)
    found = own.filter(pk=pk).first() if pk else own.filter(name=reference).first()
    if found is None:
        raise MissingError(f"There is no workflow “{reference[:100]}”.")
    return found
