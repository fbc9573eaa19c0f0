"""Who works, and what they remember."""

from django.contrib import admin
from django.utils.text import Truncator

from chat.admin_base import BaseAdmin
from workflows.models import Agent, Memory


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

    list_display = ["key", "beginning", "owner", "updated_at"]
    list_select_related = ["owner"]
    search_fields = ["key", "value", "owner__username"]
    autocomplete_fields = ["owner"]
    empty_text = "What a person asks the assistant to remember stands here, and is told to their agents."

    @admin.display(description="What is remembered")
    def beginning(self, row: Memory) -> str:
        return Truncator(row.value).chars(100)
