"""What a driver writes. Each function is one short transaction that begins with the fence and falls with it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from chat import hints, log
from chat.models import Draft, Message
from workflows import queue
from workflows.caps import of_day
from workflows.errors import LostError
from workflows.ledger import Outcome, args_hash, tool_result, tool_use
from workflows.llm.types import Call, Checkpoint, Failure, Reply, Result, Usage
from workflows.models import CallState, Effect, HelpRequest, HelpStatus, Run, RunStatus, Spending, StepRun, ToolCall


@dataclass(frozen=True)
class Hold:
    """A driver's claim on a run and its step: writes are good only while the fence is still the run's."""

    run_id: UUID
    fence: int
    conversation_id: UUID
    step_run_id: UUID
    step: str
    task_id: UUID | None = None
    # Whether the step is all there is to the run, as in a turn; else the walk decides how the run goes on.
    whole: bool = True
    owner_id: int = 0
    round: int = 1

    @property
    def part(self) -> str:
        """What tells the calls of one step of a workflow's run from those of another; empty in a turn."""
        return "" if self.whole else f"{self.step}.{self.round}"


def guard(run_id: UUID, fence: int, *, progress: bool, **fields: Any) -> None:
    """Lock the run's row for this transaction, or raise LostError: the first statement of every driver's write.

    `progress` notes that something real is committed under this claim, so that a later death is not blamed on it.
    `fields` are set along with it.
    """
    mine = Run.objects.filter(pk=run_id, fence=fence, status=RunStatus.RUNNING)
    if progress:
        fields |= PROGRESS
    if not mine.update(lease_expires_at=queue.lease_end(), **fields):
        raise lost(run_id, fence)


# A commit under the current claim: what a later death is measured against.
PROGRESS: dict[str, Any] = {"progress_fence": F("fence"), "deaths": 0}


def lost(run_id: UUID, fence: int) -> LostError:
    """The error of a driver that comes too late."""
    return LostError(f"Run {run_id} is no longer held under fence {fence}.")


def say(hold: Hold, kind: Message.Kind, text: str = "", author: Message.Author = Message.Author.ASSISTANT, **payload: Any) -> Message:
    """A message of this run, not posted yet."""
    return Message(kind=kind, author=author, text=text, payload=payload, run_id=hold.run_id, task_id=hold.task_id, via=Message.Via.RUN)


@transaction.atomic
def save_reply(hold: Hold, reply: Reply, effects: dict[str, Effect]) -> None:
    """A reply that asks for tools: its text, its calls and the checkpoint that goes on from them.

    Calls that may be repeated get their intent rows here; one that acts once gets its own just before it is made.
    """
    guard(hold.run_id, hold.fence, progress=True, **charged(reply))
    charge_day(hold, reply.usage)
    save_checkpoint(hold, reply.checkpoint, replies=reply.number, troubled_since=None, **spent(reply.usage))
    intents = [intent(hold, call, effects.get(call.tool, Effect.READ)) for call in reply.calls if effects.get(call.tool) != Effect.ONCE]
    ToolCall.objects.bulk_create(intents, ignore_conflicts=True)
    spoken = [say(hold, Message.Kind.THOUGHT, reply.thought)] if reply.thought else []
    spoken += [say(hold, Message.Kind.MESSAGE, reply.text)] if reply.text else []
    Draft.objects.filter(pk=hold.step_run_id).delete()
    log.post(hold.conversation_id, *spoken, *(tool_use(hold.run_id, hold.task_id, call, hold.part) for call in reply.calls))


def intent(hold: Hold, call: Call, effect: Effect) -> ToolCall:
    """The journal's row of a call that is about to be made."""
    return ToolCall(
        step_run_id=hold.step_run_id,
        reply=call.reply,
        call_id=call.call_id,
        tool=call.tool,
        effect=effect,
        arguments=call.arguments,
        args_hash=args_hash(call.tool, call.arguments),
    )


def save_checkpoint(hold: Hold, saved: Checkpoint, **fields: Any) -> None:
    """Replace the step's checkpoint."""
    StepRun.objects.filter(pk=hold.step_run_id).update(messages=saved, **fields)


def spent(usage: Usage) -> dict[str, Any]:
    """The fields that add `usage` to the row of a step or a run."""
    fields: dict[str, Any] = {
        "input_tokens": F("input_tokens") + usage.input_tokens,
        "output_tokens": F("output_tokens") + usage.output_tokens,
    }
    if usage.cost is not None:
        fields["cost"] = Coalesce(F("cost"), Decimal()) + usage.cost
    return fields


def charged(reply: Reply) -> dict[str, Any]:
    """The fields that add a reply to the row of its run."""
    return {**spent(reply.usage), "replies": F("replies") + 1, "calls": F("calls") + len(reply.calls)}


