"""How a driver lets go of a step or a run: finished, failed, cancelled, parked or handed back. Each in one fenced transaction."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chat import log
from chat.models import Draft, Message
from workflows import queue
from workflows.caps import of_day
from workflows.errors import NotAllowedError
from workflows.journal import Hold, charge_day, charged, guard, lost, save_checkpoint, say, spent
from workflows.ledger import end_run, run_message, step_told
from workflows.llm.types import Asked, Checkpoint, Reply
from workflows.models import HelpRequest, Run, RunStatus, StepRun, StepStatus
from workflows.signals import help_requested

# How long a workflow's run waits for a model that cannot be had (promise P32), and between two tries.
LONGEST_TROUBLE = timedelta(hours=6)
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=30)


@transaction.atomic
def finish(hold: Hold, reply: Reply) -> None:
    """The answer: a turn ends with its message, a workflow's step with its output."""
    if hold.whole:
        before_the_end(hold, reply)
        spoken = [say(hold, Message.Kind.THOUGHT, reply.thought)] if reply.thought else []
        spoken.append(say(hold, Message.Kind.MESSAGE, reply.text))
        end(hold, RunStatus.SUCCEEDED, output=reply.text, spoken=spoken, **charged(reply))
    else:
        guard(hold.run_id, hold.fence, progress=True, **charged(reply))
        charge_day(hold, reply.usage)
        Draft.objects.filter(pk=hold.step_run_id).delete()
        tell_step(hold, StepStatus.SUCCEEDED)
    fields = {"status": StepStatus.SUCCEEDED, "output": reply.text, "finished_at": timezone.now()}
    save_checkpoint(hold, reply.checkpoint, replies=reply.number, **fields, **spent(reply.usage))


def before_the_end(hold: Hold, reply: Reply) -> None:
    """Charge the day while the conversation is not locked yet: the order in which all drivers do it."""
    if any(of_day()):
        guard(hold.run_id, hold.fence, progress=True)
        charge_day(hold, reply.usage)


def tell_step(hold: Hold, status: StepStatus, **payload: Any) -> None:
    """Say in the conversation how a workflow's step stands."""
    log.post(hold.conversation_id, step_told(hold.run_id, hold.task_id, hold.step, status, round=hold.round, **payload))


def end(hold: Hold, status: RunStatus, **fields: Any) -> None:
    """End the run under this driver's fence, or raise LostError; its move is the guard of the transaction."""
    try:
        end_run(hold.run_id, status, fence=hold.fence, **fields)
    except NotAllowedError as exc:
        raise lost(hold.run_id, hold.fence) from exc


@transaction.atomic
def fail(hold: Hold, sentence: str) -> None:
    """The step cannot go on, and a turn not without it: say why, and keep the checkpoint for a retry."""
    if hold.whole:
        end(hold, RunStatus.FAILED, error=sentence)
        return
    guard(hold.run_id, hold.fence, progress=True)
    Draft.objects.filter(pk=hold.step_run_id).delete()
    StepRun.objects.filter(pk=hold.step_run_id).update(status=StepStatus.FAILED, error=sentence, finished_at=timezone.now())
    tell_step(hold, StepStatus.FAILED, error=sentence)


@transaction.atomic
def trouble(hold: Hold, sentence: str) -> timedelta | None:
    """Note that the model of a workflow's step cannot be had: how long to wait, or None when the step has failed by that."""
    guard(hold.run_id, hold.fence, progress=False)
    now = timezone.now()
    since = StepRun.objects.values_list("troubled_since", flat=True).get(pk=hold.step_run_id) or now
    planned = Run.objects.values_list("not_before", flat=True).get(pk=hold.run_id)
    if planned and now - planned > 2 * LONGEST_PAUSE:
        since = now  # Nobody tried meanwhile: the machine was off.
    if now - since > LONGEST_TROUBLE:
        fail(hold, f"{sentence} It was tried again for {LONGEST_TROUBLE // timedelta(hours=1)} hours.")
        return None
    wait = min(max(now - since, SHORTEST_PAUSE), LONGEST_PAUSE)
    StepRun.objects.filter(pk=hold.step_run_id).update(troubled_since=since)
    minutes = wait // timedelta(minutes=1)
    told = f"{sentence} It is tried again in {minutes} min."
    log.post(
        hold.conversation_id, say(hold, Message.Kind.STATUS, author=Message.Author.SYSTEM, status="retrying", step=hold.step, error=told)
    )
    return wait


