"""Agents, models and runs, for administrators."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from chat.admin_base import BaseAdmin, ReadOnlyAdmin
from chat.errors import ConflictError
from chat.http.auth import person
from workflows import engine
from workflows.admin_forms import AdminProviderForm
from workflows.models import Agent, Heartbeat, HelpRequest, Memory, ModelProvider, Run, StepRun, ToolCall, Trigger


@admin.register(Agent)
class AgentAdmin(BaseAdmin[Agent]):
    """Who works."""

    list_display = ["name", "description", "model", "owner", "is_default"]
    list_select_related = ["owner"]
    search_fields = ["name", "description"]
    autocomplete_fields = ["owner"]
    readonly_fields = ["created_at", "updated_at"]


@admin.register(Memory)
class MemoryAdmin(BaseAdmin[Memory]):
    """What people asked to be remembered."""

    list_display = ["key", "value", "owner", "updated_at"]
    list_select_related = ["owner"]
    search_fields = ["key", "value", "owner__username"]
    autocomplete_fields = ["owner"]


@admin.register(ModelProvider)
class ModelProviderAdmin(BaseAdmin[ModelProvider]):
    """Where models come from; keys go in and never come out."""

    form = AdminProviderForm
    list_display = ["name", "kind", "default_model", "is_default", "enabled", "key_from"]
    list_filter = ["kind", "enabled"]
    verbs = {"test": "Test the saved connection"}
    actions = ["test_chosen"]

    def get_fields(self, request: HttpRequest, obj: ModelProvider | None = None) -> Any:
        fields = [name for name in AdminProviderForm.Meta.fields if name != "forget_key" or (obj and obj.api_key)]
        return [*fields, *self.get_readonly_fields(request, obj)]

    def get_readonly_fields(self, request: HttpRequest, obj: ModelProvider | None = None) -> list[str]:
        return ["key_from", "buttons"] if obj else []

    @admin.display(description="Key")
    def key_from(self, row: ModelProvider) -> str:
        if row.api_key_env:
            return f"from {row.api_key_env}"
        return "stored" if row.api_key else "none"

    def test(self, request: HttpRequest, row: ModelProvider) -> str:
        """Ask the provider's default model for one word: a live call."""
        from workflows.llm.check import try_model
        from workflows.llm.errors import ModelError

        if not row.default_model:
            raise ConflictError(f"{row.name} has no default model: name one, save, and test again.")
        try:
            return f"{row.name} answered: {try_model(f'{row.name}:{row.default_model}')}"
        except ModelError as exc:
            raise ConflictError(f"{row.name} does not work: {exc}") from exc

    @admin.action(description="Test connection")
    def test_chosen(self, request: HttpRequest, rows: QuerySet[ModelProvider]) -> None:
        self.tell_each(request, "test", rows)


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin[Run]):
    """What was done, is being done and waits to be done."""

    list_display = ["__str__", "status", "agent", "conversation", "owner", "trigger", "queued_at", "finished_at"]
    list_filter = ["status", "lane", "trigger"]
    list_select_related = ["agent", "conversation", "owner"]
    ordering = ["-id"]
    sortable_by = ()
    search_fields = ["owner__username"]
    verbs = {"cancel": "Cancel", "retry": "Retry"}
    actions = ["cancel_chosen", "retry_chosen"]
    fields = [
        ("status", "trigger", "lane"), ("owner", "agent", "conversation"), "error", "trace", "buttons",
        ("queued_at", "started_at", "finished_at"), ("input_tokens", "output_tokens", "cost"),
        ("attempts", "deaths", "fence"), ("leased_by", "lease_expires_at"), ("retry_of", "parent"), "input", "output",
    ]  # fmt: skip

    @admin.display(description="What happened")
    def trace(self, row: Run) -> SafeString:
        steps = row.steps.defer("messages").prefetch_related("tool_calls", "help_requests__answered_by")
        return render_to_string("admin/parts/trace.html", {"steps": steps})

    def get_readonly_fields(self, request: HttpRequest, obj: Run | None = None) -> list[str]:
        return ["trace", "buttons"]

    def get_fields(self, request: HttpRequest, obj: Run | None = None) -> Any:
        return self.fields

    def cancel(self, request: HttpRequest, row: Run) -> str:
        engine.cancel(row, by=person(request))
        return f"{row} is being cancelled."

    def retry(self, request: HttpRequest, row: Run) -> str:
        return f"{row} is tried again as {engine.retry(row, by=person(request), trigger=Trigger.ADMIN)}."

    @admin.action(description="Cancel")
    def cancel_chosen(self, request: HttpRequest, rows: QuerySet[Run]) -> None:
        self.tell_each(request, "cancel", rows)

    @admin.action(description="Retry")
    def retry_chosen(self, request: HttpRequest, rows: QuerySet[Run]) -> None:
        self.tell_each(request, "retry", rows)


@admin.register(StepRun)
class StepRunAdmin(ReadOnlyAdmin[StepRun]):
    """Steps of runs. The checkpoint is a model's whole history and stays out of the page."""

    list_display = ["key", "run", "status", "agent", "replies", "started_at", "finished_at"]
    list_filter = ["status"]
    list_select_related = ["run", "agent"]
    ordering = ["-id"]
    sortable_by = ()
    exclude = ["messages"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StepRun]:
        return super().get_queryset(request).defer("messages")


@admin.register(ToolCall)
class ToolCallAdmin(ReadOnlyAdmin[ToolCall]):
    """The journal of tool calls."""

    list_display = ["tool", "state", "effect", "step_run", "started_at", "finished_at"]
    list_filter = ["state", "effect"]
    list_select_related = ["step_run"]
    ordering = ["-id"]
    sortable_by = ()


@admin.register(HelpRequest)
class HelpRequestAdmin(ReadOnlyAdmin[HelpRequest]):
    """What runs asked people, and what they answered."""

    list_display = ["question", "kind", "status", "run", "answered_by", "asked_at"]
    list_filter = ["status", "kind"]
    list_select_related = ["run", "answered_by"]
    ordering = ["-id"]
    sortable_by = ()


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin[Heartbeat]):
    """Which processes are alive."""

    list_display = ["name", "kind", "at"]
    list_filter = ["kind"]
