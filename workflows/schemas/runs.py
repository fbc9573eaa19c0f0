"""What the API takes and gives for runs."""

import json
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from ninja import Schema
from pydantic import BeforeValidator, WithJsonSchema

from chat.schemas import Body, MessageOut, Stamp
from workflows.models import CallState, Effect, Lane, Run, RunStatus, StepRun, StepStatus, ToolCall, Trigger
from workflows.schemas.questions import HelpRequestOut


def dollars(cost: Decimal | None) -> float | None:
    """A price as JSON has it; null where none is known."""
    return None if cost is None else float(cost)


def plain(value: Any) -> Any:
    """An input as a prompt gets it: what is no text is written as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# How much of one text is told: of a run alone, and of one in a list.
MOST_ALONE = 200_000
MOST_LISTED = 2_000
MOST_PARTS = 100


def cut(value: Any, most: int) -> Any:
    """A result with its texts cut after `most` characters; what is long without long texts becomes the beginning of its JSON."""
    if isinstance(value, dict) and len(value) <= MOST_PARTS:
        return cut_parts(value, most)
    text = plain(value)
    return value if len(text) <= most else f"{text[:most]}…"


def cut_parts(parts: dict[str, Any], most: int) -> dict[str, Any]:
    """Named values, each cut."""
    return {key: cut(part, most) for key, part in parts.items()}


Input = Annotated[str, BeforeValidator(plain), WithJsonSchema({"description": "A text; anything else is written as JSON."})]


class UsageOut(Schema):
    """What a run or a step has used so far; `cost` in US dollars, null where no price is known."""

    input_tokens: int
    output_tokens: int
    cost: float | None

    @classmethod
    def of(cls, row: Run | StepRun) -> Self:
        return cls(input_tokens=row.input_tokens, output_tokens=row.output_tokens, cost=dollars(row.cost))


class ToolCallOut(Schema):
    """A tool call, as the journal has it."""

    call_id: str
    tool: str
    effect: Effect
    arguments: dict[str, Any]
    state: CallState
    result: Any
    error: str
    started_at: Stamp | None
    finished_at: Stamp | None

    @classmethod
    def of(cls, call: ToolCall, most: int = MOST_ALONE) -> Self:
        return cls(
            call_id=call.call_id,
            tool=call.tool,
            effect=Effect(call.effect),
            arguments=cut_parts(call.arguments, most),
            state=CallState(call.state),
            result=cut(call.result, most),
            error=call.error,
            started_at=call.started_at,
            finished_at=call.finished_at,
        )


class StepOut(Schema):
    """One step of a run; a turn has one. `reason` says of a skipped one why it was left out."""

    key: str
    agent: UUID | None
    agent_name: str | None
    round: int
    prompt: str
    status: StepStatus
    output: Any
    error: str
    reason: str
    usage: UsageOut
    started_at: Stamp | None
    finished_at: Stamp | None
    tool_calls: list[ToolCallOut]

    @classmethod
    def of(cls, step: StepRun, most: int = MOST_ALONE) -> Self:
        return cls(
            key=step.key,
            agent=step.agent_id,
            agent_name=step.agent.name if step.agent else None,
            round=step.round,
            prompt=cut(step.prompt, most),
            status=StepStatus(step.status),
            output=cut(step.output, most),
            error=step.error,
            reason=step.reason,
            usage=UsageOut.of(step),
            started_at=step.started_at,
            finished_at=step.finished_at,
            tool_calls=[ToolCallOut.of(call, most) for call in step.tool_calls.all()],
        )


class RunOut(Schema):
    """A run with its steps and questions; a turn has no workflow. `position`: its place in the queue, from 1, while it is queued."""

    id: UUID
    status: RunStatus
    trigger: Trigger
    lane: Lane
    workflow: UUID | None
    workflow_name: str | None
    revision: int | None
    agent: UUID | None
    agent_name: str | None
    conversation_id: UUID
    task_id: UUID | None
    parent_id: UUID | None
    retry_of: UUID | None
    cancel_requested_at: Stamp | None
    input: dict[str, Any]
    output: Any
    error: str
    attempts: int
    position: int | None
    usage: UsageOut
    queued_at: Stamp
    started_at: Stamp | None
    finished_at: Stamp | None
    steps: list[StepOut]
    help_requests: list[HelpRequestOut]

    @classmethod
    def of(cls, run: Run, most: int = MOST_ALONE) -> Self:
        """For a run that came through `listed`, which fetches everything this reads; texts cut after `most` characters."""
        return cls(
            id=run.pk,
            status=RunStatus(run.status),
            trigger=Trigger(run.trigger),
            lane=Lane(run.lane),
            workflow=run.workflow_id,
            workflow_name=run.workflow.name if run.workflow else None,
            revision=run.revision.number if run.revision else None,
            agent=run.agent_id,
            agent_name=run.agent.name if run.agent else None,
            conversation_id=run.conversation_id,
            task_id=run.task_id,
            parent_id=run.parent_id,
            retry_of=run.retry_of_id,
            cancel_requested_at=run.cancel_requested_at,
            input=cut_parts(run.input, most),
            output=cut(run.output, most),
            error=run.error,
            attempts=run.attempts,
            position=getattr(run, "position", None),
            usage=UsageOut.of(run),
            queued_at=run.queued_at,
            started_at=run.started_at,
            finished_at=run.finished_at,
            steps=[StepOut.of(step, most) for step in run.steps.all()],
            help_requests=[HelpRequestOut.of(request) for request in run.help_requests.all()],
        )


class Runs(Schema):
    """A page of runs, the newest first.

    Prompts, inputs, outputs and results are cut after 2,000 characters, with “…” at the end; a run alone has 200,000 of each.
    """

    items: list[RunOut]
    next: str | None


class Events(Schema):
    """A page of a run's messages, in order. `next` is the seq to go on from."""

    items: list[MessageOut]
    next: int | None


class ExecuteIn(Body):
    """What a run is given, and where it reports: in a conversation of yours, else in a new one."""

    inputs: dict[str, Input] = {}
    conversation_id: UUID | None = None


class RerunIn(Body):
    """Inputs that are to be different from those of the earlier run; the others stay."""

    inputs: dict[str, Input] = {}


class LoadOut(Schema):
    """How busy it is: runs by state, how many may run at once, and how long the oldest ready one has waited."""

    queued: int
    running: int
    waiting: int
    capacity: int
    oldest_queued_s: float | None
