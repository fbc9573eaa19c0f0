"""What became of each due time."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from chat.admin_base import ReadOnlyAdmin, badge, link
from chat.figures import span
from tasks.admin.times import exact, moment
from tasks.models import Occurrence, Task

if TYPE_CHECKING:
    from django.contrib.admin import TabularInline
else:
    from unfold.admin import TabularInline


# How a state looks, in the words of other badges.
LOOKS = {"fired": "succeeded", "skipped": "warn", "missed": "warn", "blocked": "failed"}


def state_of(row: Occurrence) -> SafeString:
    return badge(LOOKS.get(row.state, row.state), row.get_state_display())


def run_of(row: Occurrence) -> SafeString | str:
    """A link to its run, which need not be fetched for it."""
    return link("workflows_run_change", row.run_id, str(row.run_id)[-8:]) if row.run_id else "—"


def lateness(row: Occurrence) -> str:
    """How long after its time it was started."""
    return "—" if row.late_ms is None else span(row.late_ms / 1000)


class OccurrenceInline(TabularInline[Occurrence, Task]):
    """The due times of a task, on its page; the newest first."""

    model = Occurrence
    extra = 0
    per_page = 10
    can_delete = False
    show_change_link = False
    ordering = ["-due_at"]
    fields = ["due", "state_badge", "late", "run_link", "why"]
    readonly_fields = ["due", "state_badge", "late", "run_link", "why"]
    hide_title = True
    verbose_name_plural = "Due times so far"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Due")
    def due(self, row: Occurrence) -> SafeString:
        return moment(row.due_at)

    @admin.display(description="State")
    def state_badge(self, row: Occurrence) -> SafeString:
        return state_of(row)

    @admin.display(description="Late")
    def late(self, row: Occurrence) -> str:
        return lateness(row)

    @admin.display(description="Run")
    def run_link(self, row: Occurrence) -> SafeString | str:
        return run_of(row)

    @admin.display(description="Reason")
    def why(self, row: Occurrence) -> str:
        return f"{row.count:,} times: {row.reason}" if row.count > 1 else row.reason or "—"


@admin.register(Occurrence)
class OccurrenceAdmin(ReadOnlyAdmin[Occurrence]):
    """Due times of all tasks."""

    called = ("due time", "due times")
    list_display = ["due", "of", "state_badge", "late", "run_link", "why"]
    list_filter = ["state", "by_hand", "due_at"]
    list_select_related = ["task"]
    ordering = ["-due_at"]
    sortable_by = ()
    search_fields = ["task__title", "task__owner__username"]
    fields = ["task", "due_at", "until", "count", "state", "reason", "by_hand", "run", "message_seq", "fired_at"]
    empty_text = "Whenever a task was due, it is written down here: whether it was fired, and if not, why."

    def name_of(self, row: Occurrence) -> str:
        return exact(row.due_at)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "task__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description="Due", ordering="due_at")
    def due(self, row: Occurrence) -> SafeString:
        return moment(row.due_at)

    @admin.display(description="Task")
    def of(self, row: Occurrence) -> SafeString:
        return link("tasks_task_change", row.task_id, Truncator(row.task.title).chars(60))

    @admin.display(description="State")
    def state_badge(self, row: Occurrence) -> SafeString:
        return state_of(row)

    @admin.display(description="Late")
    def late(self, row: Occurrence) -> str:
        return lateness(row)

    @admin.display(description="Run")
    def run_link(self, row: Occurrence) -> SafeString | str:
        return run_of(row)

    @admin.display(description="Reason")
    def why(self, row: Occurrence) -> str:
        return row.reason[:120] or "—"
