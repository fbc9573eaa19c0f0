"""Rows for a request: one by its id, or a page of a list."""

import base64
import binascii
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from ninja import Field, Schema

from chat.errors import InvalidError, MissingError

M = TypeVar("M", bound=Model)


class Paging(Schema):
    """Which part of a list: `before` and `after` take a `next` of an earlier answer, and one of them at a time."""

    limit: int = Field(50, ge=1, le=100)
    before: str | None = Field(None, description="Only rows before this cursor.")
    after: str | None = Field(None, description="Only rows after this cursor.")


def one(rows: QuerySet[M], pk: UUID, what: str) -> M:
    """The row `pk` of `rows`, which are somebody's own: a foreign one is as missing as one that never was."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise MissingError(f"There is no {what} {pk}.")
    return found


def page(rows: QuerySet[M], paging: Paging, field: str, *, newest_first: bool = True) -> tuple[list[M], str | None]:
    """A page of `rows`, sorted by the time in `field`, and the cursor at which the next one starts, if there is one.

    The next page goes on in the direction of this one: towards the older with `before`, the newer with `after`.
    """
    if paging.before and paging.after:
        raise InvalidError("Give before or after, not both.", fields={"before": "Not together with after."})
    down = bool(paging.before) or (newest_first and not paging.after)
    if paging.before:
        rows = beyond(rows, field, "lt", *read_cursor(paging.before, "before"))
    elif paging.after:
        rows = beyond(rows, field, "gt", *read_cursor(paging.after, "after"))
    sign = "-" if down else ""
    found = list(rows.order_by(f"{sign}{field}", f"{sign}pk")[: paging.limit + 1])
    kept = found[: paging.limit]
    onward = cursor(getattr(kept[-1], field), kept[-1].pk) if len(found) > len(kept) else None
    return kept if down == newest_first else kept[::-1], onward


def beyond(rows: QuerySet[M], field: str, side: str, at: datetime, pk: UUID) -> QuerySet[M]:
    """Those of `rows` on one side (`lt` or `gt`) of a place in the order (field, pk)."""
    # The first condition alone says the same less exactly, in a form that an index can serve.
    near: dict[str, Any] = {f"{field}__{side}e": at}
    exact = Q(**{f"{field}__{side}": at}) | Q(**{f"pk__{side}": pk})
    return rows.filter(**near).filter(exact)


def cursor(at: datetime, pk: UUID) -> str:
    """A place in a list, as one opaque word."""
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{pk}".encode()).decode().rstrip("=")


def read_cursor(word: str, name: str) -> tuple[datetime, UUID]:
    """The place that `word` stands for. Raises InvalidError for a word that is not ours."""
    try:
        at, pk = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode().split("|")
        found = datetime.fromisoformat(at), UUID(pk)
    except (ValueError, binascii.Error) as exc:
        raise InvalidError("This is not a cursor: give the `next` of an earlier answer.", fields={name: "Not a cursor."}) from exc
    if found[0].tzinfo is None:
        raise InvalidError("This is not a cursor: give the `next` of an earlier answer.", fields={name: "Not a cursor."})
    return found
