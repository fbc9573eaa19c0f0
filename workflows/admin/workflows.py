"""Workflows, their steps, and every version of them."""

from django.contrib import admin

from chat.admin_base import ReadOnlyAdmin
from workflows.models import Revision, Step, Workflow


@admin.register(Workflow)
class WorkflowAdmin(ReadOnlyAdmin[Workflow]):
    """Work in several steps."""

    list_display = ["name", "description", "owner", "updated_at"]
    list_select_related = ["owner"]
    search_fields = ["name", "description", "owner__username"]


@admin.register(Step)
class StepAdmin(ReadOnlyAdmin[Step]):
    """One agent's part of a workflow."""

    list_display = ["key", "workflow", "agent", "position"]
    list_select_related = ["workflow", "agent"]
    search_fields = ["key", "workflow__name"]


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin[Revision]):
    """A workflow as it was saved once."""

    list_display = ["__str__", "made_by", "made_at"]
    list_select_related = ["workflow", "agent", "made_by"]
