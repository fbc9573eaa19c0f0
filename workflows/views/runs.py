"""Runs: the list, one of them, and what a person can do with it."""

import json
import re
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from chat.http.auth import person
from chat.http.rows import CURSOR, Paging, page
from chat.live import live, refused, told
from workflows import engine
from workflows.definition import Definition
from workflows.diagnosis import diagnosis
from workflows.errors import RefusedError
from workflows.input_fields import InputField, input_fields, typed_inputs
from workflows.lines import can_cancel, cards, lines, open_questions
from workflows.models import FINISHED, Lane, Run, RunStatus, StepRun, Trigger, Workflow
from workflows.models.run import RunQuerySet
from workflows.trace import trace

PAGE_SIZE = 50
LONGEST_SEARCH = 200
MOST_CHILDREN = 20


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """This person's runs, the newest first; `?status=`, `?q=` (in what was asked), `?workflow=` and `?before=` choose among them."""
    status, words, before, only = (request.GET.get(name, "").strip() for name in ("status", "q", "before", "workflow"))
    if (status and status not in RunStatus.values) or (before and not re.fullmatch(CURSOR, before)):
        raise BadRequest("No such status, or no such place in the list.")
    words = words[:LONGEST_SEARCH].replace("\0", "")
    workflow = one_of(person(request), only) if only else None
    rows = chosen(Run.objects.of(person(request)), status, words, workflow)
    found, onward = page(lines(rows), Paging(limit=PAGE_SIZE, before=before or None, after=None), "queued_at")
    context = {
        "runs": found,
        "filters": filters(status, words, only),
        "status": status,
        "q": words,
        "workflow": workflow,
        "older": link(status, words, only, onward) if onward else "",
        "newest": link(status, words, only) if before else "",
        "every": "5s" if not before or any(run.status not in FINISHED for run in found) else "",
    }
    return live(request, "site/runs.html", "site/parts/runs.html", context)


def one_of(user: User, pk: str) -> Workflow:
    """A workflow of `user`'s by its id, or 404."""
    try:
        return get_object_or_404(Workflow.objects.of(user), pk=UUID(pk))
    except ValueError as exc:
        raise BadRequest("No such workflow.") from exc


def chosen(rows: RunQuerySet, status: str, words: str, workflow: Workflow | None) -> RunQuerySet:
    """Those of `rows` in a status, with `words` in what was asked, and of a workflow; empty stands for any."""
    if status:
        rows = rows.filter(status=status)
    if workflow:
        rows = rows.filter(workflow=workflow)
    return rows.filter(Q(input__text__icontains=words) | Q(workflow__name__icontains=words)) if words else rows


def filters(status: str, words: str, only: str) -> list[dict[str, Any]]:
    """The tabs above the list."""
    named = {"": "All", **dict(RunStatus.choices), RunStatus.WAITING_FOR_USER: "Waiting"}
    return [{"label": label, "address": link(value, words, only), "current": value == status} for value, label in named.items()]


def link(status: str, words: str, only: str = "", before: str = "") -> str:
    """The address of a part of the list; `only` is a workflow's id."""
    query = QueryDict(mutable=True)
    given = (("status", status), ("q", words), ("workflow", only), ("before", before))
    query.update({name: value for name, value in given if value})
    return f"{reverse('runs')}?{query.urlencode()}" if query else reverse("runs")


@login_required
@require_GET
def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One run, with all that happened in it."""
    return whole_page(request, own(request, pk), {}, {})


def own(request: HttpRequest, pk: UUID) -> Run:
    """A run of this person's with what its page reads; anybody else's is as missing as one that never was."""
    rows = lines(Run.objects.of(person(request))).select_related("retry_of", "owner", "revision", "parent__workflow")
    return get_object_or_404(rows, pk=pk)


def whole_page(request: HttpRequest, run: Run, given: dict[str, str], wrong: dict[str, str]) -> HttpResponse:
    """The page of a run; `given` and `wrong` are what was typed to run it again, and what was wrong with that."""
    told_in_full = trace(run)
    context = {
        "run": run,
        "trace": told_in_full,
        "cards": cards(open_questions(person(request)).filter(run=run)),
        "next_try": run.retries.order_by().first() if getattr(run, "retried", False) else None,
        "can_cancel": can_cancel(run),
        "children": lines(Run.objects.filter(parent=run, retry_of=None)).order_by("queued_at")[:MOST_CHILDREN],
        "again": again_fields(run, given, wrong),
        "again_open": bool(wrong),
        "diagnosis": diagnosis(told_in_full),
        "every": "" if run.status in FINISHED else "1s" if run.lane == Lane.RUN else "2s",
    }
    return live(request, "site/run.html", "site/parts/run.html", context)


def again_fields(run: Run, given: dict[str, str], wrong: dict[str, str]) -> list[InputField] | None:
    """What a workflow's run can be run again with: as it was given, until something else is typed; None where it cannot be."""
    if run.workflow is None or run.status not in FINISHED:
        return None
    return input_fields(Definition.of(run.workflow), run.input.get("inputs", {}) | given, wrong)


@login_required
@require_POST
def again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Run the workflow of an ended run once more, with the inputs that were typed."""
    run = own(request, pk)
    definition = Definition.of(run.workflow) if run.workflow else None
    given = typed_inputs(request.POST, definition) if definition else {}
    missing = definition.needed() - given.keys() if definition else set()
    if missing:
        return whole_page(request, run, dict.fromkeys(missing, ""), {f"inputs.{name}": "This is needed." for name in missing})
    try:
        begun = engine.rerun(run, by=person(request), trigger=Trigger.CHAT, inputs=given)
    except RefusedError as exc:
        messages.error(request, str(exc))
        return redirect("run", pk)
    return redirect("run", begun.pk)


@login_required
@require_GET
def raw(request: HttpRequest, pk: UUID, step: UUID) -> HttpResponse:
    """What a step's model was sent and gave, as it is kept."""
    found = get_object_or_404(StepRun.objects.filter(run__owner=person(request), run=pk).select_related("run__workflow"), pk=step)
    text = json.dumps(found.messages, ensure_ascii=False, indent=2)
    return render(request, "site/run_messages.html", {"step": found, "run": found.run, "text": text})


@login_required
@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop a run."""
    run = get_object_or_404(Run.objects.of(person(request)), pk=pk)
    try:
        stopped = engine.cancel(run, by=person(request))
    except RefusedError as exc:
        return refused(exc)
    return told("Cancelled." if stopped.status in FINISHED else "It stops as soon as its worker hears of it.")


@login_required
@require_POST
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Try a failed run again, as a new run; `then=open` goes to its page."""
    run = get_object_or_404(Run.objects.of(person(request)), pk=pk)
    try:
        again = engine.retry(run, by=person(request), trigger=Trigger.CHAT)
    except RefusedError as exc:
        return refused(exc)
    if request.POST.get("then") == "open":
        return HttpResponseClientRedirect(reverse("run", args=[again.pk]))
    return told("It is tried again, as a new run.")
