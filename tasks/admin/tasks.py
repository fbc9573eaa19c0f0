"""What is scheduled: seen, made, changed, paused, run and cancelled, by the same verbs as everywhere."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator

from chat.admin_base import BaseAdmin, badge, link
from chat.http.auth import person
from chat.models import Message
from tasks import planning, reading
from tasks.admin.occurrences import OccurrenceInline
from tasks.admin.task_form import TaskForm
from tasks.admin.times import to_come
from tasks.fields import named, waiting_for
from tasks.models import STOPPABLE, Occurrence, OccurrenceState, Task, TaskStatus
from workflows.errors import RefusedError
from workflows.models import Run, RunStatus

# What a page tells first, as far as there is something to tell, and what it tells last.
NOW = {
    "state": "status",
    "paused_because": "paused_because",
    "managed": "managed_by_id",
    "active": "active_run_id",
    "last_error": "last_error",
}
ABOUT = ["owner", "conversation_link", "made_by", "failures", "created_at"]
# A page without fields shows the next times that the field of the schedule else would.
COMING = 5


class RecursFilter(admin.SimpleListFilter):
    """Tasks that happen once, or again and again."""

    title = "how often"
    parameter_name = "recurs"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("once", "Once"), ("again", "Again and again")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        match self.value():
            case "once":
                return queryset.filter(schedule="", continuous=False)
            case "again":
                return queryset.exclude(schedule="", continuous=False)
        return queryset


@admin.register(Task)
class TaskAdmin(BaseAdmin[Task]):
    """What is scheduled, everybody's. A task that carries out a workflow's schedule is changed there."""

    form = TaskForm
    list_display = ["titled", "state", "when", "due", "result", "does", "who"]
    list_filter = ["status", "enabled", "mode", RecursFilter, ("managed_by", admin.EmptyFieldListFilter), "next_due_at"]
    list_select_related = ["owner", "workflow"]
    search_fields = ["title", "text", "owner__username"]
    ordering = ["-id"]
    sortable_by = ["due"]
    autocomplete_fields = ["conversation", "depends_on"]
    readonly_fields = [*NOW, "next", "buttons", *ABOUT]
    verbs = {"run": "Run now", "pause": "Pause", "resume": "Resume", "cancel": "Cancel"}
    actions = ["run_chosen", "pause_chosen", "resume_chosen", "cancel_chosen"]
    empty_text = "A task is something to be done later, once or again and again. Make one here, or ask the assistant for it."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        newest = Occurrence.objects.filter(task=OuterRef("pk")).exclude(state=OccurrenceState.QUEUED).order_by("-due_at")
        last = {"last_state": Subquery(newest.values("state")[:1]), "last_run_status": Subquery(newest.values("run__status")[:1])}
        return super().get_queryset(request).annotate(**last)

    def get_inlines(self, request: HttpRequest, obj: Task | None) -> list[Any]:
        return [OccurrenceInline] if obj and obj.occurrences.exists() else []

    def get_fieldsets(self, request: HttpRequest, obj: Task | None = None) -> Any:
        place, twice = ([], []) if obj else (["conversation"], ["allow_duplicates"])
        soon = ["delay"] if self.has_change_permission(request, obj) else []
        now = [name for name, column in NOW.items() if getattr(obj, column)] if obj else []
        do = ["buttons"] if obj and self.offered(obj) and self.may_do(request) else []
        return [
            *([("Now", {"fields": [*now, "next", *do]})] if obj else []),
            (None, {"fields": ["title", "mode", "text", "agent", "workflow", "inputs", *place]}),
            ("When", {"fields": ["run_at", *soon, "schedule", "time_zone"]}),
            ("Rules", {"fields": ["overlap", "misfire", "grace_seconds", "depends_on"]}),
            ("More", {"fields": ["metadata", *twice]}),
            *([("About it", {"fields": ABOUT})] if obj else []),
        ]

    def get_form(self, request: HttpRequest, obj: Task | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.maker, form.refused = person(request), getattr(request, "refused", None)
        return form

    def has_change_permission(self, request: HttpRequest, obj: Task | None = None) -> bool:
        """A workflow's own task is changed on the page of the workflow, and what is at work or over not at all."""
        changeable = obj is None or (obj.status == TaskStatus.PENDING and not obj.managed_by_id)
        return changeable and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Task | None = None) -> bool:
        """A workflow's own task goes with its schedule."""
        return not (obj and obj.managed_by_id) and super().has_delete_permission(request, obj)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """What the verbs refuse is said at its field: the form, sent once more, knows what they said."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except RefusedError as exc:
            request.refused = exc  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Task, form: Any, change: bool) -> None:
        by = person(request)
        if change:
            saved = planning.update(obj, form.changes(), by=by)
        else:
            added = planning.add(form.draft(), owner=by, by=by, via=Message.Via.WEB)
            saved = added.task
            if not added.created:
                messages.warning(request, "The very same task is there already: this is it, and nothing new was made.")
        obj.__dict__.update(saved.__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The verbs have written all of it; nobody writes the history, but Django asks it what became of it."""
        for history in formsets:
            self.save_formset(request, form, history, change)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """What cannot be deleted any more, though the page before offered it, says why."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except RefusedError as exc:
            messages.error(request, str(exc))
            return redirect(f"admin:{self.url_name('change')}", object_id)

    def delete_model(self, request: HttpRequest, obj: Task) -> None:
        planning.delete(obj, by=person(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        for sentence in planning.delete_all(queryset, by=person(request)).values():
            messages.error(request, sentence)

    def get_deleted_objects(self, objs: Iterable[Task], request: HttpRequest) -> Any:
        """The tasks alone: their history goes with them, however long it is. What is at work or managed stays, and the page says so."""
        rows = list(objs)
        lacking = set() if self.has_delete_permission(request) else {self.opts.verbose_name}
        kept = [f"“{row}”: {reason}" for row in rows if (reason := stays(row, rows))]
        return [f"Task “{row}”, with its history" for row in rows], {self.opts.verbose_name_plural: len(rows)}, lacking, kept

    def offered(self, row: Task) -> list[str]:
        if row.status not in STOPPABLE:
            return []
        pending = row.status == TaskStatus.PENDING
        run = ["run"] if pending and not row.active_run_id else []
        turn = [] if not pending else ["pause"] if row.enabled else ["resume"]
        return [*run, *turn, *([] if row.managed_by_id else ["cancel"])]

    def run(self, request: HttpRequest, row: Task) -> str:
        planning.run_now(row, by=person(request))
        return f"“{row}” runs now."

    def pause(self, request: HttpRequest, row: Task) -> str:
        planning.pause(row, by=person(request))
        return f"“{row}” is paused."

    def resume(self, request: HttpRequest, row: Task) -> str:
        found = planning.resume(row, by=person(request))
        return f"“{row}” goes on: {reading.description(found)}."

    def cancel(self, request: HttpRequest, row: Task) -> str:
        planning.cancel(row, by=person(request))
        return f"“{row}” is cancelled."

    @admin.action(description="Run now")
    def run_chosen(self, request: HttpRequest, rows: QuerySet[Task]) -> None:
        self.tell_each(request, "run", rows)

    @admin.action(description="Pause")
    def pause_chosen(self, request: HttpRequest, rows: QuerySet[Task]) -> None:
        self.tell_each(request, "pause", rows)

    @admin.action(description="Resume")
    def resume_chosen(self, request: HttpRequest, rows: QuerySet[Task]) -> None:
        self.tell_each(request, "resume", rows)

    @admin.action(description="Cancel")
    def cancel_chosen(self, request: HttpRequest, rows: QuerySet[Task]) -> None:
        self.tell_each(request, "cancel", rows)

    @admin.display(description="Task")
    def titled(self, row: Task) -> str:
        return Truncator(row.title).chars(60)

    @admin.display(description="Status")
    def state(self, row: Task) -> SafeString:
        return shown_state(row)

    @admin.display(description="When")
    def when(self, row: Task) -> str:
        return reading.description(row)

    @admin.display(description="Next", ordering="next_due_at")
    def due(self, row: Task) -> SafeString | str:
        return to_come(row.next_due_at) if row.next_due_at else "—"

    @admin.display(description="Last result")
    def result(self, row: Task) -> SafeString | str:
        return last_result(row)

    @admin.display(description="Does")
    def does(self, row: Task) -> str:
        return Truncator(f"Run {row.workflow}").chars(40) if row.workflow else row.get_mode_display()

    @admin.display(description="Owner")
    def who(self, row: Task) -> str:
        return row.owner.get_username()

    @admin.display(description="Next")
    def next(self, row: Task) -> SafeString | str:
        coming = reading.coming(row, COMING if row.managed_by_id else 1)
        lines = [(f"{due.local:%a %d %b %Y, %H:%M:%S}".removesuffix(":00"), row.time_zone, due.note) for due in coming]
        return format_html_join(mark_safe("<br>"), "{} {} {}", lines) or "—"

    @admin.display(description="Managed by")
    def managed(self, row: Task) -> SafeString | str:
        return (
            link("workflows_workflow_change", row.managed_by_id, f"the workflow {row.managed_by}: it is changed there")
            if row.managed_by
            else "—"
        )

    @admin.display(description="At work in")
    def active(self, row: Task) -> SafeString | str:
        return link("workflows_run_change", row.active_run_id, Run(pk=row.active_run_id)) if row.active_run_id else "—"

    @admin.display(description="Conversation")
    def conversation_link(self, row: Task) -> SafeString:
        return link("chat_conversation_change", row.conversation_id, row.conversation)

    @admin.display(description="Made by")
    def made_by(self, row: Task) -> SafeString | str:
        if row.created_in_id:
            return link("workflows_run_change", row.created_in_id, Run(pk=row.created_in_id))
        return row.created_by.get_username() if row.created_by else "—"


def shown_state(row: Task) -> SafeString:
    """A task's status as a badge; that it is paused says more than that it is pending."""
    if row.status == TaskStatus.PENDING and not row.enabled:
        return badge("warn", "Paused")
    if row.status == TaskStatus.PENDING and row.active_run_id:
        return badge("running", "Running")
    return badge("queued" if row.status == TaskStatus.PENDING else row.status, row.get_status_display())


def last_result(row: Task) -> SafeString | str:
    """What came of its newest due time: how its run stands, or what became of the time itself."""
    state, run = getattr(row, "last_state", None), getattr(row, "last_run_status", None)
    if run:
        return badge(run, RunStatus(run).label)
    if state is None:
        return "—"
    return badge("succeeded" if state == OccurrenceState.FIRED else "warn", OccurrenceState(state).label)


def stays(row: Task, chosen: Iterable[Task]) -> str:
    """Why a task cannot be deleted together with all that are chosen; empty where it can."""
    if row.managed_by_id:
        return f"it carries out the schedule of the workflow “{row.managed_by}”: change it there"
    if row.active_run_id:
        return "it is at work: cancel it first"
    others = named(waiting_for(row).exclude(pk__in=[task.pk for task in chosen]))
    return f"it is waited for by {others}: change that first" if others else ""
