"""The audit trail as pages: who changed what, from what to what; to read, and nothing else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from auditlog.models import LogEntry
from django.apps import apps
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst

from agentron.audit import AUDITED
from chat.admin_base import PageAdmin, SuperuserOnlyAdmin, badge

VERBS = {
    LogEntry.Action.CREATE: ("succeeded", "Added"),
    LogEntry.Action.UPDATE: ("running", "Changed"),
    LogEntry.Action.DELETE: ("failed", "Deleted"),
}
NOTHING = ("", "None", "{}", "[]")
SIGNS = {"True": "yes", "False": "no"}


@dataclass(frozen=True)
class Change:
    """One field, before and after."""

    field: str
    old: str
    new: str


def changes(entry: LogEntry) -> list[Change]:
    """What an entry tells, field by field in the order of the model's own."""
    model = entry.content_type.model_class()
    found = [change(model, name, told) for name, told in sorted((entry.changes or {}).items(), key=lambda item: place(model, item[0]))]
    return [one for one in found if (one.old, one.new) != ("", "")]


def place(model: type[Model] | None, name: str) -> int:
    """Where a field stands in its model."""
    names = [field.name for field in model._meta.get_fields()] if model else []
    return names.index(name) if name in names else len(names)


def change(model: type[Model] | None, name: str, told: Any) -> Change:
    """One field's change; a relation to many tells what was added to it or taken away."""
    if isinstance(told, dict):
        objects = ", ".join(map(str, told.get("objects", ())))
        added = told.get("operation") == "add"
        return Change(label(model, name), "" if added else objects, objects if added else "")
    old, new = ("" if value in NOTHING else SIGNS.get(str(value), str(value)) for value in told)
    return Change(label(model, name), old, new)


def label(model: type[Model] | None, name: str) -> str:
    """A field's name for people, also when the field is gone."""
    try:
        return str(getattr(model._meta.get_field(name), "verbose_name", name)) if model else name
    except FieldDoesNotExist:
        return name


class KindFilter(admin.SimpleListFilter):
    """Entries about one kind of row."""

    title = "what was changed"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        models = (apps.get_model(rule["model"]) for rule in AUDITED)
        return [(model._meta.label_lower, capfirst(model._meta.verbose_name_plural)) for model in models]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
        if not self.value() or self.value() not in dict(self.lookup_choices):
            return queryset
        return queryset.filter(content_type=ContentType.objects.get_for_model(apps.get_model(str(self.value()))))


admin.site.unregister(LogEntry)


@admin.register(LogEntry)
class TrailAdmin(SuperuserOnlyAdmin[LogEntry], PageAdmin[LogEntry]):
    """Nobody can change or delete an entry here, not even a superuser."""

    page_template = "admin/audit_entry.html"
    called = ("entry", "entries")
    list_display = ["at", "who", "did", "what", "details", "via", "address"]
    list_display_links = ["at", "what"]
    list_filter = ["action", KindFilter, "timestamp"]
    list_select_related = ["content_type", "actor"]
    search_fields = ["object_repr", "actor__username", "object_pk"]
    search_help_text = "What was changed, or who changed it"
    ordering = ["-timestamp"]
    sortable_by = ()
    empty_text = "Whenever somebody changes an agent, a workflow, a task, a provider, a memory, a token, a profile or an account, it is written down here."

    @admin.display(description="When")
    def at(self, row: LogEntry) -> datetime:
        return cast("datetime", row.timestamp)

    @admin.display(description="Who")
    def who(self, row: LogEntry) -> str:
        return (row.additional_data or {}).get("by") or (row.actor.get_username() if row.actor else "the system")

    @admin.display(description="Did")
    def did(self, row: LogEntry) -> SafeString:
        return badge(*VERBS.get(row.action, ("", row.get_action_display())))

    @admin.display(description="What")
    def what(self, row: LogEntry) -> str:
        return f"{capfirst(row.content_type.name)} “{Truncator(row.object_repr).chars(60)}”"

    @admin.display(description="Changes")
    def details(self, row: LogEntry) -> str:
        if row.action != LogEntry.Action.UPDATE:
            return "—"
        return Truncator("; ".join(f"{one.field}: {one.old or '—'} → {one.new or '—'}" for one in changes(row))).chars(120)

    @admin.display(description="Via")
    def via(self, row: LogEntry) -> str:
        return (row.additional_data or {}).get("via") or "—"

    @admin.display(description="From")
    def address(self, row: LogEntry) -> str:
        return row.remote_addr or "—"

    def page(self, request: HttpRequest, row: LogEntry) -> dict[str, Any]:
        told = row.additional_data or {}
        return {"changes": changes(row), "who": self.who(row), "did": self.did(row), "via": self.via(row), "told": told}
