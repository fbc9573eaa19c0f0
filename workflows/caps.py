"""The caps there are, from agents and settings, and how they are put into words."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from workflows.models import Agent, Lane, Run

# Caps of a step whose agent sets none of its own.
MAX_REPLIES = 40
MAX_SECONDS = 900

WHOSE = {
    "step": "This step has",
    "budget": "This run, with the runs that it started, has",
    "run": "This run, with all that came of it, has",
    "day": "Your runs have today",
}
REASONS = {
    "step": "Its agent has this limit.",
    "budget": "Its workflow has this budget.",
    "run": "Every run has this limit.",
    "day": "This limit holds for a day (UTC).",
}


@dataclass(frozen=True)
class Cap:
    """How much of one thing may be used: by a step, by a workflow's run, by a run and what came of it, or by a person's runs on a day."""

    scope: str  # step | budget | run | day
    unit: str  # replies | calls | tokens | dollars | seconds
    limit: Decimal
    # Whose budget it is: a run's own, or that of one that started it.
    run_id: UUID | None = None

    @property
    def key(self) -> str:
        """Its name in questions and their answers."""
        return f"{self.scope}.{self.unit}" + (f".{self.run_id}" if self.run_id else "")

    def above(self, used: Decimal) -> Decimal:
        """What it would be raised to: so many times itself that there is room again."""
        return self.limit * (used // self.limit + 1)

    def question(self, used: Decimal, now: Decimal) -> str:
        """Whether it is to be raised from what it is `now`."""
        to = self.above(used)
        spent = f"{WHOSE[self.scope]} {done(self.unit, used)}; the cap is {amount(self.unit, now)}."
        return f"{spent} Raise it by {amount(self.unit, to - now)}, to {amount(self.unit, to)}, or stop this run?"


def of_step(agent: Agent) -> Iterator[Cap]:
    """What an agent may use in one step."""
    yield Cap("step", "replies", Decimal(agent.limits.get("steps", MAX_REPLIES)))
    yield from found("step", **{unit: agent.limits.get(unit, 0) for unit in ("calls", "tokens", "dollars")})


def of_budgets(run: Run) -> Iterator[Cap]:
    """The budgets of the workflow's run and of those that started it, up to the turn that began them."""
    above: Run | None = run
    while above is not None and above.lane == Lane.RUN:
        budget: dict[str, Any] = above.revision.data.get("budget") or {} if above.revision else {}
        yield from (replace(cap, run_id=above.pk) for cap in found("budget", **budget))
        above = above.parent


def of_run() -> Iterator[Cap]:
    """What a run may use, together with all runs that came of it."""
    return found(
        "run",
        replies=settings.AGENTRON_CAP_REPLIES,
        calls=settings.AGENTRON_CAP_CALLS,
        tokens=settings.AGENTRON_CAP_TOKENS,
        dollars=settings.AGENTRON_CAP_DOLLARS,
        seconds=settings.AGENTRON_CAP_SECONDS,
    )


def of_day() -> Iterator[Cap]:
    """What all runs of a person may use on one day."""
    return found("day", tokens=settings.AGENTRON_CAP_DAY_TOKENS, dollars=settings.AGENTRON_CAP_DAY_DOLLARS)


def found(scope: str, **limits: float) -> Iterator[Cap]:
    """The caps among `limits`; 0 is none."""
    return (Cap(scope, unit, Decimal(str(limit))) for unit, limit in limits.items() if limit)


def midnight() -> datetime:
    """When today began; the days of caps are UTC's."""
    return timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def amount(unit: str, number: Decimal) -> str:
    """So much of it, in short."""
    match unit:
        case "dollars":
            return f"${number:,.2f}"
        case "seconds":
            return f"{number:,.0f} seconds"
    return f"{number:,.0f}"


def done(unit: str, number: Decimal) -> str:
    """That so much was used, in words."""
    short = amount(unit, number)
    words = {"replies": f"taken {short} replies of the model", "calls": f"made {short} tool calls", "tokens": f"used {short} tokens"}
    return words.get(unit, f"{'cost' if unit == 'dollars' else 'taken'} {short}")
