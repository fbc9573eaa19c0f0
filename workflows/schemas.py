"""What the API takes and gives for agents, runs and questions."""

from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from ninja import Field, Schema
from pydantic import WithJsonSchema

from chat.log import MAX_TEXT
from chat.schemas import Body, MessageOut, Stamp
from workflows.models import Agent, CallState, Effect, HelpRequest, HelpStatus, Lane, Run, RunStatus, StepRun, StepStatus, ToolCall, Trigger

HelpKind = Annotated[str, WithJsonSchema({"type": "string", "enum": HelpRequest.Kind.values})]


def dollars(cost: Decimal | None) -> float | None:
    """A price as JSON has it; null where none is known."""
    return None if cost is None else float(cost)


class AgentOut(Schema):
    """Instructions, a model and tools under a name."""

    id: UUID
    name: str
    description: str
    instructions: str
    model: str
    tools: list[str]
    tool_policy: dict[str, Any]
    limits: dict[str, int]
    shared: bool

    @classmethod
    def of(cls, agent: Agent) -> Self:
        """`shared`: everybody may use it, only administrators may change it."""
        return cls(
            id=agent.pk,
            name=agent.name,
            description=agent.description,
            instructions=agent.instructions,
            model=agent.model,
            tools=agent.tools,
            tool_policy=agent.tool_policy,
            limits=agent.limits,
            shared=agent.owner_id is None,
        )


class Agents(Schema):
    """A page of agents, the newest first."""

    items: list[AgentOut]
    next: str | None


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
    def of(cls, call: ToolCall) -> Self:
        return cls(
            call_id=call.call_id,
            tool=call.tool,
            effect=Effect(call.effect),
            arguments=call.arguments,
            state=CallState(call.state),
            result=call.result,
            error=call.error,
            started_at=call.started_at,
            finished_at=call.finished_at,
        )


class StepOut(Schema):
    """One step of a run; a turn has one."""

    key: str
    agent: UUID | None
    round: int
    prompt: str
    status: StepStatus
    output: Any
    error: str
    usage: UsageOut
    started_at: Stamp | None
    finished_at: Stamp | None
    tool_calls: list[ToolCallOut]

    @classmethod
    def of(cls, step: StepRun) -> Self:
        return cls(
            key=step.key,
            agent=step.agent_id,
            round=step.round,
            prompt=step.prompt,
            status=StepStatus(step.status),
            output=step.output,
            error=step.error,
            usage=UsageOut.of(step),
            started_at=step.started_at,
            finished_at=step.finished_at,
            tool_calls=[ToolCallOut.of(call) for call in step.tool_calls.all()],
        )


class HelpRequestOut(Schema):
    """A question of a run, and its answer if there is one. `answered_by` is a name."""

    id: UUID
    run_id: UUID
    conversation_id: UUID
    kind: HelpKind
    question: str
    options: list[str]
    reason: str
    default: str
    tool: str
    arguments: dict[str, Any] | None
    args_hash: str
    decisions: list[str]
    status: HelpStatus
    response: str
    decision: str
    answered_by: str | None
    answered_via: str | None
    asked_at: Stamp
    answered_at: Stamp | None
    expires_at: Stamp | None

    @classmethod
    def of(cls, request: HelpRequest) -> Self:
        return cls(
            id=request.pk,
            run_id=request.run_id,
            conversation_id=request.run.conversation_id,
            kind=request.kind,
            question=request.question,
            options=request.options,
            reason=request.reason,
            default=request.default,
            tool=request.tool,
            arguments=request.arguments,
            args_hash=request.args_hash,
            decisions=request.decisions,
            status=HelpStatus(request.status),
            response=request.response,
            decision=request.decision,
            answered_by=request.answered_by.get_username() if request.answered_by else None,
            answered_via=request.answered_via or None,
            asked_at=request.asked_at,
            answered_at=request.answered_at,
            expires_at=request.expires_at,
        )


class HelpRequests(Schema):
    """A page of questions, the oldest first."""

    items: list[HelpRequestOut]
    next: str | None


class RunOut(Schema):
    """A run with its steps and questions. `position` is its place in the queue, from 1; null unless it is queued."""

    id: UUID
    status: RunStatus
    trigger: Trigger
    lane: Lane
    workflow: UUID | None
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
    def of(cls, run: Run) -> Self:
        """For a run that came through `listed`, which fetches everything this reads."""
        return cls(
            id=run.pk,
            status=RunStatus(run.status),
            trigger=Trigger(run.trigger),
            lane=Lane(run.lane),
            workflow=None,
            revision=None,
            agent=run.agent_id,
            agent_name=run.agent.name if run.agent else None,
            conversation_id=run.conversation_id,
            task_id=run.task_id,
            parent_id=run.parent_id,
            retry_of=run.retry_of_id,
            cancel_requested_at=run.cancel_requested_at,
            input=run.input,
            output=run.output,
            error=run.error,
            attempts=run.attempts,
            position=getattr(run, "position", None),
            usage=UsageOut.of(run),
            queued_at=run.queued_at,
            started_at=run.started_at,
            finished_at=run.finished_at,
            steps=[StepOut.of(step) for step in run.steps.all()],
            help_requests=[HelpRequestOut.of(request) for request in run.help_requests.all()],
        )


class Runs(Schema):
    """A page of runs, the newest first."""

    items: list[RunOut]
    next: str | None


class Events(Schema):
    """A page of a run's messages, in order. `next` is the seq to go on from."""

    items: list[MessageOut]
    next: int | None


class RespondIn(Body):
    """An answer: a text, a decision, or both. `request_id` is needed where several questions are open."""

    response: str | None = Field(None, max_length=MAX_TEXT)
    decision: str | None = Field(None, max_length=16)
    request_id: UUID | None = None
    arguments: dict[str, Any] | None = Field(None, description="Other arguments to approve; not possible yet.")
    args_hash: str | None = Field(None, max_length=64, description="What you saw; another one on the question is a 409.")


class LoadOut(Schema):
    """How busy it is: runs by state, how many may run at once, and how long the oldest ready one has waited."""

    queued: int
    running: int
    waiting: int
    capacity: int
    oldest_queued_s: float | None
