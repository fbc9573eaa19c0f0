"""Where models come from; keys go in and never come out."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from chat.admin_base import BaseAdmin, badge
from chat.errors import ConflictError
from workflows.admin.forms import AdminProviderForm
from workflows.answering import key_from
from workflows.models import ModelProvider


@admin.register(ModelProvider)
class ModelProviderAdmin(BaseAdmin[ModelProvider]):
    """Services that run models."""

    form = AdminProviderForm
    list_display = ["name", "kind", "default_model", "key_from", "state"]
    list_filter = ["kind", "enabled"]
    search_fields = ["name", "default_model"]
    empty_text = "Until a provider is set up here or by AGENTRON_MODEL, the offline model answers: it understands a few simple sentences."
    verbs = {"test": "Test connection"}
    actions = ["test_chosen"]
    actions_submit_line = ["save_and_test"]

    def get_fields(self, request: HttpRequest, obj: ModelProvider | None = None) -> Any:
        forgettable = obj and obj.api_key and self.has_change_permission(request, obj)
        return [name for name in AdminProviderForm.Meta.fields if name != "forget_key" or forgettable]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelProvider]:
        # Whether there is a key can be told without opening it, also when it was encrypted with a lost one.
        return super().get_queryset(request).defer("api_key").annotate(stored=~Q(api_key=""))

    @admin.display(description="Key")
    def key_from(self, row: Any) -> str:
        return key_from(row, stored=row.stored)

    @admin.display(description="API key")
    def new_key(self, row: ModelProvider) -> str:
        """For those who may only look."""
        return self.key_from(row)

    @admin.display(description="State")
    def state(self, row: ModelProvider) -> SafeString:
        if row.is_default:
            return badge("ok", "Default")
        return badge("succeeded", "On") if row.enabled else badge("cancelled", "Off")

    def test(self, request: HttpRequest, row: ModelProvider) -> str:
        """Ask the provider's default model for one word: a live call."""
        from workflows.llm.check import try_model
        from workflows.llm.errors import ModelError

        if not row.default_model:
            raise ConflictError(f"{row.name} has no default model: name one, save, and test again.")
        if not row.enabled:
            raise ConflictError(f"{row.name} is switched off: switch it on, save, and test again.")
        try:
            return f"{row.name} answered: {try_model(f'{row.name}:{row.default_model}')}"
        except ModelError as exc:
            raise ConflictError(f"{row.name} does not work: {exc}") from exc

    @admin.action(description="Save and test the connection")
    def save_and_test(self, request: HttpRequest, row: ModelProvider) -> None:
        # After the commit: nobody else can write while a transaction waits for a model.
        transaction.on_commit(partial(self.tell, request, "test", row))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> HttpResponse:
        # The theme offers its buttons on saved rows only.
        offered = {"actions_submit_line": self.get_actions_submit_line(request, None)}  # type: ignore[attr-defined]
        return super().add_view(request, form_url, {**offered, **(extra_context or {})})

    @admin.action(description="Test connection")
    def test_chosen(self, request: HttpRequest, rows: QuerySet[ModelProvider]) -> None:
        self.tell_each(request, "test", rows)
