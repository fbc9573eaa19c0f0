"""Where models come from; keys go in and never come out."""

import os
from functools import partial
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from chat.admin_base import BaseAdmin, badge
from chat.errors import ConflictError
from workflows.admin.forms import AdminProviderForm
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
        return [name for name in AdminProviderForm.Meta.fields if name != "forget_key" or (obj and obj.api_key)]

    @admin.display(description="Key")
    def key_from(self, row: ModelProvider) -> str:
        if row.api_key_env:
            return f"from {row.api_key_env}" if os.environ.get(row.api_key_env) else f"from {row.api_key_env}, which is not set here"
        return "stored" if row.api_key else "none"

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