def charge_day(hold: Hold, usage: Usage) -> None:
    """Add `usage` to what the owner's runs have used today, where that is limited. Call it under the guard, before anything is posted."""
    if any(of_day()):
        Spending.objects.charge(hold.owner_id, usage.input_tokens + usage.output_tokens, usage.cost)


def made_before(hold: Hold, call: Call) -> ToolCall | None:
    """The journal's row of `call`, if there is one."""
    return ToolCall.objects.filter(step_run_id=hold.step_run_id, reply=call.reply, call_id=call.call_id).first()


@transaction.atomic
def intend(hold: Hold, call: Call, effect: Effect) -> None:
    """Note that `call` is about to be made. Raises IntegrityError when it was noted before."""
    guard(hold.run_id, hold.fence, progress=True)
    intent(hold, call, effect).save(force_insert=True)


@transaction.atomic
def use_leave(hold: Hold, call: Call, effect: Effect) -> None:
    """Use up the owner's leave to make a call, once. Raises LostError when it was used before."""
    guard(hold.run_id, hold.fence, progress=False)
    leave = HelpRequest.objects.filter(step_run_id=hold.step_run_id, reply=call.reply, call_id=call.call_id, status=HelpStatus.ANSWERED)
    if not leave.filter(used_at=None).exclude(args_hash="").update(used_at=timezone.now()):
        raise lost(hold.run_id, hold.fence)
    row = intent(hold, call, effect)
    fields = {
        "state": CallState.INTENDED,
        "error": "",
        "started_at": timezone.now(),
        "arguments": row.arguments,
        "args_hash": row.args_hash,
    }
    if not made_before_rows(hold, call).update(**fields):
        row.save(force_insert=True)


def made_before_rows(hold: Hold, call: Call) -> Any:
    """The journal's row of `call` as a queryset, for conditional updates."""
    return ToolCall.objects.filter(step_run_id=hold.step_run_id, reply=call.reply, call_id=call.call_id)


@transaction.atomic
def save_result(hold: Hold, call: Call, effect: Effect, make: Callable[[], Outcome]) -> Outcome:
    """Record what came of `call`. `make` may write rows of its own: they stand or fall with the record."""
    guard(hold.run_id, hold.fence, progress=True)
    outcome = make()
    done = isinstance(outcome, Result)
    fields = {
        "state": CallState.DONE if done else CallState.FAILED,
        "result": outcome.value if isinstance(outcome, Result) else None,
        "error": outcome.sentence if isinstance(outcome, Failure) else "",
        "finished_at": timezone.now(),
    }
    if not made_before_rows(hold, call).update(**fields):
        row = intent(hold, call, effect)
        for name, value in fields.items():
            setattr(row, name, value)
        row.save(force_insert=True)
    log.post(hold.conversation_id, tool_result(hold.run_id, hold.task_id, call, outcome, part=hold.part))
    return outcome


@transaction.atomic
def save_batch(hold: Hold, saved: Checkpoint, refused: Sequence[tuple[Call, str]]) -> None:
    """All calls of a reply have results. Those with unusable arguments were never made: the log says so."""
    guard(hold.run_id, hold.fence, progress=True)
    save_checkpoint(hold, saved)
    for call, why in refused:
        made_before_rows(hold, call).update(state=CallState.FAILED, error=why, finished_at=timezone.now())
    if refused:
        log.post(
            hold.conversation_id, *(tool_result(hold.run_id, hold.task_id, call, Failure(why), part=hold.part) for call, why in refused)
        )


@transaction.atomic
def note(hold: Hold, **payload: Any) -> None:
    """A passing status, such as a wait before the next try."""
    guard(hold.run_id, hold.fence, progress=False)
    log.post(hold.conversation_id, say(hold, Message.Kind.STATUS, author=Message.Author.SYSTEM, **payload))


@dataclass(frozen=True)
class Stream:
    """The text of an answer at one instant."""

    hold: Hold
    text: str
    version: int


@transaction.atomic
def flush(streams: Iterable[Stream]) -> None:
    """Write the drafts of all streams at once; those whose run was lost are left out."""
    given = list(streams)
    held = Q(pk__in=())
    for run_id, fence in {(stream.hold.run_id, stream.hold.fence) for stream in given}:
        held |= Q(pk=run_id, fence=fence)
    mine = set(Run.objects.running().filter(held).order_by("pk").select_for_update(no_key=True).values_list("pk", "fence"))
    drafts = [
        Draft(
            step_run_id=stream.hold.step_run_id,
            conversation_id=stream.hold.conversation_id,
            run_id=stream.hold.run_id,
            step=stream.hold.step,
            text=log.clean(stream.text),
            version=stream.version,
            updated_at=timezone.now(),
        )
        for stream in given
        if (stream.hold.run_id, stream.hold.fence) in mine
    ]
    Draft.objects.bulk_create(drafts, update_conflicts=True, unique_fields=["step_run_id"], update_fields=["text", "version", "updated_at"])
    for draft in drafts:
        hints.page(draft.conversation_id)
