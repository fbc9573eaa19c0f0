"""Workflows: the list, one of them, and what a person can do with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat.http.auth import person
from chat.http.rows import CURSOR, Paging, page
from chat.live import live
from workflows import editing, engine, timetable
from workflows.definition import Definition
from workflows.drawing import Drawing, draw, told
from workflows.errors import MissingError, RefusedError
from workflows.input_fields import input_fields, typed_inputs
from workflows.lines import lines
from workflows.models import Revision, Run, Step, Trigger, Workflow
from workflows.record import Record, records, since
from workflows.rows import shown

PAGE_SIZE = 50
LONGEST_SEARCH = 200
NEWEST = 10


@dataclass(frozen=True)
class StepShown:
    """A step as a page tells it."""

    row: Step
    condition: str


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """This person's workflows, the last changed first; `?q=` looks into names and descriptions, `?before=` leafs."""
    words, before = (request.GET.get(name, "").strip() for name in ("q", "before"))
    if before and not re.fullmatch(CURSOR, before):
        raise BadRequest("No such place in the list.")
    words = words[:LONGEST_SEARCH].replace("\0", "")
    rows = since(Workflow.objects.of(person(request)).annotate(size=Count("steps")))
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(description__icontains=words))
    found, onward = page(rows, Paging(limit=PAGE_SIZE, before=before or None, after=None), "updated_at")
    past = records((row.pk, getattr(row, "since", None)) for row in found)
    context = {
        "rows": [{"workflow": row, "past": past[row.pk], "rhythm": timetable.described(row)} for row in found],
        "q": words,
        "older": link(words, onward) if onward else "",
        "newest": link(words) if before else "",
        "every": "5s",
    }
    return live(request, "site/workflows.html", "site/parts/workflows.html", context)


def link(words: str, before: str = "") -> str:
    """The address of a part of the list."""
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in (("q", words), ("before", before)) if value})
    return f"{reverse('workflows')}?{query.urlencode()}" if query else reverse("workflows")


def own(request: HttpRequest, pk: UUID) -> Workflow:
    """A workflow of this person's, with its steps and their agents; anybody else's is as missing as one that never was."""
    return get_object_or_404(shown(since(Workflow.objects.of(person(request)))), pk=pk)


@login_required
@require_GET
def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One workflow: drawn, told, and how it goes."""
    return whole_page(request, own(request, pk), {}, {})


def whole_page(request: HttpRequest, workflow: Workflow, given: Mapping[str, str], wrong: Mapping[str, str]) -> HttpResponse:
    """The page of a workflow; `given` and `wrong` are what was typed for a run, and what was wrong with it."""
    definition = Definition.of(workflow)
    versions = list(editing.revisions_of(workflow).defer("data")[: NEWEST + 1])
    context = {
        "workflow": workflow,
        "drawing": drawn(definition, workflow),
        "steps": [StepShown(step, told(part.when)) for step, part in zip(workflow.steps.all(), definition.steps, strict=True)],
        "fields": input_fields(definition, given, wrong),
        "given": bool(given or wrong),
        "past": past(workflow),
        "runs": lines(Run.objects.filter(workflow=workflow))[:NEWEST],
        "versions": versions[:NEWEST],
        "more_versions": len(versions) > NEWEST,
        "every": "2s",
    }
    return live(request, "site/workflow.html", "site/parts/workflow.html", context)


def past(workflow: Workflow) -> Record:
    """How it has gone lately."""
    return records([(workflow.pk, getattr(workflow, "since", None))])[workflow.pk]


def drawn(definition: Definition, workflow: Workflow) -> Drawing | None:
    """The picture of a workflow; none while it has no steps."""
    names = {str(step.agent_id): step.agent.name for step in workflow.steps.all()}
    return draw(definition, names) if definition.steps else None


@login_required
@require_POST
def run(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Run a workflow with the inputs that were typed, and go to the run's page."""
    workflow = own(request, pk)
    given = typed_inputs(request.POST, Definition.of(workflow))
    try:
        begun = engine.execute(workflow, by=person(request), trigger=Trigger.CHAT, inputs=given)
    except RefusedError as exc:
        messages.error(request, str(exc))
        return whole_page(request, workflow, given, exc.fields or {"": str(exc)})
    return redirect("run", begun.pk)


@login_required
@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete a workflow; its runs stay."""
    workflow = own(request, pk)
    try:
        editing.delete(workflow)
    except RefusedError as exc:
        messages.error(request, str(exc))
        return redirect("workflow", pk)
    messages.success(request, f"“{workflow.name}” is deleted.")
    return redirect("workflows")


@login_required
@require_http_methods(["GET", "POST"])
def revision(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """A version of a workflow: what it changed, and the way back to it."""
    workflow = own(request, pk)
    try:
        chosen = editing.revision_of(workflow, number)
    except MissingError as exc:
        raise Http404(str(exc)) from exc
    if request.method == "POST":
        return rolled_back(request, chosen)
    before = editing.revisions_of(workflow).filter(number__lt=number).first()
    now = editing.revisions_of(workflow).first()
    current = now is None or now == chosen
    context = {
        "workflow": workflow,
        "revision": chosen,
        "current": current,
        "changes": compared(before, chosen),
        "back": [] if current else compared(now, chosen),
        "text": editing.as_text(chosen),
        "before": before,
        "after": None if current else editing.revisions_of(workflow).filter(number__gt=number).order_by("number").first(),
    }
    return render(request, "site/workflow_revision.html", context)


def compared(one: Revision | None, other: Revision) -> list[dict[str, str]]:
    """The lines of a comparison, each with what it is: added, gone, place or same."""
    if one is None:
        return []
    kinds = {"+": "added", "-": "gone", "@": "place"}
    body = editing.changes(one, other).splitlines()[2:]
    return [{"kind": kinds.get(text[:1], "same"), "text": "…" if text[:1] == "@" else text[1:], "sign": text[:1]} for text in body]


def rolled_back(request: HttpRequest, chosen: Revision) -> HttpResponse:
    """Bring a version back, as a new one."""
    try:
        editing.roll_back(chosen, by=person(request))
    except RefusedError as exc:
        messages.error(request, f"Version {chosen.number} cannot be brought back. {exc}")
        return redirect("workflow-revision", chosen.workflow_id, chosen.number)
    messages.success(request, f"Version {chosen.number} holds again.")
    return redirect("workflow", chosen.workflow_id)
