"""Making and changing a task: said in a sentence or filled in, and shown as understood before it is saved."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat.http.auth import person
from chat.models import Conversation, Message
from chat.profile import zones
from tasks import planning
from tasks.drafts import Draft
from tasks.models import Mode, Task, TaskStatus
from tasks.reading import coming, description
from tasks.timing import checked_zone, first_due, timing
from tasks.views.actions import found
from tasks.views.sheet import Sheet, blank, filled, posted
from workflows import references
from workflows.definition import Definition
from workflows.errors import InvalidError, RefusedError
from workflows.input_fields import InputField, input_fields
from workflows.models import Agent, Misfire, Overlap, Workflow
from workflows.schedules import Due

SHOWN = 3
MOST_CHOICES = 100
MOST_CONVERSATIONS = 30
LONGEST_SENTENCE = 1000
# What one can write, and each is understood.
SAYINGS = ("in 2 hours remind me to …", "tomorrow at 9 …", "every weekday at 9 …", "every Monday at 8:30 …", "every 15 minutes …")


@dataclass(frozen=True)
class Preview:
    """What was understood so far: what happens, when in words, and the next times; or what is not clear yet."""

    what: str = ""
    mode: str = ""
    when: str = ""
    next: tuple[Due, ...] = ()
    task: Task | None = None
    unclear: str = ""


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make a task; `?say=` begins with a sentence, `?in=` in a conversation."""
    owner = person(request)
    if request.method == "GET":
        sheet = blank(owner, request.GET.get("say", "").replace("\0", "")[:LONGEST_SENTENCE])
        sheet.typed["conversation"] = request.GET.get("in", "")
        return form(request, sheet, None)
    sheet = posted(request.POST)
    try:
        added = planning.add(sheet.draft(owner, timezone.now()), owner=owner, by=owner, via=Message.Via.WEB)
    except RefusedError as exc:
        return refused(request, sheet, None, exc)
    if added.created:
        messages.success(request, f"“{added.task.title}” is scheduled.")
    else:
        messages.info(request, "This task is there already, so it was not made a second time.")
    return redirect("task", added.task.pk)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a task that is pending."""
    task = found(person(request), pk)
    if request.method == "GET":
        return form(request, filled(task), task)
    sheet = posted(request.POST)
    try:
        changed = planning.update(task, sheet.changes(task), by=person(request))
    except RefusedError as exc:
        return refused(request, sheet, task, exc)
    messages.success(request, f"“{changed.title}” is changed.")
    return redirect("task", pk)


@login_required
@require_POST
def understood(request: HttpRequest) -> HttpResponse:
    """What the form says so far; nothing is saved."""
    owner = person(request)
    return render(request, "tasks/parts/understood.html", {"preview": preview(posted(request.POST), owner)})


@login_required
@require_GET
def inputs(request: HttpRequest) -> HttpResponse:
    """What the chosen workflow asks for."""
    sheet = Sheet({"workflow": request.GET.get("workflow", "")})
    return render(request, "tasks/parts/inputs.html", {"fields": input_rows(person(request), sheet)})


def refused(request: HttpRequest, sheet: Sheet, task: Task | None, error: RefusedError) -> HttpResponse:
    """The form as it was sent, with what is wrong."""
    sheet.refuse(error)
    return form(request, sheet, task)


def form(request: HttpRequest, sheet: Sheet, task: Task | None) -> HttpResponse:
    """The whole page; what is wrong stands at its field, and is not said a second time as what was understood."""
    owner = person(request)
    fields = input_rows(owner, sheet)
    context: dict[str, Any] = {
        "task": task,
        "sheet": sheet,
        "preview": Preview() if sheet.wrong else preview(sheet, owner),
        "fields": fields,
        "apart": sheet.apart(field.name for field in fields),
        "exact": bool(task or sheet.typed.get("when") or sheet.wrong.keys() - {"say", ""}),
        "sayings": SAYINGS,
        "modes": Mode.choices,
        "overlaps": Overlap.choices,
        "misfires": Misfire.choices,
        "zones": zones(),
        **choices(owner, task),
        "action": reverse("task-edit", args=[task.pk]) if task else reverse("task-new"),
    }
    return render(request, "tasks/form.html", context)


def choices(owner: User, task: Task | None) -> dict[str, Any]:
    """What can be chosen from: agents, workflows, where it reports, and what it may wait for."""
    once = Task.objects.of(owner).filter(status=TaskStatus.PENDING, schedule="", continuous=False)
    # What it waits for already is there to be unticked, whatever has become of it.
    present = list(task.depends_on.only("pk", "title").order_by("title", "pk")) if task else []
    others = once.exclude(pk__in=[task.pk, *(other.pk for other in present)]) if task else once
    return {
        "agents": Agent.objects.of(owner).only("pk", "name").order_by("name")[:MOST_CHOICES],
        "workflows": Workflow.objects.of(owner).only("pk", "name").order_by("name")[:MOST_CHOICES],
        "places": [] if task else Conversation.objects.of(owner).filter(archived=False)[:MOST_CONVERSATIONS],
        "others": [*present, *others.only("pk", "title").order_by("next_due_at", "pk")[:MOST_CONVERSATIONS]],
    }


def input_rows(owner: User, sheet: Sheet) -> list[InputField]:
    """What the workflow that is chosen asks for, with what was typed."""
    chosen = sheet.typed.get("workflow", "")
    workflow = Workflow.objects.of(owner).filter(pk=chosen).first() if references.as_id(chosen) else None
    if workflow is None:
        return []
    return input_fields(Definition.of(workflow), sheet.inputs, sheet.wrong)


def preview(sheet: Sheet, owner: User) -> Preview:
    """What the form says as it stands."""
    if not (sheet.typed.get("say") or sheet.typed.get("when")):
        return Preview()
    now = timezone.now()
    try:
        draft = sheet.draft(owner, now)
        checked_zone(draft.time_zone)
        task = sketched(draft, owner)
    except InvalidError as exc:
        return Preview(unclear=next(iter(exc.fields.values()), str(exc)))
    mode = Mode(draft.mode).label
    return Preview(draft.text or draft.workflow or "", mode, description(task), tuple(coming(task, SHOWN)), task)


def sketched(draft: Draft, owner: User) -> Task:
    """A task that is not saved, with the draft's time."""
    now = timezone.now()
    task = Task(owner=owner, mode=draft.mode, starts_at=now)
    said = timing(draft, task, now)
    task.run_at, task.schedule, task.time_zone = said.run_at, said.schedule, said.time_zone
    task.next_due_at = first_due(task, now)
    return task
