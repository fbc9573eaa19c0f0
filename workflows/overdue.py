"""Questions that nobody answers: their owner is reminded once, and when their time is over the run goes on or fails."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from chat import hints, log
from chat.models import Message
from workflows import queue
from workflows.answers import answer_as
from workflows.ledger import close_questions, end_run, run_message, step_told
from workflows.limits import raised_elsewhere
from workflows.models import FINISHED, HelpRequest, HelpStatus, Lane, Run, RunStatus, StepRun, StepStatus

BATCH = 100
# How long a step may take from looking at its caps to asking.
BESIDE = timedelta(minutes=10)


def look_after() -> None:
    """Expire and remind of what is due."""
    now = timezone.now()
    for request in HelpRequest.objects.open().filter(expires_at__lte=now)[:BATCH]:
        expire(request)
    for request in HelpRequest.objects.open().filter(halted_beside_a_raise()).select_related("run")[:BATCH]:
        if (told := raised_elsewhere(request)) is not None:
            answer_like(request, told)
    if settings.AGENTRON_REMIND_HOURS:
        asked = now - timedelta(hours=settings.AGENTRON_REMIND_HOURS)
        for request in HelpRequest.objects.open().filter(reminded_at=None, asked_at__lte=asked).select_related("run")[:BATCH]:
            remind(request)


def halted_beside_a_raise() -> Q:
    """Questions about a cap whose owner has raised one since, or just before: it may have been the same."""
    raised = HelpRequest.objects.filter(run__owner=OuterRef("run__owner"), decision="raise", answered_at__gte=OuterRef("asked_at") - BESIDE)
    return Q(tool="", kind=HelpRequest.Kind.CONFIRMATION, arguments__has_key="cap") & Q(Exists(raised))


@transaction.atomic
def expire(request: HelpRequest) -> None:
    """Close a question whose time is over: with its default as the answer, else its step fails."""
    run = Run.objects.select_for_update().get(pk=request.run_id)
    current = HelpRequest.objects.select_related("run").get(pk=request.pk)
    if current.status != HelpStatus.OPEN or run.status in FINISHED:
        return
    answer_as(current, HelpStatus.EXPIRED, by=None, via=Message.Via.RUN, response=current.default)
    if not current.default:
        fail_for_want_of_an_answer(run, current)
    go_on(run, current)


@transaction.atomic
def answer_like(request: HelpRequest, told: HelpRequest) -> None:
    """Several runs reached the same cap, and the owner has raised it in answer to one of them: the others go on too."""
    run = Run.objects.select_for_update().get(pk=request.run_id)
    current = HelpRequest.objects.select_related("run").get(pk=request.pk)
    if current.status != HelpStatus.OPEN or run.status in FINISHED:
        return
    answer_as(current, HelpStatus.ANSWERED, by=told.answered_by, via=told.answered_via, decision=told.decision)
    go_on(run, current)


def fail_for_want_of_an_answer(run: Run, request: HelpRequest) -> None:
    """Nobody answered, and nothing was to be done instead."""
    sentence = f"Nobody answered in time: “{request.question[:200]}”"
    if run.lane == Lane.TURN:
        end_run(run.pk, RunStatus.FAILED, error=sentence)
        return
    StepRun.objects.filter(pk=request.step_run_id).update(status=StepStatus.FAILED, error=sentence, finished_at=timezone.now())
    # What else it asked is of no use any more: nobody shall wait for that.
    close_questions(run, request.step_run_id)
    step = request.step_run
    log.post(run.conversation_id, step_told(run.pk, run.task_id, step.key, StepStatus.FAILED, round=step.round, error=sentence))


def go_on(run: Run, request: HelpRequest) -> None:
    """Queue a run that waited, once all questions of the step are closed."""
    run.refresh_from_db()
    if run.status == RunStatus.WAITING_FOR_USER and not HelpRequest.objects.open().filter(step_run=request.step_run_id).exists():
        run.move(RunStatus.QUEUED, queued_at=timezone.now())
        queue.ticket()
    elif Run.objects.filter(pk=run.pk, status=RunStatus.QUEUED, deaths=0).exclude(not_before=None).update(not_before=None):
        # It waited for a model that could not be had: what was answered need not wait for that.
        queue.ticket()
    hints.work()


@transaction.atomic
def remind(request: HelpRequest) -> None:
    """Say once more in the conversation that a question waits."""
    if not HelpRequest.objects.open().filter(pk=request.pk, reminded_at=None).update(reminded_at=timezone.now()):
        return
    run = request.run
    message = run_message(run.pk, run.task_id, Message.Kind.MESSAGE, f"This still waits for your answer: {request.question}")
    message.reply_to = request.message_seq or None
    log.post(run.conversation_id, message)
