"""What a workflow's run does next, as rows: steps begin, are skipped, go on with an answer, and the run ends or waits."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from chat import log
from chat.models import Message
from workflows.definition import Definition, StepPart
from workflows.endings import postpone, wait_for_user
from workflows.graph import Next, Ran, Turn
from workflows.journal import Hold, guard
from workflows.ledger import end_run, run_message, step_told
from workflows.models import Agent, HelpRequest, Run, RunStatus, StepRun, StepStatus
from workflows.pins import as_pinned
from workflows.prepare import Start, UnusableError, begin
from workflows.prompts import LONGEST_PROMPT, excerpt, length, render
from workflows.report import report

# What a step that waits goes on from, and what one that was handed back is.
OPEN = (StepStatus.PENDING, StepStatus.RUNNING, StepStatus.WAITING)


@dataclass(frozen=True)
class Going:
    """What is to be driven from now on, and whether the run has ended or waits: then nobody drives it any more."""

    starts: tuple[Start, ...] = ()
    over: bool = False


@transaction.atomic
def advance(run: Run, driven: Collection[UUID], troubled: Mapping[UUID, timedelta]) -> Going:
    """Begin and resume whatever can go on beside the `driven` steps and the `troubled`, which wait for their models.

    Raises LostError, UnusableError or StoppedByOwnerError.
    """
    now = timezone.now()
    guard(run.pk, run.fence, progress=False, started_at=Coalesce(F("started_at"), Value(now)))
    definition = pinned(run)
    rows = list(StepRun.objects.filter(run=run).select_related("agent").defer("messages"))
    starts = [resume(run, row, definition) for row in resumable(rows, {*driven, *troubled})]
    found = definition.graph().next([ran(row) for row in rows])
    while found.skip or found.start:
        rows += [skip(run, turn) for turn in found.skip]
        made = [create(run, definition, turn.key, turn.round, rows) for turn in found.start]
        starts += [first(run, row, definition) for row in made if row.status == StepStatus.RUNNING]
        rows += made
        found = definition.graph().next([ran(row) for row in rows])
    if starts or driven:
        return Going(tuple(starts))
    # After a failure nobody waits for an answer or a model that could change nothing any more.
    if found.ended or any(row.status == StepStatus.FAILED for row in rows):
        finish(run, found, rows)
    elif troubled:
        postpone(run.pk, min(troubled.values()))
    else:
        wait_for_user(run.pk)
    return Going(over=True)


def pinned(run: Run) -> Definition:
    """The definition that the run began with."""
    if run.revision is None:
        raise UnusableError("The workflow of this run was deleted.")
    return Definition.model_validate(run.revision.data)


def ran(row: StepRun) -> Ran:
    """A step's row as the walk sees it."""
    return Ran(row.key, row.round, row.status, row.output or "" if row.status == StepStatus.SUCCEEDED else "")


def resumable(rows: list[StepRun], driven: Collection[UUID]) -> list[StepRun]:
    """The steps that were handed back, and those whose questions all have answers."""
    idle = [row for row in rows if row.status in OPEN and row.pk not in driven]
    asking = set(HelpRequest.objects.open().filter(step_run__in=idle).order_by().values_list("step_run", flat=True))
    return [row for row in idle if row.pk not in asking]


def resume(run: Run, row: StepRun, definition: Definition) -> Start:
    """Let a step go on from its checkpoint."""
    StepRun.objects.filter(pk=row.pk).update(status=StepStatus.RUNNING, started_at=Coalesce(F("started_at"), Value(timezone.now())))
    row.refresh_from_db(fields=["messages"])
    return begin(run, row, hold(run, row), actor(run, row), new=False, instruction=definition.instruction)


def first(run: Run, row: StepRun, definition: Definition) -> Start:
    """Let a step begin, and say so."""
    log.post(run.conversation_id, step_told(run.pk, run.task_id, row.key, StepStatus.RUNNING, round=row.round))
    return begin(run, row, hold(run, row), actor(run, row), new=True, instruction=definition.instruction)


def actor(run: Run, row: StepRun) -> Agent:
    """Who does the step, as the run knows them."""
    if row.agent is None:
        raise UnusableError(f"The agent of step “{row.key}” was deleted.")
    return as_pinned(row.agent, run)


def hold(run: Run, row: StepRun) -> Hold:
    """This driver's claim on one step of the run."""
    return Hold(run.pk, run.fence, run.conversation_id, row.pk, row.key, run.task_id, whole=False, owner_id=run.owner_id, round=row.round)


def create(run: Run, definition: Definition, key: str, number: int, rows: list[StepRun]) -> StepRun:
    """A new step, its prompt filled in with what was given and said so far; one whose prompt grew too long has failed."""
    part = next(part for part in definition.steps if part.key == key)
    known = values(run, rows, number)
    if (long := length(part.prompt, known)) > LONGEST_PROMPT:
        return too_long(run, part, number, long)
    prompt = render(part.prompt, known)
    step = StepRun(
        run=run, key=key, round=number, agent=agent(run, part), status=StepStatus.RUNNING, started_at=timezone.now(), prompt=prompt
    )
    step.save(force_insert=True)
    return step


def too_long(run: Run, part: StepPart, number: int, long: int) -> StepRun:
    """A step that failed before it began, and why."""
    sentence = f"Its prompt would be {long:,} characters long, and at most {LONGEST_PROMPT:,} are sent: fill in less."
    now = timezone.now()
    fields = {"status": StepStatus.FAILED, "error": sentence, "started_at": now, "finished_at": now}
    log.post(run.conversation_id, step_told(run.pk, run.task_id, part.key, StepStatus.FAILED, round=number, error=sentence))
    return StepRun.objects.create(run=run, key=part.key, round=number, agent=agent(run, part), **fields)


def agent(run: Run, part: StepPart) -> Agent | None:
    """The agent of a step, by the id that its revision holds."""
    return Agent.objects.of(run.owner).filter(pk=part.agent).first()


def values(run: Run, rows: list[StepRun], number: int) -> dict[str, str]:
    """What names in prompts stand for; all plain strings."""
    outputs = {
        f"steps.{row.key}.output": excerpt(str(row.output)) for row in sorted(rows, key=lambda row: row.round) if row.output is not None
    }
    given = {f"input.{name}": str(value) for name, value in run.input.get("inputs", {}).items()}
    return {**given, **outputs, "round": str(number), "now": timezone.now().isoformat(timespec="seconds")}


def skip(run: Run, turn: Turn) -> StepRun:
    """Note that a step is left out, and why."""
    now = timezone.now()
    fields = {"status": StepStatus.SKIPPED, "reason": turn.why, "started_at": now, "finished_at": now}
    return StepRun.objects.create(run=run, key=turn.key, round=turn.round, **fields)


def finish(run: Run, found: Next, rows: list[StepRun]) -> None:
    """End the run: with its report, or with the step that failed."""
    if found.ended == "succeeded":
        # What it took was written while this driver was at work.
        run.refresh_from_db(fields=["started_at", "input_tokens", "output_tokens", "cost"])
        spoken = [run_message(run.pk, run.task_id, Message.Kind.MESSAGE, report(run, found, rows), report=True)]
        end_run(run.pk, RunStatus.SUCCEEDED, fence=run.fence, spoken=spoken, output=found.output)
        return
    broken = next(row for row in rows if row.status == StepStatus.FAILED)
    end_run(run.pk, RunStatus.FAILED, fence=run.fence, error=f"Step “{broken.key}” failed: {broken.error}")
