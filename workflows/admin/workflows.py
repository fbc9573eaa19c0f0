"""Workflows, their steps, and every version of them."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from chat.admin_base import BaseAdmin, PageAdmin, ReadOnlyAdmin, link
from chat.http.auth import person
from workflows import editing, engine, timetable
from workflows.admin.deleting import DeletesByVerb
from workflows.admin.workflow_form import StepForm, StepFormSet, WorkflowForm
from workflows.definition import Definition
from workflows.errors import RefusedError
from workflows.input_fields import input_fields, typed_inputs
from workflows.models import Agent, Revision, Run, Step, Trigger, Workflow

if TYPE_CHECKING:
    from django.contrib.admin import StackedInline
else:
    from unfold.admin import StackedInline


class StepInline(StackedInline[Step, Workflow]):
    """The steps of a workflow, on its page."""

    model = Step
    form = StepForm
    formset = StepFormSet  # type: ignore[assignment] # its forms are of one kind
    extra = 0
    min_num = 1
    ordering_field = "position"
    fields = ["key", "agent", "prompt", "after", "when", "position"]


@admin.register(Workflow)
class WorkflowAdmin(DeletesByVerb, BaseAdmin[Workflow]):
    """Work in several steps. Every save is checked as a whole, and kept as a revision."""

    form = WorkflowForm
    inlines = [StepInline]
    list_display = ["name", "about", "step_count", "rhythm", "owner", "updated_at"]
    list_filter = ["execution_mode", "updated_at"]
    list_select_related = ["owner"]
    search_fields = ["name", "description", "owner__username"]
    empty_text = "A workflow is work in several steps, each an agent's. Make one here, or ask the assistant for it."
    verbs = {"run": "Run now"}
    actions = ["run_chosen"]

    def get_urls(self) -> list[URLPattern]:
        start = path("<uuid:pk>/start/", self.admin_site.admin_view(self.start), name=self.url_name("start"))
        return [start, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workflow]:
        rows: QuerySet[Workflow] = super().get_queryset(request).annotate(number_of_steps=Count("steps"))
        return rows

    def get_fieldsets(self, request: HttpRequest, obj: Workflow | None = None) -> Any:
        own = ["name", "description", "instruction", "inputs"]
        about = [("About it", {"fields": ["owner", "versions", "created_at", "updated_at", "buttons"]})] if obj else []
        return [
            (None, {"fields": own}),
            ("How it runs", {"fields": ["max_concurrent", "max_rounds", "budget_dollars", "budget_tokens"]}),
            ("When it runs", {"fields": [*timetable.TIMES, *(["runs"] if obj else [])]}),
            *about,
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Workflow | None = None) -> Any:
        return ["owner", "versions", "created_at", "updated_at", "buttons", "runs"] if obj else []

    def get_form(self, request: HttpRequest, obj: Workflow | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.maker = person(request)
        return form

    @admin.display(description="What it is good for")
    def about(self, row: Workflow) -> str:
        return Truncator(row.description or "—").chars(70)

    @admin.display(description="Steps")
    def step_count(self, row: Workflow) -> int:
        return int(getattr(row, "number_of_steps", 0))

    @admin.display(description="Dollars a run")
    def budget_dollars(self, row: Workflow) -> float | None:
        """For those who may only look, as below."""
        return row.budget.get("dollars")

    @admin.display(description="Tokens a run")
    def budget_tokens(self, row: Workflow) -> float | None:
        return row.budget.get("tokens")

    @admin.display(description="Runs by itself")
    def runs(self, row: Workflow) -> SafeString:
        """When, in words, with the next times and the task that carries it out: the apps above know that one."""
        return render_to_string("admin/parts/workflow_schedule.html", {"workflow": row})

    @admin.display(description="Runs by itself")
    def rhythm(self, row: Workflow) -> str:
        return timetable.described(row) or "—"

    @admin.display(description="Versions")
    def versions(self, row: Workflow) -> SafeString:
        """How many there are, and where they are."""
        address = f"{reverse('admin:workflows_revision_changelist')}?workflow__id__exact={row.pk}"
        return format_html('<a class="admin-link" href="{}">{} so far: compare them, or bring one back</a>', address, row.revisions.count())

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """What the verbs refuse, which the form could not know, is said on the page."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except RefusedError as exc:
            messages.error(request, str(exc))
            return redirect(request.path)

    def save_model(self, request: HttpRequest, obj: Workflow, form: Any, change: bool) -> None:
        """It is saved with its steps, below."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        (steps,) = formsets
        editing.save(steps.definition(), owner=form.instance.owner, by=person(request), workflow=form.instance)
        forget_changes(steps)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The workflows with all that is theirs alone. One that is at work stays, and the page says in which run."""
        rows = list(objs)
        lacking = set() if self.has_delete_permission(request) else {self.opts.verbose_name}
        at_work = Run.objects.unfinished().filter(workflow__in=rows).select_related("workflow")[:10]
        kept = [f"{run} of “{run.workflow}”, which has not ended" for run in at_work]
        named = [f"Workflow “{row}”, with its steps, versions and schedule" for row in rows]
        return named, {self.opts.verbose_name_plural: len(rows)}, lacking, kept

    def delete_row(self, request: HttpRequest, row: Workflow) -> None:
        editing.delete(row)

    def do(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        """A run that is given something is asked for it on a page of its own."""
        row = self.get_object(request, object_id) if verb == "run" and request.method == "POST" else None
        if row and self.may_do(request) and input_fields(Definition.of(row), {}, {}):
            return redirect(f"admin:{self.url_name('start')}", row.pk)
        return super().do(request, object_id, verb)

    def start(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Ask what a run is to be given, and run the workflow with it."""
        if not self.may_do(request):
            raise PermissionDenied
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        definition = Definition.of(row)
        given = typed_inputs(request.POST, definition) if request.method == "POST" else {}
        wrong: dict[str, str] = {}
        if request.method == "POST":
            try:
                begun = engine.execute(row, by=person(request), trigger=Trigger.ADMIN, inputs=given)
                return redirect("admin:workflows_run_change", begun.pk)
            except RefusedError as exc:
                messages.error(request, str(exc))
                wrong = exc.fields
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "original": row, "title": f"Run {row}", "row_name": str(row)}
        return TemplateResponse(request, "admin/start.html", {**frame, "fields": input_fields(definition, given, wrong)})

    def run(self, request: HttpRequest, row: Workflow) -> str:
        return f"{row} runs as {engine.execute(row, by=person(request), trigger=Trigger.ADMIN)}."

    @admin.action(description="Run now")
    def run_chosen(self, request: HttpRequest, rows: QuerySet[Workflow]) -> None:
        self.tell_each(request, "run", rows)


def forget_changes(steps: BaseInlineFormSet[Any, Any, Any]) -> None:
    """Django's own log asks formsets what they saved: these saved nothing themselves."""
    steps.new_objects, steps.changed_objects, steps.deleted_objects = [], [], []


@admin.register(Step)
class StepAdmin(ReadOnlyAdmin[Step]):
    """One agent's part of a workflow; changed on the page of the workflow."""

    list_display = ["key", "of", "agent", "position"]
    list_select_related = ["workflow", "agent"]
    search_fields = ["key", "workflow__name"]
    empty_text = "The steps of all workflows stand here, to find where an agent works."

    @admin.display(description="Workflow")
    def of(self, row: Step) -> SafeString:
        return link("workflows_workflow_change", row.workflow_id, row.workflow)


@admin.register(Revision)
class RevisionAdmin(PageAdmin[Revision]):
    """A workflow or an agent as it was saved once, and what was changed then."""

    page_template = "admin/revision.html"
    list_display = ["__str__", "made_by", "made_at"]
    list_select_related = ["workflow", "agent", "made_by"]
    list_filter = ["made_at"]
    search_fields = ["workflow__name", "agent__name"]
    ordering = ["-made_at"]
    sortable_by = ()
    empty_text = "Each save of a workflow or an agent keeps a version, which stands here."
    verbs = {"roll_back": "Roll back to this one"}

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup in ("workflow__id__exact", "agent__id__exact") or super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Revision]:
        return super().get_queryset(request).select_related("workflow__owner", "agent__owner", "made_by")

    def page(self, request: HttpRequest, row: Revision) -> dict[str, Any]:
        versions = editing.revisions_of(of(row))
        before = versions.filter(number__lt=row.number).first()
        return {
            "revision": row,
            "before": before,
            "newest": not versions.filter(number__gt=row.number).exists(),
            "changes": marked(editing.changes(before, row)) if before else [],
            "text": editing.as_text(row),
        }

    def roll_back(self, request: HttpRequest, row: Revision) -> str:
        return f"{editing.roll_back(row, by=person(request))} is as it was in version {row.number}, as a new version."


def of(revision: Revision) -> Workflow | Agent:
    """What it is a version of."""
    found = revision.workflow or revision.agent
    assert found is not None
    return found


def marked(changes: str) -> list[tuple[str, str]]:
    """The lines of a comparison behind its head, each with what it is: del, ins, place or same."""
    kinds = {"-": "del", "+": "ins", "@": "place"}
    return [(kinds.get(line[:1], "same"), line) for line in changes.splitlines()[2:]]
