"""Who works, and what they remember."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from chat.admin_base import BaseAdmin, badge
from chat.http.auth import person
from workflows import editing
from workflows.admin.agent_form import AgentForm
from workflows.admin.deleting import DeletesByVerb
from workflows.models import Agent, Memory

CAPS = {"steps": "replies", "calls": "tool calls", "tokens": "tokens", "dollars": "dollars", "seconds": "s"}


@admin.register(Agent)
class AgentAdmin(DeletesByVerb, BaseAdmin[Agent]):
    """Who works."""

    form = AgentForm
    list_display = ["name", "about", "model_or_default", "tool_count", "caps", "owner_or_all", "state"]
    list_filter = ["is_default", "memory"]
    list_select_related = ["owner"]
    search_fields = ["name", "description", "model", "owner__username"]
    autocomplete_fields = ["owner"]
    readonly_fields = ["created_at", "updated_at"]
    fieldsets = [
        (None, {"fields": ["name", "description", "owner", "instructions"]}),
        ("Model", {"fields": ["model"]}),
        ("Tools", {"fields": ["all_tools", "chosen_tools"]}),
        ("Limits of one run", {"fields": ["max_steps", "max_calls", "max_tokens", "max_dollars", "max_seconds"]}),
        ("Behaviour", {"fields": ["memory", "is_default"]}),
    ]

    @admin.display(description="What it is good for")
    def about(self, row: Agent) -> str:
        return Truncator(row.description or "—").chars(70)

    @admin.display(description="Model", ordering="model")
    def model_or_default(self, row: Agent) -> str:
        return row.model or "the default"

    @admin.display(description="Tools")
    def tool_count(self, row: Agent) -> str:
        return "all" if Agent.ALL_TOOLS in row.tools else str(len(row.tools))

    @admin.display(description="Limits")
    def caps(self, row: Agent) -> str:
        return ", ".join(f"{row.limits[cap]:,} {unit}" for cap, unit in CAPS.items() if row.limits.get(cap)) or "usual"

    @admin.display(description="Owner", ordering="owner__username")
    def owner_or_all(self, row: Agent) -> str:
        return row.owner.get_username() if row.owner else "everybody"

    @admin.display(description="State")
    def state(self, row: Agent) -> SafeString | str:
        return badge("ok", "Default") if row.is_default else ""

    @admin.display(description="All tools", boolean=True)
    def all_tools(self, row: Agent) -> bool:
        """For those who may only look, as what follows."""
        return Agent.ALL_TOOLS in row.tools

    @admin.display(description="Only these tools")
    def chosen_tools(self, row: Agent) -> str:
        return ", ".join(row.tools)

    @admin.display(description="Replies")
    def max_steps(self, row: Agent) -> float | None:
        return row.limits.get("steps")

    @admin.display(description="Tool calls")
    def max_calls(self, row: Agent) -> float | None:
        return row.limits.get("calls")

    @admin.display(description="Tokens")
    def max_tokens(self, row: Agent) -> float | None:
        return row.limits.get("tokens")

    @admin.display(description="Dollars")
    def max_dollars(self, row: Agent) -> float | None:
        return row.limits.get("dollars")

    @admin.display(description="Seconds")
    def max_seconds(self, row: Agent) -> float | None:
        return row.limits.get("seconds")

    def save_model(self, request: HttpRequest, obj: Agent, form: Any, change: bool) -> None:
        """Save it, and keep the version."""
        super().save_model(request, obj, form, change)
        editing.revise_agent(obj, person(request))

    def has_delete_permission(self, request: HttpRequest, obj: Agent | None = None) -> bool:
        """The default agent stays: without it nobody is answered."""
        return not (obj and obj.is_default) and super().has_delete_permission(request, obj)

    def delete_row(self, request: HttpRequest, row: Agent) -> None:
        editing.delete_agent(row, by=person(request))


@admin.register(Memory)
class MemoryAdmin(BaseAdmin[Memory]):
    """What people asked to be remembered."""

    list_display = ["key", "beginning", "owner", "updated_at"]
    list_filter = ["updated_at"]
    list_select_related = ["owner"]
    search_fields = ["key", "value", "owner__username"]
    autocomplete_fields = ["owner"]
    empty_text = "What a person asks the assistant to remember stands here, and is told to their agents."

    @admin.display(description="What is remembered")
    def beginning(self, row: Memory) -> str:
        return Truncator(row.value).chars(100)
