"""How workflows have gone lately: from their newest runs alone, so that it costs the same however many there were."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from statistics import mean, median
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery

from chat.figures import money, span
from workflows.models import Run, RunStatus
from workflows.models.workflow import WorkflowQuerySet

# How many of the newest runs of a workflow count.
RECENT = 20


@dataclass(frozen=True)
class Record:
    """The newest runs of a workflow, the newest first, and what they come to."""

    runs: list[Run] = field(default_factory=list)

    @property
    def last(self) -> Run | None:
        """The newest run."""
        return self.runs[0] if self.runs else None

    @property
    def success(self) -> str:
        """The share of those that ended well among those that ended by themselves; empty while none has."""
        ended = [run.status == RunStatus.SUCCEEDED for run in self.runs if run.status in (RunStatus.SUCCEEDED, RunStatus.FAILED)]
        return f"{round(100 * mean(ended))} %" if ended else ""

    @property
    def took(self) -> str:
        """The median time of those that ended well, in words."""
        done = [run for run in self.runs if run.status == RunStatus.SUCCEEDED]
        times = [(run.finished_at - run.started_at).total_seconds() for run in done if run.finished_at and run.started_at]
        return span(median(times)) if times else ""

    @property
    def cost(self) -> str:
        """What one cost on average, in words; empty while no price is known."""
        costs = [run.cost for run in self.runs if run.cost is not None]
        return money(sum(costs, Decimal()) / len(costs)) if costs else ""


def since(rows: WorkflowQuerySet) -> WorkflowQuerySet:
    """`rows` with the time from which on their runs count, None for all: `records` reads it."""
    newest = Run.objects.filter(workflow=OuterRef("pk")).order_by("-queued_at").values("queued_at")
    return rows.annotate(since=Subquery(newest[RECENT - 1 : RECENT]))


def records(marks: Iterable[tuple[UUID, datetime | None]]) -> dict[UUID, Record]:
    """The record of each workflow, by its id, from ids and `since`; in one query that an index serves for each of them."""
    chosen = Q()
    found: dict[UUID, Record] = {}
    for pk, mark in marks:
        found[pk] = Record()
        chosen |= Q(workflow=pk, queued_at__gte=mark) if mark else Q(workflow=pk)
    rows = Run.objects.filter(chosen) if found else Run.objects.none()
    counted = rows.order_by().only("workflow_id", "status", "queued_at", "started_at", "finished_at", "cost")
    for run in sorted(counted, key=lambda run: run.queued_at, reverse=True):
        assert run.workflow_id is not None
        found[run.workflow_id].runs.append(run)
    return found
