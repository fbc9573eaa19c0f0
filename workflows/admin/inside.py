"""The engine's own rows: steps, tool calls and signs of life, for whoever looks into a fault."""

from datetime import timedelta
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from chat.admin_base import ReadOnlyAdmin, badge, link
from chat.figures import span
from workflows.models import Heartbeat, Run, Spending, StepRun, ToolCall
from workflows.trace import between

# Processes beat every three seconds; after this long one counts as gone.
SILENT = timedelta(seconds=15)


def run_link(pk: UUID) -> SafeString:
    """A link to the page of a run, which need not be fetched for it."""
    return link("workflows_run_change", pk, Run(pk=pk))


@admin.register(StepRun)
class StepRunAdmin(ReadOnlyAdmin[StepRun]):
    """Steps of runs. The checkpoint is a model's whole history and stays out of the page."""

    list_display = ["key", "state", "of", "agent", "replies", "started_at", "took"]
    list_filter = ["status"]
    list_select_related = ["agent"]
    ordering = ["-id"]
    sortable_by = ()
    exclude = ["messages"]
    empty_text = "A step is an agent's work from its prompt to its output; a turn has one."

    def get_queryset(self, request: HttpRequest) -> QuerySet[StepRun]:
        return super().get_queryset(request).defer("messages", "prompt", "output")

    @admin.display(description="Status")
    def state(self, row: StepRun) -> SafeString:
        return badge(row.status, row.get_status_display())

    @admin.display(description="Run")
    def of(self, row: StepRun) -> SafeString:
        return run_link(row.run_id)

    @admin.display(description="Took")
    def took(self, row: StepRun) -> str:
        return between(row.started_at, row.finished_at) or "—"


@admin.register(ToolCall)
class ToolCallAdmin(ReadOnlyAdmin[ToolCall]):
    """The journal of tool calls."""

    list_display = ["tool", "progress", "effect", "of", "started_at", "took"]
    list_filter = ["state", "effect"]
    list_select_related = ["step_run"]
    ordering = ["-id"]
    sortable_by = ()
    empty_text = "Each tool call is written down before it is made, and again with what came of it."

    def get_queryset(self, request: HttpRequest) -> QuerySet[ToolCall]:
        return super().get_queryset(request).defer("step_run__messages", "step_run__prompt", "step_run__output")

    @admin.display(description="State")
    def progress(self, row: ToolCall) -> SafeString:
        return badge(row.state, row.get_state_display())

    @admin.display(description="Run")
    def of(self, row: ToolCall) -> SafeString:
        return run_link(row.step_run.run_id)

    @admin.display(description="Took")
    def took(self, row: ToolCall) -> str:
        return between(row.started_at, row.finished_at) or "—"


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin[Heartbeat]):
    """Which processes are alive."""

    list_display = ["name", "kind", "state", "age"]
    list_filter = ["kind"]
    ordering = ["-at"]
    empty_text = "No process has been heard of: start them with `agentron up`, or a worker alone with `agentron worker`."

    @admin.display(description="State")
    def state(self, row: Heartbeat) -> SafeString:
        alive = timezone.now() - row.at < SILENT
        return badge("ok" if alive else "fail", "Alive" if alive else "Silent")

    @admin.display(description="Last heard of", ordering="at")
    def age(self, row: Heartbeat) -> str:
        return f"{span((timezone.now() - row.at).total_seconds())} ago"


@admin.register(Spending)
class SpendingAdmin(ReadOnlyAdmin[Spending]):
    """What people's runs used on which day."""

    list_display = ["owner", "day", "tokens", "cost"]
    list_filter = ["day"]
    list_select_related = ["owner"]
    search_fields = ["owner__username"]
    empty_text = "It is counted only while a day has a cap (AGENTRON_CAP_DAY_TOKENS, AGENTRON_CAP_DAY_DOLLARS)."
