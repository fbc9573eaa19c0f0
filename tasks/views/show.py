"""One task: when it comes, what it does, and what became of each of its times."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from chat.http.auth import person
from chat.http.rows import CURSOR, Paging, page
from chat.live import live
from tasks.models import STOPPABLE, Occurrence, Task, TaskStatus
from tasks.reading import coming, description
from tasks.views.actions import found
from tasks.views.rows import UNSEEN_OF_RUNS, outcome
from workflows.lines import cards, open_questions

HISTORY = 30
NEXT = 5


@dataclass(frozen=True)
class Past:
    """A due time that was, and in a word what became of it."""

    row: Occurrence
    status: str
    label: str


@login_required
@require_GET
def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A task's page; `?from=` leafs through its history."""
    place = request.GET.get("from", "").strip()
    if place and not re.fullmatch(CURSOR, place):
        raise BadRequest("No such place in the history.")
    task = found(person(request), pk)
    context = {**told(task), **history(task, place), "cards": asked(request, task), "every": "3s"}
    return live(request, "tasks/task.html", "tasks/parts/task.html", context)


def told(task: Task) -> dict[str, Any]:
    """What the page says of the task as it stands, and which of its buttons do something."""
    pending = task.status == TaskStatus.PENDING
    return {
        "task": task,
        "when": description(task),
        "next": coming(task, NEXT) if pending and task.enabled else [],
        "can_pause": pending and task.enabled,
        "can_resume": pending and not task.enabled,
        "can_run": pending and not task.active_run_id,
        "can_edit": pending and not task.managed_by_id,
        "can_cancel": task.status in STOPPABLE and not task.managed_by_id,
        "waits_for": task.depends_on.order_by("created_at") if pending else [],
    }


def history(task: Task, place: str) -> dict[str, Any]:
    """A stretch of its due times that were, the newest first, and where the next one begins."""
    rows = Occurrence.objects.filter(task=task).select_related("run").defer(*UNSEEN_OF_RUNS)
    some, onward = page(rows, Paging(limit=HISTORY, before=place or None, after=None), "due_at")
    here = reverse("task", args=[task.pk])
    return {
        "past": [Past(row, *outcome(row.state, row.run.status if row.run else "")) for row in some],
        "onward": f"{here}?from={onward}#history" if onward else "",
        "start": f"{here}#history" if place else "",
    }


def asked(request: HttpRequest, task: Task) -> list[dict[str, Any]]:
    """The questions of its run that wait for an answer; they are answered on the spot."""
    if not task.active_run_id:
        return []
    return cards(open_questions(person(request)).filter(run=task.active_run_id))
