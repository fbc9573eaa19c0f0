"""Deleting in the admin what other things may need: by the verb that asks them."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from workflows.errors import RefusedError

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    Base = ModelAdmin[Any]
else:
    Base = object


class DeletesByVerb(Base):
    """Deletes each row by `delete_row`; a refusal is said on its page, and nothing else is lost."""

    @abstractmethod
    def delete_row(self, request: HttpRequest, row: Any) -> None:
        """Delete it, or raise RefusedError that says what needs it."""

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except RefusedError as exc:
            messages.error(request, str(exc))
            return redirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[object_id]))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_row(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Those that nothing needs."""
        for row in queryset:
            try:
                self.delete_row(request, row)
            except RefusedError as exc:
                messages.error(request, str(exc))
