"""Runs: the list, one of them, and what a person can do with it."""

import re
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from chat.http.auth import person
from chat.http.rows import CURSOR, Paging, page
from chat.live import live, refused, told
from workflows import engine
from workflows.diagnosis import diagnosis
from workflows.errors import RefusedError
from workflows.lines import can_cancel, cards, lines, open_questions
from workflows.models import FINISHED, Run, RunStatus, Trigger
from workflows.models.run import RunQuerySet
from workflows.trace import trace

PAGE_SIZE = 50
LONGEST_SEARCH = 200


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """This person's runs, the newest first; `?status=`, `?q=` (in what was asked) and `?before=` choose among them."""
    status, words, before = (request.GET.get(name, "").strip() for name in ("status", "q", "before"))
    if (status and status not in RunStatus.values) or (before and not re.fullmatch(CURSOR, before)):
        raise BadRequest("No such status, or no such place in the list.")
    words = words[:LONGEST_SEARCH].replace("\0", "")
    rows = chosen(Run.objects.of(person(request)), status, words)
    found, onward = page(lines(rows), Paging(limit=PAGE_SIZE, before=before or None, after=None), "queued_at")
    context = {
        "runs": found,
        "filters": filters(status, words),
        "status": status,
        "q": words,
        "older": link(status, words, onward) if onward else "",
        "newest": link(status, words) if before else "",
        "every": "5s" if not before or any(run.status not in FINISHED for run in found) else "",
    }
    return live(request, "site/runs.html", "site/parts/runs.html", context)


def chosen(rows: RunQuerySet, status: str, words: str) -> RunQuerySet:
    """Those of `rows` in a status, and with `words` in what was asked; empty stands for any."""
    if status:
        rows = rows.filter(status=status)
    return rows.filter(input__text__icontains=words) if words else rows


def filters(status: str, words: str) -> list[dict[str, Any]]:
    """The tabs above the list."""
    named = {"": "All", **dict(RunStatus.choices), RunStatus.WAITING_FOR_USER: "Waiting"}
    return [{"label": label, "address": link(value, words), "current": value == status} for value, label in named.items()]


def link(status: str, words: str, before: str = "") -> str:
    """The address of a part of the list."""
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in (("status", status), ("q", words), ("before", before)) if value})
    return f"{reverse('runs')}?{query.urlencode()}" if query else reverse("runs")


@login_required
@require_GET
def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One run, with all that happened in it."""
    rows = lines(Run.objects.of(person(request))).select_related("retry_of", "owner")
    run = get_object_or_404(rows, pk=pk)
    told_in_full = trace(run)
    context = {
        "run": run,
        "trace": told_in_full,
        "cards": cards(open_questions(person(request)).filter(run=run)),
        "next_try": run.retries.first(),
        "can_cancel": can_cancel(run),
        "diagnosis": diagnosis(told_in_full),
        "every": "" if run.status in FINISHED else "2s",
    }
    return live(request, "site/run.html", "site/parts/run.html", context)


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
