"""What a driver needs before it starts: its hold on the run, the agent's setting, the conversation so far, the answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from chat import log
from workflows import tools
from workflows.assistant import instructions
from workflows.caps import MAX_SECONDS
from workflows.halts import is_halt
from workflows.history import history
from workflows.journal import Hold, guard
from workflows.ledger import Outcome, tool_result
from workflows.limits import Limits
from workflows.llm.types import DECLINED, Call, Failure, Result, StepRequest, ToolSpec, Turn
from workflows.models import Agent, CallState, HelpRequest, HelpStatus, Run, StepRun, StepStatus, ToolCall, Trigger
from workflows.pins import as_pinned, pins_of
from workflows.signals import turn_beginning
from workflows.streaks import Streak, streak_of
from workflows.tools import Tool

CLOSED = (HelpStatus.ANSWERED, HelpStatus.DECLINED, HelpStatus.EXPIRED)
# Decisions that let a call be made, once.
GRANTS = ("approve", "yes", "again")


class UnusableError(Exception):
    """The run cannot be driven at all, such as when its agent was deleted; the text says why."""


class StoppedByOwnerError(Exception):
    """The owner answered “stop” to the question whether it should go on, or a cut-off call be made again."""


@dataclass(frozen=True)
class Start:
    """Everything for one step."""

    hold: Hold
    owner_id: int
    request: StepRequest
    tools: dict[str, Tool]
    seconds: float
    limits: Limits
    streak: Streak
    # Replies that are committed: questions belong to the last of them.
    replies: int = 0
    # Calls that the owner has allowed, to be made before the step goes on.
    granted: tuple[Call, ...] = ()
    policy: Mapping[str, Any] = field(default_factory=dict)
    agent_id: UUID | None = None


def start(run: Run) -> Start:
    """Begin or resume the one step of a turn. Raises LostError, UnusableError or StoppedByOwnerError."""
    if (agent := run.agent) is None:
        raise UnusableError("The agent of this run was deleted: choose another one for the conversation.")
    kept = as_pinned(agent, run) if run.pins else agent
    run.pins = run.pins or pins_of(agent)
    # Read before the transaction: on SQLite nobody else writes while it lasts.
    told = history(run.conversation, run.asked_seq or 0)
    with transaction.atomic():
        guard(run.pk, run.fence, progress=False, started_at=Coalesce(F("started_at"), Value(timezone.now())), pins=run.pins)
        step = StepRun.objects.filter(run=run, key=StepRun.TURN).first() if run.fence > 1 or run.retry_of_id else None
        if step is not None:
            StepRun.objects.filter(pk=step.pk).exclude(status=StepStatus.RUNNING).update(status=StepStatus.RUNNING)
            return begin(run, step, hold_on(run, step), kept, new=False, told=told)
        step = StepRun.objects.create(
            run=run, key=StepRun.TURN, agent=agent, status=StepStatus.RUNNING, started_at=timezone.now(), prompt=prompt_of(run)
        )
    return begin(run, step, hold_on(run, step), kept, new=True, told=told)


def hold_on(run: Run, step: StepRun) -> Hold:
    """The hold of a driver on the one step of a turn."""
    return Hold(run.pk, run.fence, run.conversation_id, step.pk, step.key, run.task_id, owner_id=run.owner_id)


def prompt_of(run: Run) -> str:
    """What the model is asked: the words of the message; where a task posted it, after what there is to know about that."""
    notes = [note for _, note in turn_beginning.send(sender=Run, run=run) if note] if run.trigger == Trigger.SCHEDULE else []
    return "\n".join([*notes, run.input.get("text", "")])


def begin(run: Run, step: StepRun, hold: Hold, agent: Agent, *, new: bool, told: tuple[Turn, ...] = (), instruction: str = "") -> Start:
    """All that a driver needs for `step`: with the answers that came since, unless it is `new`. Raises StoppedByOwnerError."""
    answers, granted = ({}, ()) if new else answered(hold, step.replies)
    usable = {tool.name: tool for tool in tools.named(agent.tools)}
    request = StepRequest(
        model=agent.model,
        instructions="\n\n".join(part for part in (instructions(agent, run.owner), instruction) if part),
        history=told,
        prompt=step.prompt,
        tools=tuple(ToolSpec(tool.name, tool.description, tool.function) for tool in usable.values()),
        checkpoint=step.messages or None,
        answers=answers,
        in_workflow=not hold.whole,
    )
    return Start(
        hold,
        run.owner_id,
        request,
        usable,
        agent.limits.get("seconds", MAX_SECONDS),
        Limits.of(run, step.pk, agent, fresh=new and hold.whole),
        Streak() if new else streak_of(step.pk),
        step.replies,
        granted,
        agent.tool_policy,
        agent.pk,
    )


def answered(hold: Hold, reply: int) -> tuple[dict[str, str], tuple[Call, ...]]:
    """What was answered to the questions of the step's last reply, by call id, and the calls that may now be made.

    Only of that reply: a model may use its call ids again. The answer becomes the result of the call that asked, in the
    journal and in the log, once.
    """
    rows = ToolCall.objects.filter(step_run_id=hold.step_run_id, reply=reply)
    of_call = {row.call_id: row for row in rows}
    answers: dict[str, str] = {}
    granted: list[Call] = []
    for request in HelpRequest.objects.filter(step_run_id=hold.step_run_id, reply=reply).order_by("asked_at", "pk"):
        if is_halt(request):
            if request.decision == "stop" or request.status == HelpStatus.DECLINED:
                raise StoppedByOwnerError
            continue
        row = of_call.get(request.call_id)
        call = Call(reply, request.call_id, request.tool, request.arguments or (row.arguments if row else {}))
        if row and row.state in (CallState.DONE, CallState.FAILED):
            answers[request.call_id] = row.result if row.state == CallState.DONE else row.error
        elif request.status not in CLOSED or request.used_at:
            continue
        elif request.decision == "stop":
            raise StoppedByOwnerError
        elif request.args_hash and request.decision in GRANTS:
            granted.append(call)
        else:
            answers[request.call_id] = record(hold, call, request)
    return answers, tuple(granted)


def record(hold: Hold, call: Call, request: HelpRequest) -> str:
    """Write an answer as what came of the call that asked; what the model is told."""
    text = words(request)
    outcome: Outcome = Failure(text) if refuses(request) else Result(text)
    fields = {"error": text, "state": CallState.FAILED} if refuses(request) else {"result": text, "error": "", "state": CallState.DONE}
    ToolCall.objects.filter(step_run_id=hold.step_run_id, reply=call.reply, call_id=call.call_id).update(
        finished_at=timezone.now(), **fields
    )
    log.post(hold.conversation_id, tool_result(hold.run_id, hold.task_id, call, outcome, part=hold.part))
    return text


def refuses(request: HelpRequest) -> bool:
    """Whether the answer says that a call is not to be made."""
    return bool(request.args_hash) and (request.decision in ("deny", "no") or request.status == HelpStatus.DECLINED)


def words(request: HelpRequest) -> str:
    """An answer as the model is told it."""
    if request.status == HelpStatus.DECLINED and "done" in request.decisions:
        return "It was cut off and may have happened; the person declined to say. Do not make it again; go on without it, or say so."
    if refuses(request):
        reason = f" They said: “{request.response}”." if request.response else ""
        return f"The owner does not want this call to be made.{reason} Do not try it again in another way; go on without it, or say so."
    if request.status == HelpStatus.DECLINED:
        return DECLINED
    if request.decision == "done":
        return "It had been cut off; the person says that it was done."
    return request.response or request.decision
