"""How a run ends, whoever ends it, and the messages that tool calls leave in the log."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from chat import log
from chat.models import Draft, Message
from workflows import queue
from workflows.errors import NotAllowedError
from workflows.llm.types import Call, Failure, Result
from workflows.models import MOVES, CallState, Effect, HelpRequest, HelpStatus, Lane, Run, RunStatus, Secret, StepRun, StepStatus, ToolCall
from workflows.signals import help_closed, run_finished

Outcome = Result | Failure

CUT_OFF = "It was cut off."

# What becomes of a run's open steps when it ends.
STEP_END = {RunStatus.FAILED: StepStatus.FAILED, RunStatus.CANCELLED: StepStatus.CANCELLED}


def args_hash(tool: str, arguments: dict[str, Any]) -> str:
    """A fingerprint of a call: the same for the same tool and arguments in any order."""
    text = json.dumps([tool, arguments], sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def tool_use(run_id: UUID, task_id: UUID | None, call: Call, part: str = "") -> Message:
    """The message that a tool is being called; `part` says in which step of a workflow's run, for call ids are a step's own."""
    payload: dict[str, Any] = {"call_id": call.call_id, "name": call.tool, "args": call.arguments, "reply": call.reply}
    payload |= {"part": part} if part else {}
    return run_message(run_id, task_id, Message.Kind.TOOL_USE, **payload)


def tool_result(run_id: UUID, task_id: UUID | None, call: Call, outcome: Outcome, status: str = "", part: str = "") -> Message:
    """The message of what a tool gave, or why it gave nothing."""
    found = outcome.value if isinstance(outcome, Result) else outcome.sentence
    state = status or (CallState.DONE if isinstance(outcome, Result) else CallState.FAILED)
    payload: dict[str, Any] = {"call_id": call.call_id, "name": call.tool, "status": str(state), "result": found, "reply": call.reply}
    payload |= {"part": part} if part else {}
    return run_message(run_id, task_id, Message.Kind.TOOL_RESULT, **payload)


def run_message(run_id: UUID, task_id: UUID | None, kind: Message.Kind, text: str = "", **payload: Any) -> Message:
    """A message by a run, not posted yet."""
    author = Message.Author.SYSTEM if kind in (Message.Kind.STATUS, Message.Kind.ERROR) else Message.Author.ASSISTANT
    return Message(kind=kind, author=author, text=text, payload=payload, run_id=run_id, task_id=task_id, via=Message.Via.RUN)


def step_told(run_id: UUID, task_id: UUID | None, step: str, status: StepStatus, **payload: Any) -> Message:
    """How a step of a workflow stands, while its run goes on."""
    return run_message(run_id, task_id, Message.Kind.STATUS, status=RunStatus.RUNNING, step=step, step_status=str(status), **payload)


def end_run(
    run_id: UUID, status: RunStatus, *, fence: int | None = None, error: str = "", spoken: Sequence[Message] = (), **fields: Any
) -> Run:
    """Give a run its last status, with one terminal status message, and let the next one of its conversation start.

    `fence`: only while a driver holds it under this one. `fields` are the run's own. Raises NotAllowedError when it has
    moved on. Call it inside a transaction. What is still open in it closes with it.
    """
    now = timezone.now()
    found = Run.objects.filter(pk=run_id, status__in=MOVES[status])
    if fence is not None:
        found = found.running().filter(fence=fence)
    if not found.update(status=status, error=error, finished_at=now, leased_by="", lease_expires_at=None, **fields):
        raise NotAllowedError(f"Run {run_id} has moved on: it cannot become {status} any more.")
    run = Run.objects.get(pk=run_id)
    cut = close_what_is_open(run, now) if status in STEP_END else []
    Draft.objects.filter(run_id=run_id).delete()
    Secret.objects.filter(run=run_id).delete()
    last = [run_message(run_id, run.task_id, Message.Kind.ERROR, error, detail=error)] if error else []
    extra = {"error": error} if error else {}
    last.append(run_message(run_id, run.task_id, Message.Kind.STATUS, status=str(status), **extra))
    log.post(run.conversation_id, *spoken, *cut, *last)
    run_finished.send(sender=Run, run=run)
    if fence is None:
        queue.nudge()  # A driver's process looks for itself what can start now.
    return run


def close_what_is_open(run: Run, now: datetime) -> list[Message]:
    """A run that failed or was cancelled does nothing more and asks nothing more; the messages that say so."""
    cut = close_open_calls(run.pk)
    unfinished = (StepStatus.PENDING, StepStatus.RUNNING, StepStatus.WAITING)
    steps = StepRun.objects.filter(run=run, status__in=unfinished)
    steps.update(status=STEP_END[RunStatus(run.status)], error=run.error, finished_at=now)
    close_questions(run)
    return cut


def close_questions(run: Run, step_run_id: UUID | None = None) -> None:
    """A run that has ended, or one step of it, asks nothing any more."""
    asked = HelpRequest.objects.open().filter(run=run)
    for request in asked.filter(step_run=step_run_id) if step_run_id else asked:
        HelpRequest.objects.filter(pk=request.pk).update(status=HelpStatus.CANCELLED, answered_at=timezone.now())
        request.refresh_from_db()
        help_closed.send(sender=HelpRequest, help_request=request)


def close_open_calls(run_id: UUID) -> list[Message]:
    """End the calls that were cut off: one that acts once may have happened, and the log says so."""
    messages = []
    for row in ToolCall.objects.filter(step_run__run=run_id, state=CallState.INTENDED).select_related("step_run__run"):
        once = row.effect == Effect.ONCE
        row.state, row.finished_at = CallState.UNKNOWN if once else CallState.FAILED, timezone.now()
        row.error = "It was cut off and may have happened." if once else CUT_OFF
        row.save(update_fields=["state", "finished_at", "error"])
        call = Call(row.reply, row.call_id, row.tool, row.arguments)
        step = row.step_run
        part = f"{step.key}.{step.round}" if step.run.lane == Lane.RUN else ""
        messages.append(tool_result(run_id, step.run.task_id, call, Failure(row.error), status=row.state, part=part))
    return messages
