"""Runs, questions and workflows as lists show them: with all that belongs to them, in a fixed number of queries."""

from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Case, Count, IntegerField, OuterRef, Prefetch, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from chat.http.rows import one
from workflows.models import HelpRequest, Revision, Run, RunStatus, Step, StepRun, Workflow
from workflows.models.run import RunQuerySet
from workflows.models.workflow import WorkflowQuerySet


def listed(rows: RunQuerySet) -> RunQuerySet:
    """`rows` with their agents, steps, tool calls, questions, and their places in the queue.

    Checkpoints stay behind: they are large, and nobody looks at them.
    """
    steps = StepRun.objects.select_related("agent").defer("messages", "agent__instructions").prefetch_related("tool_calls")
    questions = questions_of(HelpRequest.objects.all()).order_by("asked_at", "pk")
    related = (Prefetch("steps", steps), Prefetch("help_requests", questions))
    whose = rows.select_related("agent", "workflow", "revision").defer("revision__data", "agent__instructions")
    return whose.prefetch_related(*related).annotate(position=place())


def place() -> Case:
    """A queued run's place in its lane, from 1."""
    ahead = Run.objects.ready().filter(lane=OuterRef("lane"), queued_at__lt=OuterRef("queued_at")).order_by()
    count = Subquery(ahead.values("lane").annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    return Case(When(status=RunStatus.QUEUED, then=Coalesce(count, 0) + Value(1)), default=None, output_field=IntegerField())


def questions_of(rows: QuerySet[HelpRequest]) -> QuerySet[HelpRequest]:
    """`rows` with what their bodies read."""
    return rows.select_related("run", "answered_by").defer("run__input", "run__output")


def own_run(user: User, run_id: UUID) -> Run:
    """A run of `user`'s with all that belongs to it, or MissingError."""
    return one(listed(Run.objects.of(user)), run_id, "run")


def shown(rows: WorkflowQuerySet) -> WorkflowQuerySet:
    """`rows` with their steps, the steps' agents, and the number of their newest version."""
    steps = Step.objects.select_related("agent").defer("agent__instructions")
    newest = Revision.objects.filter(workflow=OuterRef("pk")).order_by("-number").values("number")[:1]
    return rows.prefetch_related(Prefetch("steps", steps)).annotate(revision=Subquery(newest))


def own_workflow(user: User, workflow_id: UUID) -> Workflow:
    """A workflow of `user`'s with all that belongs to it, or MissingError."""
    return one(shown(Workflow.objects.of(user)), workflow_id, "workflow")
