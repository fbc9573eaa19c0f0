"""Runs: a list to search, and a page that tells what happened."""

import re
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from chat.admin_base import PageAdmin, badge
from chat.figures import money
from chat.http.auth import person
from workflows import engine, queue
from workflows.models import FINISHED, Run, RunStatus, Trigger
from workflows.trace import between, trace

# How the end of an id is shown in lists and texts.
SHORT_ID = re.compile(r"(?:run )?([0-9a-f]{6,12})", re.IGNORECASE)


@admin.register(Run)
class RunAdmin(PageAdmin[Run]):
    """What was done, is being done and waits to be done."""

    page_template = "admin/run.html"
    list_display = ["name", "state", "asked", "who", "agent", "queued_at", "took", "spent"]
    list_filter = ["status", "trigger", "lane", "agent", "queued_at"]
    # Not joined: for an installation with one user, SQLite would read all runs by that user and sort them.
    list_select_related = False
    ordering = ["-id"]
    sortable_by = ()
    search_fields = ["owner__username", "conversation__title"]
    search_help_text = "An id or its end, a conversation's title, or a person"
    empty_text = "A run is one execution: a turn in a chat, or a workflow's. Say something in a chat, and the first one stands here."
    verbs = {"cancel": "Cancel", "retry": "Retry"}
    actions = ["cancel_chosen", "retry_chosen"]

    @admin.display(description="Run")
    def name(self, row: Run) -> str:
        return str(row.pk)[-8:]

    @admin.display(description="Status")
    def state(self, row: Run) -> SafeString:
        return badge(row.status, row.get_status_display())

    @admin.display(description="Conversation")
    def asked(self, row: Run) -> str:
        return Truncator(str(row.conversation)).chars(60)

    @admin.display(description="Owner")
    def who(self, row: Run) -> str:
        return row.owner.get_username()

    @admin.display(description="Took")
    def took(self, row: Run) -> str:
        return between(row.started_at, row.finished_at) or "—"

    @admin.display(description="Cost")
    def spent(self, row: Run) -> str:
        return money(row.cost) or "—"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        return super().get_queryset(request).defer("input", "output").prefetch_related("agent", "conversation", "owner")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Run], search_term: str) -> tuple[QuerySet[Run], bool]:
        term = search_term.strip()
        if found := SHORT_ID.fullmatch(term):
            return queryset.filter(pk__endswith=found[1]), False
        try:
            return queryset.filter(pk=UUID(term)), False
        except ValueError:
            return super().get_search_results(request, queryset, search_term)

    def page(self, request: HttpRequest, row: Run) -> dict[str, Any]:
        run = Run.objects.select_related("owner", "agent", "conversation", "retry_of", "parent").get(pk=row.pk)
        return {"trace": trace(run), "run": run, "position": queue.position(run), "retries": run.retries.only("pk")}

    def offered(self, row: Run) -> list[str]:
        if row.status not in FINISHED:
            return [] if row.cancel_requested_at else ["cancel"]
        return ["retry"] if row.status != RunStatus.SUCCEEDED and not row.retries.exists() else []

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
