"""What happened in a run, prepared for a page: steps, the model's replies, tool calls, questions. See components/trace.html."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from uuid import UUID

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.safestring import SafeString

from chat.figures import count, money, span
from chat.fragments import readable
from chat.markdown import render
from chat.quotes import unmarked
from chat.tool_cards import gist, label
from workflows.definition import Definition
from workflows.drawing import Drawing, State, draw
from workflows.llm import said
from workflows.llm.said import SaidReply
from workflows.models import FINISHED, Agent, HelpRequest, Lane, Run, RunStatus, StepRun, StepStatus, ToolCall
from workflows.report import told

# How much of a step's output stands beside its name.
GIST = 160


@dataclass(frozen=True)
class QuestionShown:
    """A question and what was answered. `asks` is safe HTML."""

    status: str
    status_label: str
    kind: str
    asks: SafeString
    options: list[str]
    reason: str
    answer: str
    by: str
    via: str
    at: datetime
    answered_at: datetime | None


@dataclass(frozen=True)
class CallShown:
    """A tool call. `gist` is its first plain argument, `took` how long it took in words. A halt is its questions alone, without a tool."""

    tool: str
    label: str
    gist: str
    state: str
    state_label: str
    effect: str
    arguments: str
    result: str
    error: str
    at: datetime
    took: str
    questions: list[QuestionShown]


@dataclass(frozen=True)
class ReplyShown:
    """One reply of the model with the calls it asked for. `text` and `thought` are safe HTML, `tokens` words."""

    number: int
    at: datetime | None
    model: str
    tokens: str
    text: SafeString
    thought: SafeString
    calls: list[CallShown]


@dataclass(frozen=True)
class StepShown:
    """One step of a run. `start` and `share` say when in the run it worked, in percent of the run's time."""

    pk: UUID
    key: str
    round: int
    agent: str
    status: str
    status_label: str
    prompt: str
    gist: str
    reason: str
    error: str
    at: datetime | None
    took: str
    tokens: str
    cost: str
    replies: list[ReplyShown]
    start: float = 0
    share: float = 0

    @property
    def unfolded(self) -> bool:
        """Whether a reader wants to see it at once: something goes on in it, or went wrong."""
        return self.status not in (StepStatus.SUCCEEDED, StepStatus.SKIPPED)


@dataclass(frozen=True)
class Trace:
    """A run as a page tells it. `waited` and `took` are durations in words, empty where there is nothing to tell yet.

    A workflow's run has a `drawing` of its version of the workflow, with how each step stands, and its `result` as safe HTML.
    """

    run: Run
    status: str
    status_label: str
    tokens: str
    cost: str
    waited: str
    took: str
    steps: list[StepShown] = field(default_factory=list)
    drawing: Drawing | None = None
    result: str = ""

    @property
    def one_step(self) -> bool:
        """Whether the run is its only step, as a turn is."""
        return self.run.lane == Lane.TURN


def trace(run: Run) -> Trace:
    """The trace of `run`, in five queries, whatever happened in it."""
    asked = HelpRequest.objects.select_related("answered_by").order_by("asked_at", "pk")
    rows = run.steps.select_related("agent").defer("agent__instructions")
    steps = list(rows.prefetch_related("tool_calls", Prefetch("help_requests", asked)))
    frame = Frame.of(steps)
    return Trace(
        run=run,
        status=run.status,
        status_label=run.get_status_display(),
        tokens=tokens(run.input_tokens, run.output_tokens),
        cost=money(run.cost),
        waited=span((run.started_at - run.queued_at).total_seconds()) if run.started_at else "",
        took=between(run.started_at, run.finished_at if run.status in FINISHED else timezone.now()),
        steps=[step_shown(step, frame) for step in steps],
        drawing=drawn(run, steps),
        result=render(told(run.output)) if run.lane == Lane.RUN and run.status == RunStatus.SUCCEEDED else "",
    )


@dataclass(frozen=True)
class Frame:
    """From when to when the steps of a run worked."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, steps: Iterable[StepRun]) -> Self:
        """The frame of `steps`; what is still at work works until now."""
        now = timezone.now()
        begun = [step.started_at for step in steps if step.started_at]
        return cls(min(begun, default=now), max((step.finished_at or now for step in steps), default=now))

    def place(self, step: StepRun) -> tuple[float, float]:
        """Where a step begins in the frame and how much of it it took, in percent; at least what can be seen."""
        whole = (self.end - self.start).total_seconds()
        if step.started_at is None or whole <= 0:
            return 0, 0
        begin = 100 * (step.started_at - self.start).total_seconds() / whole
        took = 100 * ((step.finished_at or self.end) - step.started_at).total_seconds() / whole
        return round(min(begin, 99), 1), round(max(took, 1), 1)


def drawn(run: Run, steps: Iterable[StepRun]) -> Drawing | None:
    """The picture of a workflow's run: its steps as they stand in their last rounds; none for a turn."""
    if run.revision is None:
        return None
    definition = Definition.model_validate(run.revision.data)
    names = {str(pk): name for pk, name in Agent.objects.filter(pk__in=[part.agent for part in definition.steps]).values_list("pk", "name")}
    last = {step.key: step for step in sorted(steps, key=lambda step: step.round)}
    return draw(definition, names, {key: State(step.status, step.round) for key, step in last.items()})


