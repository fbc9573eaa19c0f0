"""People and their conversations, for administrators."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from chat.admin_base import BaseAdmin, PageAdmin, ReadOnlyAdmin, badge
from chat.admin_widgets import SuggestingInput
from chat.errors import ConflictError
from chat.forms import TokenForm
from chat.http.auth import person
from chat.models import ApiToken, Conversation, Draft, File, IdempotencyKey, Message, Profile
from chat.thread import thread
from chat.views import seq_of
from chat.zones import zone_names


@admin.register(Conversation)
class ConversationAdmin(PageAdmin[Conversation]):
    """Conversations to read: who said what, when, and what the tools did."""

    page_template = "admin/conversation.html"
    list_display = ["title_or_none", "who", "said", "put_away", "updated_at"]
    list_filter = ["archived", "updated_at"]
    list_select_related = ["owner"]
    search_fields = ["title", "owner__username"]
    empty_text = "A conversation begins when somebody says something in the chat, by the API or on the command line."

    @admin.display(description="Title", ordering="title")
    def title_or_none(self, row: Conversation) -> str:
        return Truncator(str(row)).chars(80)

    @admin.display(description="Owner")
    def who(self, row: Conversation) -> str:
        return row.owner.get_username()

    @admin.display(description="Messages", ordering="last_seq")
    def said(self, row: Conversation) -> int:
        return row.last_seq

    @admin.display(description="Archived")
    def put_away(self, row: Conversation) -> SafeString | str:
        return badge("cancelled", "Archived") if row.archived else ""

    def page(self, request: HttpRequest, row: Conversation) -> dict[str, Any]:
        return {"thread": thread(row, seq_of(request, "before"))}


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin[Message]):
    """The log."""

    list_display = ["seq", "kind", "author", "beginning", "conversation", "via", "at"]
    list_display_links = ["seq", "beginning"]
    list_select_related = ["conversation"]
    empty_text = "Every word of every conversation is an entry here, written once and never changed."
    # Ids sort by time and have an index.
    ordering = ["-id"]
    sortable_by = ()

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "conversation__id__exact" or super().lookup_allowed(lookup, value, request)

    def beginning(self, row: Message) -> str:
        """What can be read of it in a list."""
        text = row.text or str(row.payload.get("name") or row.payload.get("status") or "")
        return text[:80] or "—"


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin[Draft]):
    """Answers that are being written in this moment."""

    list_display = ["step", "conversation", "version", "updated_at"]
    list_select_related = ["conversation"]
    ordering = ["-updated_at"]
    empty_text = "While an answer streams, its text so far is here; then it becomes a message."


@admin.register(File)
class FileAdmin(ReadOnlyAdmin[File]):
    """Files of conversations; only whoever owns the conversation can open them."""

    list_display = ["name", "content_type", "size_in_words", "conversation", "kept_at"]
    list_filter = ["kept_at"]
    list_select_related = ["conversation"]
    # Ids sort by time and have an index.
    ordering = ["-id"]
    sortable_by = ()
    search_fields = ["name"]
    exclude = ["excerpt"]
    empty_text = "Documents and pictures that were sent into a conversation are listed here."

    @admin.display(description="Size")
    def size_in_words(self, row: File) -> str:
        return filesizeformat(row.size)


@admin.register(Profile)
class ProfileAdmin(BaseAdmin[Profile]):
    """People's settings."""

    list_display = ["user", "zone_or_none", "quiet_hours", "theme"]
    list_select_related = ["user"]
    list_filter = ["theme"]
    search_fields = ["user__username", "time_zone"]
    autocomplete_fields = ["user"]
    empty_text = "A profile is made when somebody opens a page or changes a setting: time zone, quiet hours, theme."

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "time_zone":
            kwargs["widget"] = SuggestingInput(sorted(zone_names()))
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description="Time zone", ordering="time_zone")
    def zone_or_none(self, row: Profile) -> str:
        return row.time_zone or f"not known yet: {settings.TIME_ZONE}"

    @admin.display(description="Quiet hours")
    def quiet_hours(self, row: Profile) -> str:
        return f"{row.quiet_from:%H:%M} to {row.quiet_until:%H:%M}" if row.quiet_from and row.quiet_until else "none"


@admin.register(ApiToken)
class ApiTokenAdmin(BaseAdmin[ApiToken]):
    """Tokens of programs. A new one is shown once, right after it was made; it acts as whoever made it."""

    form = TokenForm
    list_display = ["name", "state", "user", "begins_with", "last_used", "created_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter), "created_at"]
    list_select_related = ["user"]
    search_fields = ["name", "prefix", "user__username"]
    verbs = {"revoke": "Revoke"}
    actions = ["revoke_chosen"]
    empty_text = "With a token a program acts as whoever made it, by the HTTP API or a socket. It is shown once and stored hashed."

    @admin.display(description="State")
    def state(self, row: ApiToken) -> SafeString:
        return badge("cancelled", "Revoked") if row.revoked_at else badge("ok", "In use")

    @admin.display(description="Begins with")
    def begins_with(self, row: ApiToken) -> str:
        return f"{row.prefix}…"

    @admin.display(description="Last used", ordering="last_used_at", empty_value="never")
    def last_used(self, row: ApiToken) -> datetime | None:
        return row.last_used_at

    def offered(self, row: ApiToken) -> list[str]:
        return [] if row.revoked_at else ["revoke"]

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        return ["name", "user", "begins_with", "created_at", "last_used", "revoked_at", "buttons"] if obj else ["name"]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> list[str]:
        return self.get_fields(request, obj) if obj else []

    def get_form(self, request: HttpRequest, obj: ApiToken | None = None, change: bool = False, **kwargs: Any) -> type[ModelForm[ApiToken]]:
        form = super().get_form(request, obj, change, **kwargs)
        form.user = person(request)  # type: ignore[attr-defined]
        return form

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        token, secret = ApiToken.issue(person(request), obj.name)
        obj.__dict__.update(token.__dict__)
        request.new_secret = secret  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: Model, post_url_continue: str | None = None) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": "The new token", "token": obj, "secret": request.new_secret}  # type: ignore[attr-defined]
        response = TemplateResponse(request, "admin/token.html", {**context, "opts": self.opts})
        response["Cache-Control"] = "no-store"
        return response

    def revoke(self, request: HttpRequest, row: ApiToken) -> str:
        """End a token; its sockets close within half a minute."""
        if not row.revoke():
            raise ConflictError(f"{row} was revoked before.")
        return f"{row} is revoked: programs that use it are signed out."

    @admin.action(description="Revoke")
    def revoke_chosen(self, request: HttpRequest, rows: QuerySet[ApiToken]) -> None:
        self.tell_each(request, "revoke", rows)


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin[IdempotencyKey]):
    """Requests that will get the same answer again."""

    list_display = ["key", "method", "path", "user", "status", "created_at"]
    list_select_related = ["user"]
    ordering = ["-created_at"]
    empty_text = "A request that names an Idempotency-Key gets the same answer for seven days, however often it comes."
