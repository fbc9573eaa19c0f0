"""What runs asked people, and what they answered."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from chat.admin_base import PageAdmin, badge
from workflows.models import HelpRequest
from workflows.trace import question_shown


@admin.register(HelpRequest)
class HelpRequestAdmin(PageAdmin[HelpRequest]):
    """Questions, the newest first."""

    page_template = "admin/question.html"
    list_display = ["asks", "state", "kind", "who", "answer", "answered_by", "asked_at"]
    list_filter = ["status", "kind", "asked_at"]
    list_select_related = ["run__owner", "answered_by"]
    ordering = ["-id"]
    sortable_by = ()
    search_fields = ["question", "run__owner__username"]
    empty_text = "When a run cannot go on without a person, its question stands here until somebody answers."

    @admin.display(description="Question")
    def asks(self, row: HelpRequest) -> str:
        return Truncator(row.question).chars(80)

    @admin.display(description="Status")
    def state(self, row: HelpRequest) -> SafeString:
        return badge(row.status, row.get_status_display())

    @admin.display(description="Asked of")
    def who(self, row: HelpRequest) -> str:
        return row.run.owner.get_username()

    @admin.display(description="Answer")
    def answer(self, row: HelpRequest) -> str:
        return Truncator(row.response or row.decision or "—").chars(60)

    def page(self, request: HttpRequest, row: HelpRequest) -> dict[str, Any]:
        asked = HelpRequest.objects.select_related("answered_by", "run__owner", "run__conversation").get(pk=row.pk)
        return {"request_row": asked, "question": question_shown(asked)}
