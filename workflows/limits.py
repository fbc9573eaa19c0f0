"""What was used, against the caps, before each call of a model. Who answers “raise” raises a cap to the number in the question.

To that number, not by one: the same answer to two questions about one cap changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from django.db.models import Count, F, Max, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from workflows.caps import REASONS, Cap, midnight, of_budgets, of_day, of_run, of_step
from workflows.halts import halt
from workflows.models import Agent, HelpRequest, Lane, Run, Spending, StepRun, ToolCall

Used = dict[str, Decimal]
NOTHING = Decimal()
# What a step has used beside its replies and tokens, which its driver knows.
OF_STEP: dict[str, Callable[[UUID], QuerySet[Any, Any]]] = {
    "step.calls": lambda pk: ToolCall.objects.filter(step_run=pk).order_by().values("step_run").annotate(n=Count("pk")).values("n"),
    "step.dollars": lambda pk: StepRun.objects.filter(pk=pk).values("cost"),
}


@dataclass(frozen=True)
class Limits:
    """The caps that hold for one step of a run, and whose they are."""

    step_run_id: UUID
    origin_id: UUID
    owner_id: int
    caps: tuple[Cap, ...]
    # How long workers had this run before, and since when this one has it. Runs that came of it work beside it, so
    # their time is not its own.
    worked: timedelta
    claimed_at: datetime
    # Nothing can have been used before the first reply.
    fresh: bool

    @classmethod
    def of(cls, run: Run, step_run_id: UUID, agent: Agent, *, fresh: bool) -> Self:
        """Those of a step that `agent` does; `fresh`: it begins now, and is all there is to its run."""
        alone = fresh and not (run.origin_id or run.retry_of_id)
        caps = (*of_step(agent), *of_budgets(run), *of_run(), *of_day())
        return cls(step_run_id, run.origin_id or run.pk, run.owner_id, caps, run.worked, run.claimed_at or timezone.now(), alone)

    def used(self, replies: int, tokens: int) -> Used:
        """What is known without asking the database; `replies` and `tokens` are the step's."""
        return {"step.replies": Decimal(replies), "step.tokens": Decimal(tokens), "run.seconds": Decimal(self.seconds())}

    def seconds(self) -> float:
        """How long the run has been worked on."""
        return (self.worked + (timezone.now() - self.claimed_at)).total_seconds()

    def seconds_left(self) -> float | None:
        """How long the run may go on before its cap; None without one, or when only its next call of a model is to ask."""
        left = [float(cap.limit) - self.seconds() for cap in self.caps if cap.key == "run.seconds"]
        return next((seconds for seconds in left if seconds > 0), None)

    def to_look(self, used: Used) -> bool:
        """Whether `reached` has anything to find out: the database is asked only then."""
        elsewhere = {cap.scope for cap in self.caps if cap.key not in used}
        own = "step" in elsewhere and used["step.replies"]
        shared = elsewhere & {"budget", "run"} and not (self.fresh and not used["step.replies"])
        return bool("day" in elsewhere or own or shared or any(self.over(used)))

    def reached(self, used: Used) -> dict[str, Any] | None:
        """The question about the first cap that is used up, as the fields of a HelpRequest; None while there is room."""
        found = used | self.spent() | self.spent_of_budgets()
        return next((self.question(cap, found[cap.key]) for cap in self.over(found) if found[cap.key] >= self.raised(cap)), None)

    def over(self, used: Used) -> Iterator[Cap]:
        """The caps that are used up, unless they were raised."""
        return (cap for cap in self.caps if used.get(cap.key, NOTHING) >= cap.limit)

    def spent(self) -> Used:
        """What the run, all that came of it, and its owner's other runs of today have used; in one query."""
        sums: dict[str, Any] = {
            "run.replies": Sum("replies"),
            "run.calls": Sum("calls"),
            "run.tokens": Sum(F("input_tokens") + F("output_tokens")),
            "run.dollars": Sum("cost"),
        }
        if any(cap.key in OF_STEP for cap in self.caps):
            sums |= {key: Max(Subquery(query(self.step_run_id))) for key, query in OF_STEP.items()}
        if any(cap.scope == "day" for cap in self.caps):
            today = Spending.objects.filter(owner=self.owner_id, day=midnight().date())
            sums |= {"day.tokens": Max(Subquery(today.values("tokens"))), "day.dollars": Max(Subquery(today.values("cost")))}
        tree = Run.objects.filter(Q(pk=self.origin_id) | Q(origin=self.origin_id)).order_by()
        found = tree.aggregate(**{key.replace(".", "_"): value for key, value in sums.items()})
        return {key: Decimal(found[key.replace(".", "_")] or 0) for key in sums}

    def spent_of_budgets(self) -> Used:
        """What the runs whose budgets hold have used, each with those that it started; no query without budgets."""
        budgets = [cap for cap in self.caps if cap.run_id]
        tree = (
            Run.objects.filter(Q(pk=self.origin_id) | Q(origin=self.origin_id), lane=Lane.RUN).order_by() if budgets else Run.objects.none()
        )
        rows = list(tree.only("parent", "input_tokens", "output_tokens", "cost"))
        lines = [(row, set(line(row, rows))) for row in rows]
        return {cap.key: sum((used_of(cap.unit, row) for row, above in lines if cap.run_id in above), NOTHING) for cap in budgets}

    def raised(self, cap: Cap) -> Decimal:
        """`cap` as the owner's answers have it."""
        answers = raises(cap.key, self.step_run_id, self.origin_id, self.owner_id)
        return max([cap.limit, *(raised_to(answer) for answer in answers)])

    def question(self, cap: Cap, used: Decimal) -> dict[str, Any]:
        """Whether `cap` is to be raised. One on a day goes on by itself when the next day begins."""
        numbers = {"cap": cap.key, "used": float(used), "to": float(cap.above(used))}
        detail = halt(cap.question(used, self.raised(cap)), ["raise", "stop"], REASONS[cap.scope], numbers)
        if cap.scope != "day":
            return detail
        tomorrow = midnight() + timedelta(days=1) - timezone.now()
        return detail | {"expires_in": tomorrow.total_seconds(), "default": "the next day's cap"}

    def out_of_time(self, doing: str) -> dict[str, Any]:
        """The question of a run that its cap on time interrupted in the middle of something."""
        cap = next(cap for cap in self.caps if cap.key == "run.seconds")
        detail = self.question(cap, max(Decimal(self.seconds()), cap.limit))
        return detail | {"question": f"{detail['question']} {doing}"}


