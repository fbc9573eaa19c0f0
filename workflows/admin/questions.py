"""What runs asked people, and what they answered."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from chat.admin_base import PageAdmin, badge
from chat.fragments import readable
from chat.http.auth import person
from chat.models import Message
from workflows import engine
from workflows.models import HelpRequest, HelpStatus
from workflows.trace import question_shown


@admin.register(HelpRequest)
class HelpRequestAdmin(PageAdmin[HelpRequest]):
    """Questions, the newest first."""

    page_template = "admin/question.html"
    list_display = ["asks", "state", "kind", "who", "given", "answered_by", "asked_at"]
    list_filter = ["status", "kind", "asked_at"]
    list_select_related = ["run__owner", "answered_by"]
    ordering = ["-id"]
    sortable_by = ()
    search_fields = ["question", "run__owner__username"]
    verbs = {"answer": "Answer", "decline": "Decline"}
    empty_text = "When a run cannot go on without a person, its question stands here until somebody answers."

    @admin.display(description="Question")
    def asks(self, row: HelpRequest) -> str:
        return str(row)

    @admin.display(description="Status")
    def state(self, row: HelpRequest) -> SafeString:
        return badge(row.status, row.get_status_display())

    @admin.display(description="Asked of")
    def who(self, row: HelpRequest) -> str:
        return row.run.owner.get_username()

    @admin.display(description="Answer")
    def given(self, row: HelpRequest) -> str:
        return Truncator(row.response or row.decision or "—").chars(60)

    def page(self, request: HttpRequest, row: HelpRequest) -> dict[str, Any]:
        asked = HelpRequest.objects.select_related("answered_by", "run__owner", "run__conversation").get(pk=row.pk)
        mine = asked.run.owner_id == request.user.pk
        still_open = asked.status == HelpStatus.OPEN and not asked.run.cancel_requested_at and self.may_do(request)
        return {
            "request_row": asked,
            "question": question_shown(asked),
            "arguments": readable(asked.arguments) if asked.arguments else "",
            "can_answer": still_open and mine and asked.kind != HelpRequest.Kind.CREDENTIALS,
            "can_decline": still_open and (mine or request.user.is_superuser),
            "free": asked.kind in (HelpRequest.Kind.QUESTION, HelpRequest.Kind.CHOICE),
        }

    def answer(self, request: HttpRequest, row: HelpRequest) -> str:
        """Give the answer or the decision of the form. The one who is asked may."""
        response, decision, args_hash = (request.POST.get(name, "").strip() for name in ("response", "decision", "args_hash"))
        engine.respond(row, by=person(request), via=Message.Via.WEB, response=response, decision=decision, args_hash=args_hash)
        return "Answered: it goes on."

    def decline(self, request: HttpRequest, row: HelpRequest) -> str:
        """Say that there will be no answer. The one who is asked may, and superusers."""
        engine.respond(row, by=person(request), via=Message.Via.WEB, decision="decline")
        return "Declined: the run is told so."
