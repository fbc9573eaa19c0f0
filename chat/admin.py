"""People and their conversations, for administrators."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chat.admin_base import BaseAdmin, ReadOnlyAdmin
from chat.errors import ConflictError
from chat.forms import TokenForm
from chat.http.auth import person
from chat.models import ApiToken, Conversation, Draft, IdempotencyKey, Message, Profile


@admin.register(Conversation)
class ConversationAdmin(BaseAdmin[Conversation]):
    """Conversations; what was said in them is read-only and on pages of its own."""

    list_display = ["__str__", "owner", "last_seq", "archived", "updated_at"]
    list_filter = ["archived"]
    list_select_related = ["owner"]
    search_fields = ["title", "owner__username"]
    fields = ["title", "archived", "owner", "messages", "last_seq", "read_seq", "created_at", "updated_at"]
    readonly_fields = ["owner", "messages", "last_seq", "read_seq", "created_at", "updated_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Conversation | None = None) -> bool:
        return False

    def messages(self, row: Conversation) -> SafeString:
        """A link to what was said."""
        address = f"{reverse('admin:chat_message_changelist')}?conversation__id__exact={row.pk}"
        return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{} messages</a>', address, row.last_seq)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin[Message]):
    """The log."""

    list_display = ["seq", "kind", "author", "beginning", "conversation", "via", "at"]
    list_display_links = ["seq", "beginning"]
    list_filter = ["kind", "author", "via"]
    list_select_related = ["conversation"]
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


@admin.register(Profile)
class ProfileAdmin(BaseAdmin[Profile]):
    """People's settings."""

    list_display = ["user", "time_zone", "quiet_from", "quiet_until"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    autocomplete_fields = ["user"]


@admin.register(ApiToken)
class ApiTokenAdmin(BaseAdmin[ApiToken]):
    """Tokens of programs. A new one is shown once, right after it was made; it acts as whoever made it."""

    form = TokenForm
    list_display = ["name", "prefix", "user", "created_at", "last_used_at", "revoked_at"]
    list_select_related = ["user"]
    search_fields = ["name", "user__username"]
    verbs = {"revoke": "Revoke"}
    actions = ["revoke_chosen"]

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        return ["name", "user", "prefix", "created_at", "last_used_at", "revoked_at", "buttons"] if obj else ["name"]

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
        if not ApiToken.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=timezone.now()):
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