def postpone(run_id: UUID, wait: timedelta) -> None:
    """Hand a run back that nothing can be done for now. Call it under the guard of the same transaction."""
    run = Run.objects.get(pk=run_id)
    run.move(RunStatus.QUEUED, leased_by="", lease_expires_at=None, not_before=timezone.now() + wait)


@transaction.atomic
def cancel(hold: Hold, partial: str) -> None:
    """The person wants no more: keep what was said so far."""
    spoken = [say(hold, Message.Kind.MESSAGE, partial, partial=True)] if partial else []
    end(hold, RunStatus.CANCELLED, spoken=spoken)


@transaction.atomic
def park(hold: Hold, asked: Sequence[Asked], saved: Checkpoint) -> None:
    """Questions stop the step: each becomes a row and a message, and a turn waits holding nothing."""
    guard(hold.run_id, hold.fence, progress=True)
    run = Run.objects.get(pk=hold.run_id)
    if run.cancel_requested_at and hold.whole:
        # Its owner wanted no more just before it asked: nobody would cancel it once it waits.
        end(hold, RunStatus.CANCELLED)
        return
    save_checkpoint(hold, saved, status=StepStatus.WAITING)
    Draft.objects.filter(pk=hold.step_run_id).delete()
    for item in asked:
        request = question(hold, item)
        # By these the page finds the call that waits for the answer.
        of_call: dict[str, Any] = {"call_id": request.call_id, "reply": request.reply, **({"part": hold.part} if hold.part else {})}
        shown = say(hold, Message.Kind.HELP_REQUEST, request.question, **request.body(), **of_call)
        log.post(hold.conversation_id, shown)
        request.message_seq = shown.seq
        request.save(force_insert=True)
        help_requested.send(sender=HelpRequest, help_request=request)
    if hold.whole:
        wait_for_user(hold.run_id)


def question(hold: Hold, item: Asked) -> HelpRequest:
    """The row of a question, not saved yet; its time runs from now."""
    detail = dict(item.detail)
    if seconds := detail.pop("expires_in", None):
        detail["expires_at"] = timezone.now() + timedelta(seconds=seconds)
    return HelpRequest(run_id=hold.run_id, step_run_id=hold.step_run_id, reply=item.call.reply, call_id=item.call.call_id, **detail)


def wait_for_user(run_id: UUID) -> None:
    """Let go of a run that can do nothing before somebody answers. Call it under the guard of the same transaction."""
    run = Run.objects.get(pk=run_id)
    run.move(RunStatus.WAITING_FOR_USER, leased_by="", lease_expires_at=None)
    log.post(run.conversation_id, run_message(run.pk, run.task_id, Message.Kind.STATUS, status=run.status))


@transaction.atomic
def release(run_id: UUID, fence: int) -> None:
    """Hand a run back: the next worker continues from its checkpoint, and nobody died."""
    guard(run_id, fence, progress=False)
    run = Run.objects.get(pk=run_id)
    run.move(RunStatus.QUEUED, leased_by="", lease_expires_at=None)
    queue.ticket()


@transaction.atomic
def break_off(run_id: UUID, fence: int) -> None:
    """Hand a run back because the database failed it: later each time, and not for ever if it never gets anywhere."""
    guard(run_id, fence, progress=False)
    run = Run.objects.get(pk=run_id)
    deaths = 0 if run.progress_fence == fence else run.deaths + 1
    if deaths >= queue.POISONED_DEATHS:
        sentence = f"The database failed {deaths} times in a row during this run. Look at the worker's log before you retry it."
        end_run(run_id, RunStatus.FAILED, fence=fence, error=sentence)
        return
    pause = timezone.now() + timedelta(seconds=2**deaths)
    run.move(RunStatus.QUEUED, leased_by="", lease_expires_at=None, deaths=deaths, not_before=pause)