def step_shown(step: StepRun, frame: Frame) -> StepShown:
    start, share = frame.place(step)
    return StepShown(
        pk=step.pk,
        key=step.key,
        round=step.round,
        agent=step.agent.name if step.agent else "" if step.status == StepStatus.SKIPPED else "an agent that was deleted",
        status=step.status,
        status_label=step.get_status_display(),
        prompt=readable(step.prompt),
        gist=unmarked(str(step.output or "").strip("# \n*").split("\n", 1)[0][:GIST]),
        reason=step.reason,
        error=readable(step.error),
        at=step.started_at,
        took=between(step.started_at, step.finished_at or (timezone.now() if step.status == StepStatus.RUNNING else None)),
        tokens=tokens(step.input_tokens, step.output_tokens),
        cost=money(step.cost),
        replies=replies_shown(step),
        start=start,
        share=share,
    )


def replies_shown(step: StepRun) -> list[ReplyShown]:
    """The replies of the checkpoint, each with its calls; calls of a reply that is not saved yet stand alone."""
    calls: dict[int, list[CallShown]] = defaultdict(list)
    for call, questions in with_questions(step.tool_calls.all(), step.help_requests.all()):
        calls[call.reply].append(call_shown(call, questions))
    saved = {reply.number: reply for reply in said.replies(step.messages)}
    # A step may be halted before its model has said anything: that is number 0.
    return [reply_shown(saved.get(number, SaidReply(number)), calls[number]) for number in sorted({*saved, *calls})]


def with_questions(calls: Iterable[ToolCall], requests: Iterable[HelpRequest]) -> list[tuple[ToolCall, list[HelpRequest]]]:
    """Each call with the questions that belong to it; a question whose call left no journal row makes a call of its own."""
    asked: dict[tuple[int, str], list[HelpRequest]] = defaultdict(list)
    for request in requests:
        asked[request.reply, request.call_id].append(request)
    paired = [(call, asked.pop((call.reply, call.call_id), [])) for call in calls]
    return paired + [(call_of(rest[0]), rest) for rest in asked.values()]


def call_of(request: HelpRequest) -> ToolCall:
    """The call that asked, as far as the question tells."""
    return ToolCall(tool=request.tool, reply=request.reply, call_id=request.call_id, state="", started_at=request.asked_at)


def reply_shown(reply: SaidReply, calls: list[CallShown]) -> ReplyShown:
    return ReplyShown(
        number=reply.number,
        at=reply.at or (calls[0].at if calls else None),
        model=reply.model,
        tokens=tokens(reply.input_tokens, reply.output_tokens),
        text=render(readable(reply.text)),
        thought=render(readable(reply.thought)),
        calls=calls,
    )


def call_shown(call: ToolCall, questions: list[HelpRequest]) -> CallShown:
    return CallShown(
        tool=call.tool,
        label=label(call.tool),
        gist=gist(call.arguments),
        state=call.state,
        state_label=call.get_state_display(),
        effect=call.get_effect_display(),
        arguments=readable(call.arguments) if call.arguments else "",
        result=readable(call.result) if call.result is not None else "",
        error=readable(call.error),
        at=call.started_at,
        took=between(call.started_at, call.finished_at),
        questions=[question_shown(request) for request in questions],
    )


def question_shown(request: HelpRequest) -> QuestionShown:
    return QuestionShown(
        status=request.status,
        status_label=request.get_status_display(),
        kind=request.get_kind_display(),
        asks=render(readable(request.question)),
        options=request.options,
        reason=request.reason,
        answer=readable(request.response or request.decision),
        by=request.answered_by.get_username() if request.answered_by else "",
        via=request.get_answered_via_display(),
        at=request.asked_at,
        answered_at=request.answered_at,
    )


def between(start: datetime | None, end: datetime | None) -> str:
    """How long it took from one to the other, in words; empty while one is missing."""
    return span((end - start).total_seconds()) if start and end else ""


def tokens(sent: int, received: int) -> str:
    """Tokens in words; empty where none were used."""
    return f"{count(sent)} in, {count(received)} out" if sent or received else ""