def line(run: Run, others: Iterable[Run]) -> Iterator[UUID]:
    """The ids of `run`, of the one among `others` that started it, and so on."""
    parents = {other.pk: other.parent_id for other in others}
    pk: UUID | None = run.pk
    while pk is not None:
        yield pk
        pk = parents.get(pk)


def used_of(unit: str, run: Run) -> Decimal:
    """What a run itself has used."""
    return (run.cost or NOTHING) if unit == "dollars" else Decimal(run.input_tokens + run.output_tokens)


def raises(cap: str, step_run_id: UUID, origin_id: UUID, owner_id: int) -> list[HelpRequest]:
    """The answers by which a cap was raised, where it holds: for a step, for a run and what came of it, or today."""
    scope = {
        "step": Q(step_run=step_run_id),
        "budget": Q(run=origin_id) | Q(run__origin=origin_id),
        "run": Q(run=origin_id) | Q(run__origin=origin_id),
        "day": Q(run__owner=owner_id, answered_at__gte=midnight()),
    }
    answers = HelpRequest.objects.filter(scope[cap.partition(".")[0]], tool="", decision="raise").select_related("answered_by").order_by()
    return [answer for answer in answers if (answer.arguments or {}).get("cap") == cap]


def raised_to(answer: HelpRequest) -> Decimal:
    """To what an answer raised its cap."""
    return Decimal(str((answer.arguments or {})["to"]))


def raised_elsewhere(request: HelpRequest) -> HelpRequest | None:
    """The answer to another question about the same cap that answers this one too."""
    about, run = request.arguments or {}, request.run
    if "cap" not in about:
        return None
    answers = raises(str(about["cap"]), request.step_run_id, run.origin_id or run.pk, run.owner_id)
    return next((answer for answer in answers if raised_to(answer) >= raised_to(request)), None)
