"""Rows for a request: one by its id, or a page of a list."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from ninja import Field, Schema

from chat.errors import MissingError

M = TypeVar("M", bound=Model)

# Microseconds since 1970 and an id: a place in a list that is sorted by a time, then by id.
CURSOR = r"^[0-9]{1,16}-[0-9a-f]{32}$"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Paging(Schema):
    """Which part of a list: `before` and `after` take a `next` of an earlier answer."""

    limit: int = Field(50, ge=1, le=100)
    before: str | None = Field(None, pattern=CURSOR, description="Only rows older than at this cursor.")
    after: str | None = Field(None, pattern=CURSOR, description="Only rows newer than at this cursor.")


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
    down = bool(paging.before) or (newest_first and not paging.after)
    if paging.before:
        rows = beyond(rows, field, "lt", *place(paging.before))
    if paging.after:
        rows = beyond(rows, field, "gt", *place(paging.after))
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
    """A place in a list, as one word."""
    return f"{(at - EPOCH) // timedelta(microseconds=1)}-{pk.hex}"


def place(word: str) -> tuple[datetime, UUID]:
    """The place that a cursor stands for."""
    microseconds, pk = word.split("-")
    return EPOCH + timedelta(microseconds=int(microseconds)), UUID(pk)
