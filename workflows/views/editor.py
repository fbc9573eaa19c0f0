"""Making and changing a workflow, as a form or as JSON."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from chat.http.auth import person
from chat.profile import zones
from workflows import editing
from workflows.definition import MOST_ROUNDS, Definition, check
from workflows.drawing import Drawing, draw
from workflows.editor import OPS, Sheet, filled, next_step, posted
from workflows.editor_times import CHOICES, understood
from workflows.errors import InvalidError
from workflows.models import Agent, Workflow
from workflows.reading import read
from workflows.views.workflows import own

# A definition is at most a hundred steps; what is longer is none.
LONGEST_JSON = 3_000_000


@dataclass
class Work:
    """What somebody is writing: the form, or JSON; and what is wrong with that."""

    sheet: Sheet
    agents: dict[str, str]
    json: str | None = None
    wrong: dict[str, str] = field(default_factory=dict)

    def definition(self) -> Definition:
        """What was written. Raises InvalidError that names the place of each mistake."""
        if self.json is None:
            return self.read(self.sheet.data())
        try:
            data = json.loads(self.json[:LONGEST_JSON])
        except (ValueError, RecursionError) as exc:
            raise InvalidError(f"This is not JSON: {exc}.", fields={"": f"This is not JSON: {exc}."}) from exc
        return self.read(data)

    def read(self, data: Any) -> Definition:
        """`data` as a definition. A name that is missing hides no other mistake."""
        nameless = isinstance(data, dict) and not str(data.get("name", "")).strip()
        definition = read(Definition, {**data, "name": "…"} if nameless else data)
        if not nameless:
            return definition
        missing = {"name": "It has none: give it one, such as Weekly report."}
        try:
            check(definition, self.known)
        except InvalidError as exc:
            raise InvalidError(str(exc), fields=missing | exc.fields) from exc
        raise InvalidError(missing["name"], fields=missing)

    @property
    def known(self) -> set[str]:
        """What steps may call their agents."""
        return {*self.agents, *self.agents.values()}

    def checked(self) -> Definition:
        """What was written, if it could be saved. Raises InvalidError."""
        definition = self.definition()
        check(definition, self.known)
        return definition

    def refuse(self, error: InvalidError) -> None:
        """Put each mistake where it belongs."""
        self.wrong = dict(error.fields or {"": str(error)})
        if self.json is None:
            self.sheet.mark(self.wrong)

    def mistakes(self) -> list[tuple[str, str]]:
        """Where something is wrong, as whoever writes sees the place, and what."""
        label = self.sheet.label if self.json is None else str
        return [(label(place), sentence) for place, sentence in self.wrong.items()]

    def drawing(self) -> Drawing | None:
        """The picture of what stands in the form; none while its steps cannot be told apart."""
        keys = [row.key for row in self.sheet.steps]
        if self.json is not None or not keys or not all(keys) or len(set(keys)) < len(keys):
            return None
        try:
            return draw(read(Definition, {**self.sheet.data(), "name": "…"}), self.agents)
        except InvalidError:
            return None


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make a workflow; `?from=` begins with a copy of another one of theirs."""
    source = request.GET.get("from")
    if source is None:
        return edited(request, None)
    try:
        like = own(request, UUID(source))
    except ValueError:
        return redirect("workflow-new")
    copy = filled(Definition.of(like))
    copy.own["name"] = free_name(request, like.name)
    return edited(request, None, copy)


def free_name(request: HttpRequest, name: str) -> str:
    """A name for a copy that no workflow of theirs has."""
    taken = set(Workflow.objects.of(person(request)).values_list("name", flat=True))
    names = (f"{name[:80]} (copy{f' {n}' if n > 1 else ''})" for n in range(1, len(taken) + 2))
    return next(one for one in names if one not in taken)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a workflow, as a new version."""
    workflow = own(request, pk)
    return edited(request, workflow, filled(Definition.of(workflow)))


def edited(request: HttpRequest, workflow: Workflow | None, start: Sheet | None = None) -> HttpResponse:
    """The form; saved when it was sent by its button, else as it was changed meanwhile."""
    agents = {str(pk): name for pk, name in Agent.objects.of(person(request)).values_list("pk", "name")}
    if request.method == "GET":
        return form(request, workflow, Work(start or blank(agents), agents))
    work = Work(posted(request.POST), agents, request.POST.get("json"))
    if request.headers.get("HX-Request"):
        looked_at(work, request.POST.get("do", ""), tried="tried" in request.POST)
        return form(request, workflow, work)
    return saved(request, workflow, work)


def blank(agents: dict[str, str]) -> Sheet:
    """A workflow of one step that nobody has written yet."""
    sheet = Sheet()
    first = next_step([])
    first.agent, first.fresh = next(iter(agents), ""), False
    sheet.steps.append(first)
    return sheet


def looked_at(work: Work, what: str, *, tried: bool) -> None:
    """Do what a button says; mistakes are told to whoever has tried to save before."""
    if what in ("as-json", "as-form"):
        turned(work, what)
        return
    work.sheet.change(what)
    if not tried:
        return
    try:
        work.checked()
    except InvalidError as exc:
        work.refuse(exc)


def turned(work: Work, what: str) -> None:
    """From the form to JSON as it stands; back only when it is right."""
    if what == "as-json":
        data = work.sheet.data()
        steps = [{**step, "agent": work.agents.get(step["agent"], step["agent"])} for step in data["steps"]]
        work.json = json.dumps({**data, "steps": steps}, ensure_ascii=False, indent=2)
        return
    try:
        sheet = filled(work.checked())
    except InvalidError as exc:
        work.refuse(exc)
        return
    by_name = {name: pk for pk, name in work.agents.items()}
    for row in sheet.steps:
        row.agent = by_name.get(row.agent, row.agent)
    work.sheet, work.json = sheet, None


def saved(request: HttpRequest, workflow: Workflow | None, work: Work) -> HttpResponse:
    """To the workflow's page; or the form again with what is wrong."""
    newest = str(getattr(workflow, "revision", None) or "")
    if workflow and request.POST.get("version", "") != newest:
        work.wrong[""] = f"It was changed meanwhile, and is at version {newest} now. Save again to put this in its place."
        return form(request, workflow, work, tried=True)
    try:
        made = editing.save(work.definition(), owner=person(request), by=person(request), workflow=workflow)
    except InvalidError as exc:
        work.refuse(exc)
        return form(request, workflow, work, tried=True)
    messages.success(request, f"“{made.name}” is saved.")
    return redirect("workflow", made.pk)


def form(request: HttpRequest, workflow: Workflow | None, work: Work, *, tried: bool = False) -> HttpResponse:
    """The form: all of its page, or to a form that asks by itself the form alone."""
    context: dict[str, Any] = {
        "workflow": workflow,
        "sheet": work.sheet.linked(),
        "agents": work.agents,
        "json": work.json,
        "wrong": work.mistakes(),
        "drawing": work.drawing(),
        "ops": OPS,
        "most_rounds": MOST_ROUNDS,
        "understood": understood(work.sheet.own, person(request)),
        **CHOICES,
        "tried": tried or "tried" in request.POST,
        "address": reverse("workflow-edit", args=[workflow.pk]) if workflow else reverse("workflow-new"),
    }
    if not request.headers.get("HX-Request"):
        context["zones"] = zones()
    page = "site/parts/workflow_form.html" if request.headers.get("HX-Request") else "site/workflow_form.html"
    return render(request, page, context)
