"""The caps there are, from agents and settings, and how they are put into words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from workflows.models import Agent

# Caps of a step whose agent sets none of its own.
MAX_REPLIES = 40
MAX_SECONDS = 900

WHOSE = {"step": "This step has", "run": "This run, with all that came of it, has", "day": "Your runs have today"}
REASONS = {
    "step": "Its agent has this limit.",
    "run": "Every run has this limit.",
    "day": "This limit holds for a day (UTC).",
}


@dataclass(frozen=True)
class Cap:
    """How much of one thing may be used: by a step, by a run and what came of it, or by a person's runs on a day."""

    scope: str  # step | run | day
    unit: str  # replies | calls | tokens | dollars | seconds
    limit: Decimal

    @property
    def key(self) -> str:
        """Its name in questions and their answers."""
        return f"{self.scope}.{self.unit}"

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
    if tokens := agent.limits.get("tokens"):
        yield Cap("step", "tokens", Decimal(tokens))


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
