"""What the API takes and gives for the versions of workflows and agents."""

from typing import Any, Self

from ninja import Schema

from chat.schemas import Body, Seq, Stamp
from workflows.models import Revision


class RevisionOut(Schema):
    """A workflow or an agent as it was saved once; steps name their agents by id. `made_by` is a name."""

    number: int
    definition: dict[str, Any]
    made_by: str | None
    made_at: Stamp

    @classmethod
    def of(cls, revision: Revision) -> Self:
        """Reads `revision.made_by`, which lists therefore select along."""
        by = revision.made_by.get_username() if revision.made_by else None
        return cls(number=revision.number, definition=revision.data, made_by=by, made_at=revision.made_at)


class Revisions(Schema):
    """A page of versions, the newest first."""

    items: list[RevisionOut]
    next: str | None


class RollbackIn(Body):
    """Which version to bring back, by its number."""

    revision: Seq
