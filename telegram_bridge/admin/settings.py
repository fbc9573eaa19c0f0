"""Settings → Telegram: the bot, whether it works, and who may talk to it, on one page."""

import time
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from chat.admin_base import BaseAdmin
from chat.errors import ConflictError
from chat.markdown import render
from telegram_bridge import checking, outbox
from telegram_bridge.forms import TelegramForm, opened, shown
from telegram_bridge.health import health
from telegram_bridge.models import Delivery, DeliveryState, TelegramAccount, TelegramChat, TelegramSettings
from telegram_bridge.models.settings import ONLY, VARIABLE
from telegram_bridge.people import reachable

MOST = 10
# As many names are offered to choose from; any other can be typed.
MOST_NAMES = 100
# For how long a test message is awaited, and how often it is looked at.
ARRIVAL_SECONDS, LOOK_SECONDS = 6.0, 0.2


@admin.register(TelegramSettings)
class TelegramSettingsAdmin(BaseAdmin[TelegramSettings]):
    """One row, one bot, one page: the list and the row lead to it."""

    verbs = {"test": "Test connection", "say": "Send a test message"}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: TelegramSettings | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return self.page(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self.page(request)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> TelegramSettings | None:
        return opened()[0] if object_id == str(ONLY) else None

    def do(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        response = super().do(request, object_id, verb)
        return redirect(f"admin:{self.url_name('changelist')}") if response.status_code == 302 else response

    @method_decorator(sensitive_post_parameters())
    def page(self, request: HttpRequest) -> HttpResponse:
        """The page, or what came of its form."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row, lost = opened()
        if request.method != "POST":
            return self.shown(request, row, lost, TelegramForm(instance=row, lost=bool(lost)))
        if not self.has_change_permission(request):
            raise PermissionDenied
        form = TelegramForm(request.POST, instance=row, lost=bool(lost))
        if not form.is_valid():
            return self.shown(request, opened()[0], lost, form)
        with transaction.atomic():
            saved = form.save()
        messages.success(request, "Saved. It takes effect within seconds." if saved.enabled else "Saved. Telegram is switched off.")
        if "_test" in request.POST:
            self.tell(request, "test", saved)
        return redirect(f"admin:{self.url_name('changelist')}")

    def shown(self, request: HttpRequest, row: TelegramSettings, lost: str, form: TelegramForm) -> HttpResponse:
        """The page around the settings as they stand, and a form that may hold something else."""
        found = health()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Telegram",
            "form": form if self.has_change_permission(request) else None,
            "row": row,
            "lost": lost,
            "token": token_from(row),
            "health": found,
            "wrong": render(found.wrong),
            "bot": found.state.username,
            "notify": bool(row.notification_chat and reachable().filter(pk=row.notification_chat.pk).exists()),
            **(detected() if request.user.is_superuser else {}),
        }
        return TemplateResponse(request, "admin/telegram.html", context)

    def test(self, request: HttpRequest, row: TelegramSettings) -> str:
        """Ask Telegram who the bot is: live calls."""
        return checking.try_connection(row)

    def say(self, request: HttpRequest, row: TelegramSettings) -> str:
        """Send a message to the notification chat by the way that all go, and wait for it."""
        chat = row.notification_chat
        if chat is None:
            raise ConflictError("Choose a notification chat first, and save.")
        if not reachable().filter(pk=chat.pk).exists():
            raise ConflictError(f"{chat} is not served any more: allow it again, or choose another chat, and save.")
        if not row.enabled:
            raise ConflictError("Telegram is switched off: switch it on, save, and try again.")
        sent = outbox.tell(chat, "This is a test message: notifications will arrive here.")
        return arrived(sent[-1])


def arrived(delivery: Delivery) -> str:
    """That `delivery` has reached its chat. Raises ConflictError where it did not, or not yet."""
    until = time.monotonic() + ARRIVAL_SECONDS
    while True:
        delivery.refresh_from_db()
        if delivery.state == DeliveryState.SENT:
            return f"The test message has arrived in {delivery.chat}."
        if delivery.state != DeliveryState.PENDING or time.monotonic() > until:
            break
        time.sleep(LOOK_SECONDS)
    if delivery.error:
        raise ConflictError(f"The test message was not sent: {delivery.error}")
    raise ConflictError("The test message waits to be sent: see whether `agentron telegram` runs. It is not lost.")


def token_from(row: TelegramSettings) -> str:
    """Where the token is from, in words, without what is secret of it."""
    if row.token_env:
        unused = f" (the stored one, {shown(row.token)}, is not used)" if row.token else ""
        return (f"from {row.token_env}" if row.secret() else f"{row.token_env} is not set here") + unused
    if row.token:
        return shown(row.token)
    return f"from {VARIABLE}" if row.secret() else "none yet"


def detected() -> dict[str, Any]:
    """Who has written to the bot and is not served, and in which groups; who is, and cannot be written to; the newest."""
    strangers = TelegramAccount.objects.filter(allowed=False)[:MOST]
    groups = TelegramChat.objects.filter(allowed=False).exclude(type=TelegramChat.Type.PRIVATE)[:MOST]
    names = User.objects.filter(is_active=True).order_by("username").values_list("username", flat=True)[:MOST_NAMES]
    return {
        "strangers": strangers,
        "groups": groups,
        "names": list(names),
        "served": TelegramAccount.objects.filter(allowed=True).count(),
        "unreachable": reachable().exclude(unreachable_since=None)[:MOST],
    }
