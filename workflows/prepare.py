"""What a driver needs before it starts: its hold on the run, the agent's setting, the conversation so far, the answers."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from chat import log
from workflows import tools
from workflows.assistant import instructions
from workflows.history import history
from workflows.journal import Hold, guard
from workflows.ledger import args_hash, tool_result
from workflows.llm.types import Call, Result, StepRequest, ToolSpec, Turn
from workflows.models import Agent, CallState, HelpRequest, HelpStatus, Run, StepRun, StepStatus, ToolCall
from workflows.tools import Tool

# Caps of a run whose agent sets none of its own.
MAX_REPLIES = 40
MAX_SECONDS = 900


class UnusableError(Exception):
    """The run cannot be driven at all, such as when its agent was deleted; the text says why."""


class StoppedByOwnerError(Exception):
    """The owner answered “stop” to the question whether a cut-off call should be made again."""


@dataclass(frozen=True)
class Start:
    """Everything for one step."""

    hold: Hold
    owner_id: int
    request: StepRequest
    tools: dict[str, Tool]
    seconds: float
    # Calls of unknown outcome that the owner wants made once more, before the step goes on.
    again: tuple[Call, ...] = ()


@transaction.atomic
def start(run: Run) -> Start:
    """Begin or resume the one step of a turn. Raises LostError, UnusableError or StoppedByOwnerError."""
    now = timezone.now()
    guard(run.pk, run.fence, progress=False, started_at=Coalesce(F("started_at"), Value(now)))
    if (agent := run.agent) is None:
        raise UnusableError("The agent of this run was deleted: choose another one for the conversation.")
    prompt = run.input.get("text", "")
    step = StepRun.objects.filter(run=run, key=StepRun.TURN).first() if run.fence > 1 or run.retry_of_id else None
    made = step is None
    if step is None:
        step = StepRun.objects.create(run=run, key=StepRun.TURN, agent=agent, status=StepStatus.RUNNING, started_at=now, prompt=prompt)
    elif step.status != StepStatus.RUNNING:
        StepRun.objects.filter(pk=step.pk).update(status=StepStatus.RUNNING)
    hold = Hold(run.pk, run.fence, run.conversation_id, step.pk, step.key, run.task_id)
    return begin(run, step, hold, agent, new=made, told=history(run.conversation, run.asked_seq or 0))


def begin(run: Run, step: StepRun, hold: Hold, agent: Agent, *, new: bool, told: tuple[Turn, ...] = (), instruction: str = "") -> Start:
    """All that a driver needs for `step`: with the answers that came since, unless it is `new`. Raises StoppedByOwnerError."""
    answers, again = ({}, ()) if new else answered(hold, step.replies)
    usable = {tool.name: tool for tool in tools.named(agent.tools)}
    request = StepRequest(
        model=agent.model,
        instructions="\n\n".join(part for part in (instructions(agent, run.owner), instruction) if part),
        history=told,
        prompt=step.prompt,
        tools=tuple(ToolSpec(tool.name, tool.description, tool.function) for tool in usable.values()),
        checkpoint=step.messages or None,
        answers=answers,
        max_replies=agent.limits.get("steps", MAX_REPLIES),
        max_tokens=agent.limits.get("tokens"),
    )
    return Start(hold, run.owner_id, request, usable, agent.limits.get("seconds", MAX_SECONDS), again)


def answered(hold: Hold, reply: int) -> tuple[dict[str, str], tuple[Call, ...]]:
    """What was answered to the questions of the step's last reply, by call id, and the calls to make again.

    Only of that reply: a model may use its call ids again. The answer becomes the result of the call that asked, in the
    journal and in the log, once.
    """
    rows = ToolCall.objects.filter(step_run_id=hold.step_run_id, reply=reply)
    of_call = {row.call_id: row for row in rows}
    answers: dict[str, str] = {}
    again: list[Call] = []
    for request in HelpRequest.objects.filter(step_run_id=hold.step_run_id, reply=reply).order_by("asked_at", "pk"):
        row = of_call.get(request.call_id)
        call = Call(reply, request.call_id, request.tool, row.arguments if row else {})
        if row and row.state in (CallState.DONE, CallState.FAILED):
            answers[request.call_id] = row.result if row.state == CallState.DONE else row.error
        elif request.status not in (HelpStatus.ANSWERED, HelpStatus.DECLINED) or request.used_at:
            continue
        elif request.decision == "stop":
            raise StoppedByOwnerError
        elif request.decision == "again":
            again.append(call)
        else:
            answers[request.call_id] = words(request)
            rows.filter(call_id=request.call_id).update(**done(answers[request.call_id]))
            log.post(hold.conversation_id, tool_result(hold.run_id, hold.task_id, call, Result(answers[request.call_id])))
    return answers, tuple(again)


def done(result: str) -> dict[str, Any]:
    """The fields of a journal row that has its result."""
    return {"state": CallState.DONE, "result": result, "error": "", "finished_at": timezone.now()}


def words(request: HelpRequest) -> str:
    """An answer as the model is told it."""
    if request.status == HelpStatus.DECLINED:
        return "The person declined to answer."
    if request.decision == "done":
        return "It had been cut off; the person says that it was done."
    return request.response or request.decision


def outcome_unknown(call: Call, tool: Tool) -> dict[str, Any]:
    """The question to the owner about a call that acts once and was cut off."""
    return {
        "kind": HelpRequest.Kind.CONFIRMATION,
        "question": f"“{tool.name}” was cut off and may have happened. Was it done, should it be done again, or should the work stop?",
        "reason": "It acts outside, so it is never repeated without you.",
        "tool": tool.name,
        "arguments": call.arguments,
        "args_hash": args_hash(call.tool, call.arguments),
        "decisions": ["done", "again", "stop"],
    }
