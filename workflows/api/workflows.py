"""Workflows over HTTP: made, shown, changed, deleted, brought back, run. In addresses a workflow goes by its id or its name."""

from django.db import transaction
from django.http import HttpRequest
from ninja import Query, Router, Status

from chat.http.auth import person
from chat.http.idempotency import PARAMETER, idempotent
from chat.http.rows import Paging, one, page
from chat.models import Conversation
from workflows import editing, engine, references
from workflows.definition import Definition
from workflows.models import Trigger, Workflow
from workflows.rows import own_run, own_workflow, shown
from workflows.schemas import (
    ExecuteIn,
    RevisionOut,
    Revisions,
    RollbackIn,
    RunOut,
    WorkflowChange,
    WorkflowIn,
    WorkflowOut,
    Workflows,
)

router = Router(tags=["workflows"])


@router.get("/workflows", response=Workflows)
def list_workflows(request: HttpRequest, paging: Query[Paging]) -> Workflows:
    """Your workflows, the newest first."""
    found, onward = page(shown(Workflow.objects.of(person(request))), paging, "created_at")
    return Workflows(items=[WorkflowOut.of(row) for row in found], next=onward)


@router.post("/workflows", response={201: WorkflowOut}, openapi_extra=PARAMETER)
@idempotent(201)
def create_workflow(request: HttpRequest, body: WorkflowIn) -> WorkflowOut:
    """Make a workflow. What is wrong with it is told with its place, such as steps[1].agent."""
    made = editing.save(body.definition(), owner=person(request), by=person(request))
    return WorkflowOut.of(own_workflow(person(request), made.pk))


@router.get("/workflows/{workflow}", response=WorkflowOut)
def show_workflow(request: HttpRequest, workflow: str) -> WorkflowOut:
    """One workflow with its steps."""
    return WorkflowOut.of(own_workflow(person(request), references.workflow(person(request), workflow).pk))


@router.patch("/workflows/{workflow}", response=WorkflowOut)
def change_workflow(request: HttpRequest, workflow: str, body: WorkflowChange) -> WorkflowOut:
    """Change what is given, and leave the rest; as a new revision. Runs keep to the one that they began with."""
    with transaction.atomic():
        found = Workflow.objects.select_for_update(no_key=True).get(pk=references.workflow(person(request), workflow).pk)
        editing.save(body.over(Definition.of(found)), owner=found.owner, by=person(request), workflow=found)
        return WorkflowOut.of(own_workflow(person(request), found.pk))


@router.delete("/workflows/{workflow}", response={204: None})
def delete_workflow(request: HttpRequest, workflow: str) -> Status[None]:
    """Delete a workflow with its versions; refused while a run of it is at work or waits."""
    editing.delete(references.workflow(person(request), workflow))
    return Status(204, None)


@router.get("/workflows/{workflow}/revisions", response=Revisions)
def list_workflow_revisions(request: HttpRequest, workflow: str, paging: Query[Paging]) -> Revisions:
    """Every version of a workflow that was saved, the newest first."""
    rows = editing.revisions_of(references.workflow(person(request), workflow))
    found, onward = page(rows, paging, "made_at")
    return Revisions(items=[RevisionOut.of(row) for row in found], next=onward)


@router.post("/workflows/{workflow}/rollback", response=WorkflowOut)
def roll_back_workflow(request: HttpRequest, workflow: str, body: RollbackIn) -> WorkflowOut:
    """Make an earlier version the current one again, as a new revision."""
    found = references.workflow(person(request), workflow)
    editing.roll_back(editing.revision_of(found, body.revision), by=person(request))
    return WorkflowOut.of(own_workflow(person(request), found.pk))


@router.post("/workflows/{workflow}/execute", response={202: RunOut}, openapi_extra=PARAMETER)
@idempotent(202)
def execute_workflow(request: HttpRequest, workflow: str, body: ExecuteIn) -> RunOut:
    """Run a workflow. The run goes on by itself: GET /api/runs/{id} tells how far it is, and what it asks."""
    user = person(request)
    found = references.workflow(user, workflow)
    where = one(Conversation.objects.of(user), body.conversation_id, "conversation") if body.conversation_id else None
    run = engine.execute(found, by=user, trigger=Trigger.API, inputs=body.inputs, conversation=where)
    return RunOut.of(own_run(user, run.pk))
