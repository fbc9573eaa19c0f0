"""The verbs of the engine. Every face (page, API, command, admin, tool, bot) calls these and nothing deeper."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from chat import hints
from chat.models import Conversation
from workflows import secrets
from workflows.answers import answer_as, changes, check_answer
from workflows.beginnings import enqueue_turn, execute, report_back, rerun, retry
from workflows.errors import ConflictError, ForbiddenError, InvalidError, NotAllowedError
from workflows.ledger import end_run
from workflows.models import (
    FINISHED,
    HelpRequest,
    HelpStatus,
    Lane,
    Run,
    RunStatus,
)
from workflows.overdue import go_on
from workflows.sweep import sweep

__all__ = [
    "cancel",
    "enqueue_turn",
    "execute",
    "give_secret",
    "report_back",
    "rerun",
    "respond",
    "respond_to_run",
    "retry",
    "stop_turns",
    "sweep",
]


def respond_to_run(
    run: Run,
    *,
    by: User,
    via: str,
    response: str = "",
    decision: str = "",
    request_id: UUID | None = None,
    args_hash: str = "",
    arguments: dict[str, Any] | None = None,
) -> HelpRequest:
    """Answer the open question of `run`, or the one named; the rules of POST /api/runs/{id}/respond."""
    requests = HelpRequest.objects.filter(run=run).select_related("run", "answered_by")
    if request_id is not None:
        if (named := requests.filter(pk=request_id).first()) is None:
            raise InvalidError(f"Run {run.pk} never asked a question {request_id}: leave request_id out or take one from pending-help.")
        return respond(named, by=by, via=via, response=response, decision=decision, args_hash=args_hash, arguments=arguments)
    still_open = list(requests.open())
    if len(still_open) > 1:
        raise InvalidError(
            f"Run {run.pk} has {len(still_open)} open questions: say which one in request_id.",
            fields={"request_id": "Several questions are open."},
            open_requests=[{"id": str(item.pk), "question": item.question} for item in still_open],
        )
    if not still_open:
        last = requests.filter(status__in=(HelpStatus.ANSWERED, HelpStatus.DECLINED)).order_by("-answered_at").first()
        if last and last.response == response and decision in ("", last.decision):
            raise already(last)
        raise NotAllowedError("Run is not waiting for user input", run_status=run.status)
    return respond(still_open[0], by=by, via=via, response=response, decision=decision, args_hash=args_hash, arguments=arguments)


@transaction.atomic
def respond(
    request: HelpRequest,
    *,
    by: User,
    via: str,
    response: str = "",
    decision: str = "",
    args_hash: str = "",
    arguments: dict[str, Any] | None = None,
) -> HelpRequest:
    """Answer a question. The first answer wins; the run goes on once all questions of its step are answered.

    `arguments` are what a call that is approved is to be made with instead. Raises ConflictError when it was answered before or its run has ended, InvalidError for an answer that does not fit,
    ForbiddenError for whoever is neither the run's owner nor an administrator who declines.
    """
    run, current = locked(request, by, decision)
    response, decision = check_answer(current, response, decision, args_hash)
    changed = changes(current, decision, arguments) if arguments is not None else {}
    status = HelpStatus.DECLINED if decision == "decline" else HelpStatus.ANSWERED
    answer_as(current, status, by=by, via=via, response=response, decision=decision, **changed)
    go_on(run, current)
    return current


@transaction.atomic
def give_secret(request: HelpRequest, *, by: User, via: str, value: str) -> HelpRequest:
    """Give the credential that a run asks for: it is kept apart, and the answer is only what it is known by.

    Raises as `respond` does.
    """
    run, current = locked(request, by)
    if current.kind != HelpRequest.Kind.CREDENTIALS:
        raise InvalidError("This question does not ask for credentials: answer it where it was asked.")
    secret = secrets.keep(run, current.question, value)
    answer_as(current, HelpStatus.ANSWERED, by=by, via=via, response=secret.reference)
    go_on(run, current)
    return current


def locked(request: HelpRequest, by: User, decision: str = "") -> tuple[Run, HelpRequest]:
    """The run and the question as they stand, for `by` to answer in this transaction; or what speaks against it."""
    # The run's row first, as drivers do: two answers to one step take turns, so that the second sees the first.
    run = Run.objects.select_for_update().get(pk=request.run_id)
    if by.pk != run.owner_id and not (by.is_superuser and decision == "decline"):
        raise ForbiddenError("Only the person whose run asks may answer. As an administrator you may decline for them.")
    current = HelpRequest.objects.select_related("answered_by").get(pk=request.pk)
    if current.status != HelpStatus.OPEN:
        raise already(current)
    if run.status in FINISHED or run.cancel_requested_at:
        raise NotAllowedError(f"Run {run.pk} has ended or is being cancelled: it asks nothing any more.", run_status=run.status)
    return run, current


def already(request: HelpRequest) -> ConflictError:
    """The refusal that says who was first."""
    if request.status == HelpStatus.EXPIRED:
        return ConflictError("The time to answer this question is over.", request_status=request.status)
    if request.status == HelpStatus.CANCELLED:
        return ConflictError("This question was cancelled: its run asks nothing any more.", request_status=request.status)
    done = "declined" if request.status == HelpStatus.DECLINED else "answered"
    who = request.answered_by.get_username() if request.answered_by else "somebody"
    at = request.answered_at
    return ConflictError(
        f"This question was already {done} by {who} at {at:%Y-%m-%d %H:%M:%S} UTC."
        if at
        else f"This question was already {done} by {who}.",
        answered_by=who,
        answered_at=at.isoformat() if at else None,
    )


@transaction.atomic
def cancel(run: Run, *, by: User) -> Run:
    """Stop a run: at once when nobody drives it, else as soon as its driver hears of it.

    Raises NotAllowedError when it has ended.
    """
    current = Run.objects.select_for_update().get(pk=run.pk)
    if current.status in FINISHED:
        raise NotAllowedError(f"Run {run.pk} has {current.status} already: there is nothing to cancel.", run_status=current.status)
    if current.status == RunStatus.RUNNING:
        Run.objects.filter(pk=run.pk, cancel_requested_at=None).update(cancel_requested_at=timezone.now())
        hints.work()
        current.refresh_from_db()
        return current
    Run.objects.filter(pk=run.pk).update(cancel_requested_at=timezone.now())
    return end_run(run.pk, RunStatus.CANCELLED)


def stop_turns(conversation: Conversation, *, by: User) -> int:
    """Cancel the turns of a conversation, not its workflows' runs; how many there were."""
    turns = Run.objects.unfinished().filter(conversation=conversation, lane=Lane.TURN)
    stopped = 0
    for run in turns:
        try:
            cancel(run, by=by)
        except NotAllowedError:
            continue  # It ended by itself in this instant.
        stopped += 1
    return stopped
