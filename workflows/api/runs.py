"""Runs and questions over HTTP."""

from uuid import UUID

from django.contrib.auth.models import User
from django.http import HttpRequest
from ninja import Query, Router

from chat.api import stretch
from chat.http.auth import person
from chat.http.idempotency import PARAMETER, idempotent
from chat.http.rows import Paging, one, page
from chat.models import Message
from chat.schemas import MessageOut, MessagePaging
from workflows import engine, queue, references
from workflows.errors import MissingError
from workflows.models import HelpRequest, Run, RunStatus, Trigger
from workflows.models.run import RunQuerySet
from workflows.rows import listed, own_run, questions_of
from workflows.schemas import MOST_LISTED, Events, HelpRequestOut, HelpRequests, LoadOut, RerunIn, RespondIn, RunOut, Runs

router = Router(tags=["runs"])


@router.get("/runs", response=Runs)
def list_runs(request: HttpRequest, paging: Query[Paging], status: RunStatus | None = None, workflow: str = "") -> Runs:
    """Your runs, the newest first; `workflow` is an id or a name."""
    rows = Run.objects.of(person(request))
    if status:
        rows = rows.filter(status=status)
    if workflow:
        rows = rows_of(rows, person(request), workflow)
    found, onward = page(listed(rows), paging, "queued_at")
    return Runs(items=[RunOut.of(run, MOST_LISTED) for run in found], next=onward)


def rows_of(rows: RunQuerySet, user: User, workflow: str) -> RunQuerySet:
    """Those of `rows` that belong to a workflow of `user`'s; none where there is no such workflow."""
    try:
        return rows.filter(workflow=references.workflow(user, workflow))
    except MissingError:
        return rows.none()


@router.get("/runs/pending-help", response=HelpRequests)
def pending_help(request: HttpRequest, paging: Query[Paging]) -> HelpRequests:
    """The questions that wait for you, the oldest first."""
    rows = questions_of(HelpRequest.objects.of(person(request)).open())
    found, onward = page(rows, paging, "asked_at", newest_first=False)
    return HelpRequests(items=[HelpRequestOut.of(item) for item in found], next=onward)


@router.get("/runs/{run_id}", response=RunOut)
def show_run(request: HttpRequest, run_id: UUID) -> RunOut:
    """A run with its steps, tool calls, usage and questions."""
    return RunOut.of(own_run(person(request), run_id))


@router.get("/runs/{run_id}/events", response=Events)
def list_events(request: HttpRequest, run_id: UUID, paging: Query[MessagePaging]) -> Events:
    """Everything that a run has put into its conversation, in order."""
    run = one(Run.objects.of(person(request)), run_id, "run")
    rows = Message.objects.filter(conversation=run.conversation_id, run_id=run.pk).select_related("user")
    items, onward = stretch(rows, paging)
    return Events(items=[MessageOut.of(row) for row in items], next=onward)


@router.post("/runs/{run_id}/respond", response=RunOut, openapi_extra=PARAMETER)
@idempotent(200)
def respond(request: HttpRequest, run_id: UUID, body: RespondIn) -> RunOut:
    """Answer a question of a run. The first answer wins, and the run goes on."""
    engine.respond_to_run(
        one(Run.objects.of(person(request)), run_id, "run"),
        by=person(request),
        via=Message.Via.API,
        response=body.response or "",
        decision=body.decision or "",
        request_id=body.request_id,
        args_hash=body.args_hash or "",
        arguments=body.arguments,
    )
    return RunOut.of(own_run(person(request), run_id))


@router.post("/runs/{run_id}/cancel", response=RunOut, openapi_extra=PARAMETER)
@idempotent(200)
def cancel(request: HttpRequest, run_id: UUID) -> RunOut:
    """Stop a run: at once when it waits, else at its next checkpoint (`cancel_requested_at` is set until then)."""
    engine.cancel(one(Run.objects.of(person(request)), run_id, "run"), by=person(request))
    return RunOut.of(own_run(person(request), run_id))


@router.post("/runs/{run_id}/retry", response={202: RunOut}, openapi_extra=PARAMETER)
@idempotent(202)
def retry(request: HttpRequest, run_id: UUID) -> RunOut:
    """Start again where a failed or cancelled run ended: finished steps and calls are taken over, not repeated."""
    again = engine.retry(one(Run.objects.of(person(request)), run_id, "run"), by=person(request), trigger=Trigger.API)
    return RunOut.of(own_run(person(request), again.pk))


@router.post("/runs/{run_id}/rerun", response={202: RunOut}, openapi_extra=PARAMETER)
@idempotent(202)
def rerun(request: HttpRequest, run_id: UUID, body: RerunIn) -> RunOut:
    """Run the workflow of an ended run once more, as it stands now, with the inputs of that run and those given here."""
    run = one(Run.objects.of(person(request)), run_id, "run")
    again = engine.rerun(run, by=person(request), trigger=Trigger.API, inputs=body.inputs)
    return RunOut.of(own_run(person(request), again.pk))


@router.get("/queue", response=LoadOut)
def show_queue(request: HttpRequest) -> LoadOut:
    """How busy it is here, for all people together."""
    return LoadOut(**queue.load())
