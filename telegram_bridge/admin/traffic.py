"""What came and what goes: the inbox and the outbox."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from chat import hints
from chat.admin_base import ReadOnlyAdmin, badge, link
from chat.errors import ConflictError
from telegram_bridge.models import Delivery, DeliveryState, Keyboard, LiveMessage, Shown, Update

LOOKS = {
    DeliveryState.PENDING: "queued",
    DeliveryState.SENT: "succeeded",
    DeliveryState.FAILED: "warn",
    DeliveryState.DEAD: "failed",
}


class ParkedFilter(admin.SimpleListFilter):
    """Updates by what became of them."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("parked", "Given up"), ("open", "To be handled"), ("handled", "Handled")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Update]) -> QuerySet[Update]:
        match self.value():
            case "parked":
                return queryset.filter(handled_at=None).exclude(parked_at=None)
            case "open":
                return queryset.filter(handled_at=None, parked_at=None)
            case "handled":
                return queryset.exclude(handled_at=None)
        return queryset


@admin.register(Update)
class UpdateAdmin(ReadOnlyAdmin[Update]):
    """The inbox: what Telegram sent, and whether it was handled."""

    list_display = ["update_id", "state", "sort", "chat_id", "received_at", "handled_at", "why"]
    list_filter = [ParkedFilter]
    # Ids stand in the order of storing and have an index.
    ordering = ["-id"]
    sortable_by = ()
    search_fields = ["=update_id", "=chat_id"]
    verbs = {"retry": "Try again"}
    actions = ["retry_chosen"]
    fields = [
        "update_id", "bot_id", "chat_id", "album", "received_at", "handled_at", "failures", "parked_at", "error", "buttons", "payload",
    ]  # fmt: skip
    readonly_fields = ["buttons"]
    empty_text = "Every update that Telegram sends is stored here before anything is done about it. After three failures it is given up."

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Telegram inbox", **(extra_context or {})})

    @admin.display(description="State")
    def state(self, row: Update) -> SafeString:
        if row.handled_at:
            return badge("succeeded", "Handled")
        return badge("failed", "Given up") if row.parked_at else badge("queued", "To be handled")

    @admin.display(description="Kind")
    def sort(self, row: Update) -> str:
        return next((name.replace("_", " ") for name in row.payload if name != "update_id"), "—")

    @admin.display(description="Reason")
    def why(self, row: Update) -> str:
        return Truncator(row.error).chars(120) or "—"

    def offered(self, row: Update) -> list[str]:
        return ["retry"] if row.parked_at and not row.handled_at else []

    def retry(self, request: HttpRequest, row: Update) -> str:
        """Handle an update that was given up; those after it have been handled meanwhile."""
        parked = Update.objects.filter(pk=row.pk, handled_at=None).exclude(parked_at=None)
        if not parked.update(parked_at=None, failures=0, error=""):
            raise ConflictError("Only an update that was given up can be tried again.")
        hints.telegram()
        return f"Update {row.update_id} is handled once more."

    @admin.action(description="Try again")
    def retry_chosen(self, request: HttpRequest, rows: QuerySet[Update]) -> None:
        self.tell_each(request, "retry", rows)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin[Delivery]):
    """The outbox: what has to reach Telegram, and whether it did."""

    list_display = ["created_at", "progress", "kind", "place", "beginning", "attempts", "why"]
    list_filter = ["state", "kind"]
    list_select_related = ["chat"]
    ordering = ["-id"]
    sortable_by = ()
    search_fields = ["chat__title", "=telegram_id"]
    fields = [
        "chat", "thread_id", "talk", "message", "kind", "part", "text", "silent", "state", "telegram_id", "attempts", "next_try_at",
        "error", "created_at", "sent_at",
    ]  # fmt: skip
    empty_text = "Whatever goes to Telegram is put here first. It counts as sent when Telegram's number of the message is stored."

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Telegram outbox", **(extra_context or {})})

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "chat__id__exact" or super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return super().get_queryset(request).defer("entities", "source")

    @admin.display(description="State")
    def progress(self, row: Delivery) -> SafeString:
        return badge(LOOKS[DeliveryState(row.state)], row.get_state_display())

    @admin.display(description="Chat")
    def place(self, row: Delivery) -> SafeString:
        return link("telegram_bridge_telegramchat_change", row.chat_id, row.chat)

    @admin.display(description="Text")
    def beginning(self, row: Delivery) -> str:
        return Truncator(row.text).chars(80) or "—"

    @admin.display(description="Reason")
    def why(self, row: Delivery) -> str:
        return Truncator(row.error).chars(120) or "—"


@admin.register(Keyboard)
class KeyboardAdmin(ReadOnlyAdmin[Keyboard]):
    """Buttons under messages. What makes them work is not shown."""

    list_display = ["created_at", "purpose", "chat", "user", "state"]
    list_filter = ["purpose"]
    list_select_related = ["chat", "user"]
    ordering = ["-id"]
    sortable_by = ()
    fields = ["chat", "user", "purpose", "subject", "rows", "created_at", "closed_at"]
    empty_text = "Questions, conversations to resume and tasks to cancel come with buttons: here is what they say and whose they are."

    @admin.display(description="State")
    def state(self, row: Keyboard) -> SafeString:
        return badge("off", "Closed") if row.closed_at else badge("ok", "Open")


@admin.register(Shown)
class ShownAdmin(ReadOnlyAdmin[Shown]):
    """Which message of Telegram is which one of a conversation."""

    list_display = ["telegram_id", "chat", "message"]
    list_select_related = ["chat", "message"]
    ordering = ["-id"]
    sortable_by = ()
    empty_text = "A reply on Telegram is understood by this: which message there is which one of a conversation."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Shown]:
        return super().get_queryset(request).defer("message__payload")


@admin.register(LiveMessage)
class LiveMessageAdmin(ReadOnlyAdmin[LiveMessage]):
    """Messages that are edited in place while a run works."""

    list_display = ["run_id", "talk", "telegram_id", "edited_at"]
    list_select_related = ["talk__chat", "talk__user"]
    ordering = ["-id"]
    sortable_by = ()
    empty_text = "While a run works, one message in the chat says what it does; then it becomes the answer."
