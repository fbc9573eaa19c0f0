"""Who may talk, and where."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.forms import BooleanField, ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from chat.admin_base import BaseAdmin, M, ReadOnlyAdmin, badge, link
from chat.errors import ConflictError, InvalidError
from telegram_bridge import outbox, parting
from telegram_bridge.models import TelegramAccount, TelegramChat, TelegramPast, TelegramTalk
from telegram_bridge.rights import given_away
from telegram_bridge.words import literal


class FromSettings(BaseAdmin[M]):
    """Rows whose verbs are used on the page of the settings, too, and lead back there: only for superusers.

    Whoever lets a Telegram account act as somebody gives all of their rights away.
    """

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return bool(request.user.is_superuser)

    def may_do(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def do(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        response = super().do(request, object_id, verb)
        there = response.status_code == 302 and request.POST.get("from") == "settings"
        return redirect("admin:telegram_bridge_telegramsettings_changelist") if there else response


class AccountForm(ModelForm[TelegramAccount]):
    """Whom a Telegram account is served as."""

    confirmed = BooleanField(
        label="Also as more than a plain user", required=False, help_text="Tick it where you are asked to, after reading what it means."
    )

    class Meta:
        model = TelegramAccount
        fields = ["user", "allowed"]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if found.get("allowed") and not found.get("user"):
            self.add_error("user", "Choose as whom this person is served.")
        elif self.is_new(found) and not found.get("confirmed") and (told := given_away(found["user"])):
            self.add_error("confirmed", f"{told} Tick this if that is what you want, and save again.")
        return found

    def is_new(self, found: dict[str, Any]) -> bool:
        """Whether the account is served as somebody whom it was not served as before."""
        return bool(found.get("allowed")) and not {"user", "allowed"}.isdisjoint(self.changed_data)


@admin.register(TelegramAccount)
class TelegramAccountAdmin(FromSettings[TelegramAccount]):
    """People on Telegram, known by number."""

    form = AccountForm
    list_display = ["name_or_number", "state", "served_as", "at_name", "telegram_id", "seen_at"]
    list_filter = ["allowed", "seen_at"]
    list_select_related = ["user"]
    search_fields = ["name", "username", "telegram_id", "user__username"]
    autocomplete_fields = ["user"]
    fields = ["user", "allowed", "confirmed", "name", "at_name", "telegram_id", "linked_at", "seen_at", "buttons"]
    readonly_fields = ["name", "at_name", "telegram_id", "linked_at", "seen_at", "buttons"]
    verbs = {"allow": "Allow", "refuse": "Unlink, and serve no more"}
    empty_text = "Whoever writes to the bot appears here. They are served once they are linked from their profile, or allowed here."

    @admin.display(description="Name", ordering="name")
    def name_or_number(self, row: TelegramAccount) -> str:
        return str(row)

    @admin.display(description="@name", ordering="username")
    def at_name(self, row: TelegramAccount) -> str:
        return f"@{row.username}" if row.username else "—"

    @admin.display(description="Served as", ordering="user__username")
    def served_as(self, row: TelegramAccount) -> str:
        return row.user.get_username() if row.user else "—"

    @admin.display(description="State")
    def state(self, row: TelegramAccount) -> SafeString:
        if not row.allowed:
            return badge("off", "Not served")
        return badge("ok", "Served") if row.served_as() else badge("warn", "User is inactive")

    def offered(self, row: TelegramAccount) -> list[str]:
        # As whom somebody is served is chosen in the form above the buttons, so that is what allows.
        return ["refuse"] if row.allowed or row.user_id else []

    def do(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        """Ask once before somebody may act as more than a plain user."""
        row = self.get_object(request, object_id) if request.method == "POST" and verb == "allow" and self.may_do(request) else None
        user = self.named(request, row) if row else None
        told = given_away(user) if user and not request.POST.get("confirmed") else ""
        if not told or user is None:
            return super().do(request, object_id, verb)
        context = {"title": "Telegram", "opts": self.opts, "account": row, "name": user.get_username(), "given_away": told}
        context["from"] = request.POST.get("from", "")
        return TemplateResponse(request, "admin/telegram_allow.html", {**self.admin_site.each_context(request), **context})

    def named(self, request: HttpRequest, row: TelegramAccount) -> User | None:
        """The user that was typed, or the one that the account had."""
        name = request.POST.get("user", "").strip()
        return User.objects.filter(username=name).first() if name else row.user

    def allow(self, request: HttpRequest, row: TelegramAccount) -> str:
        """Serve the account as the user that was named, or as the one it had."""
        name, user = request.POST.get("user", "").strip(), self.named(request, row)
        if user is None:
            raise InvalidError(f"There is no user “{name}”." if name else "Say as whom this person is served.")
        if not user.is_active:
            raise ConflictError(f"{user.get_username()} is inactive: nobody is served as them.")
        if row.allowed and row.user_id not in (None, user.pk):
            raise ConflictError(f"{row} is served as {row.user}: unlink the account first.")
        row.user, row.allowed, row.linked_at = user, True, timezone.now()
        row.save(update_fields=["user", "allowed", "linked_at"])
        if chat := TelegramChat.objects.filter(chat_id=row.telegram_id).first():
            outbox.tell(
                chat, f"You may talk to me now: you are **{literal(user.get_username())}** here. Just write what you want, or see /help."
            )
        return f"{row} is served as {user.get_username()} from now on."

    def refuse(self, request: HttpRequest, row: TelegramAccount) -> str:
        """Serve the account no more."""
        parting.part(row)
        return f"{row} is not served any more, and nothing is sent there."

    def delete_model(self, request: HttpRequest, obj: TelegramAccount) -> None:
        parting.part(obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[TelegramAccount]) -> None:
        for account in queryset:
            self.delete_model(request, account)

    def save_model(self, request: HttpRequest, obj: TelegramAccount, form: Any, change: bool) -> None:
        """What was said as somebody stays theirs: an account that changes hands, or is not allowed, parts from it first."""
        before = TelegramAccount.objects.get(pk=obj.pk)
        if before.user_id and (before.user_id != obj.user_id or not obj.allowed):
            parting.part(before)
        obj.linked_at = (before.linked_at or timezone.now()) if obj.allowed else None
        super().save_model(request, obj, form, change)


class ChatForm(ModelForm[TelegramChat]):
    """Whether a group may be spoken in."""

    class Meta:
        model = TelegramChat
        fields = ["allowed"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.is_private and isinstance(field := self.fields.get("allowed"), BooleanField):
            field.disabled = True


@admin.register(TelegramChat)
class TelegramChatAdmin(FromSettings[TelegramChat]):
    """Private chats and groups that the bot was written to in."""

    form = ChatForm
    list_display = ["title_or_number", "kind", "state", "chat_id", "seen_at"]
    list_filter = ["type", "allowed", "seen_at"]
    search_fields = ["title", "chat_id"]
    fields = ["allowed", "title", "kind", "chat_id", "seen_at", "unreachable_since", "unreachable_because", "not_before", "buttons"]
    readonly_fields = ["title", "kind", "chat_id", "seen_at", "unreachable_since", "unreachable_because", "not_before", "buttons"]
    verbs = {"allow": "Allow", "refuse": "Stop serving this group", "reach": "Try to write there again"}
    empty_text = "Private chats and groups appear here as soon as somebody writes to the bot in them."

    @admin.display(description="Title", ordering="title")
    def title_or_number(self, row: TelegramChat) -> str:
        return str(row)

    @admin.display(description="Sort", ordering="type")
    def kind(self, row: TelegramChat) -> str:
        return row.get_type_display()

    @admin.display(description="State")
    def state(self, row: TelegramChat) -> SafeString:
        if row.unreachable_since:
            return badge("fail", "Cannot be written to")
        if row.is_private:
            return badge("off", "As its person")
        return badge("ok", "Allowed") if row.allowed else badge("off", "Not served")

    def offered(self, row: TelegramChat) -> list[str]:
        # Whether a group is allowed is chosen in the form above the buttons.
        return ["reach"] if row.unreachable_since else []

    def allow(self, request: HttpRequest, row: TelegramChat) -> str:
        """Let people who are served speak in a group."""
        if row.is_private:
            raise ConflictError("A private chat needs only its person: allow the account.")
        row.allowed = True
        row.save(update_fields=["allowed"])
        welcome(row)
        return f"Whoever is served may now speak to the bot in {row}."

    def refuse(self, request: HttpRequest, row: TelegramChat) -> str:
        """Serve nobody in a group any more."""
        parting.close(row)
        return f"Nobody is served in {row} any more."

    def save_model(self, request: HttpRequest, obj: TelegramChat, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "allowed" in form.changed_data and obj.allowed:
            welcome(obj)
        elif "allowed" in form.changed_data:
            parting.close(obj)

    def reach(self, request: HttpRequest, row: TelegramChat) -> str:
        """Write to a chat again that had blocked or removed the bot."""
        row.unreachable_since, row.unreachable_because = None, ""
        row.save(update_fields=["unreachable_since", "unreachable_because"])
        return f"What is said from now on is sent to {row} again."


def welcome(group: TelegramChat) -> None:
    """Tell a group that was allowed how one speaks there."""
    outbox.tell(group, "This group is allowed now. Whoever I serve may speak to me here: mention me, reply to me, or see /help.")


@admin.register(TelegramTalk)
class TelegramTalkAdmin(ReadOnlyAdmin[TelegramTalk]):
    """Which conversation somebody speaks in, by chat and topic."""

    list_display = ["place", "person", "spoken_in", "thread_id", "delivered_seq"]
    list_select_related = ["chat", "user", "conversation"]
    search_fields = ["chat__title", "user__username"]
    ordering = ["-id"]
    empty_text = "A talk is one person in one chat or topic: it knows the conversation that they speak in there."

    @admin.display(description="Chat")
    def place(self, row: TelegramTalk) -> str:
        return str(row.chat)

    @admin.display(description="Person")
    def person(self, row: TelegramTalk) -> str:
        return row.user.get_username()

    @admin.display(description="Conversation")
    def spoken_in(self, row: TelegramTalk) -> SafeString | str:
        return link("chat_conversation_change", row.conversation_id, row.conversation) if row.conversation else "—"


@admin.register(TelegramPast)
class TelegramPastAdmin(ReadOnlyAdmin[TelegramPast]):
    """Which conversations somebody has left on the phone, of which what was promised there is still told."""

    list_display = ["place", "person", "left", "delivered_seq"]
    list_select_related = ["talk__chat", "talk__user", "conversation"]
    search_fields = ["talk__chat__title", "talk__user__username"]
    ordering = ["-id"]
    empty_text = "When somebody goes on with another conversation, reminders and answers of the one before still reach the phone."

    @admin.display(description="Chat")
    def place(self, row: TelegramPast) -> str:
        return str(row.talk.chat)

    @admin.display(description="Person")
    def person(self, row: TelegramPast) -> str:
        return row.talk.user.get_username()

    @admin.display(description="Conversation")
    def left(self, row: TelegramPast) -> SafeString:
        return link("chat_conversation_change", row.conversation_id, row.conversation)
