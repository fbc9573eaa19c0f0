"""The audit trail: which rows' changes are recorded, without secrets, and who made them (django-auditlog's settings)."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse

from chat.acting import Actor, acting, actor

OF_THE_CLOCK = (
    "next_due_at", "active_run", "failures", "last_error", "anchor", "starts_at", "fingerprint", "created_at", "updated_at", "ended_at",
)  # fmt: skip

# What people change, and so what somebody may have to explain. What runs write all day is not here.
AUDITED: tuple[dict[str, Any], ...] = (
    {"model": "workflows.Agent", "exclude_fields": ["created_at", "updated_at"]},
    # The steps of a workflow are in its revisions, whole and with who saved them.
    {"model": "workflows.Workflow", "exclude_fields": ["created_at", "updated_at"]},
    {"model": "workflows.ModelProvider", "mask_fields": ["api_key"]},
    {"model": "workflows.Memory", "exclude_fields": ["created_at", "updated_at"]},
    # What the clock writes is in the due times.
    {"model": "tasks.Task", "exclude_fields": list(OF_THE_CLOCK), "m2m_fields": {"depends_on"}},
    {"model": "chat.ApiToken", "exclude_fields": ["hash", "created_at", "last_used_at"]},
    {"model": "chat.Profile"},
    {"model": "telegram_bridge.TelegramSettings", "exclude_fields": ["changed_at"], "mask_fields": ["token", "webhook_secret"]},
    # Who is served and where, not when they last spoke.
    {"model": "telegram_bridge.TelegramAccount", "include_fields": ["telegram_id", "user", "allowed"]},
    {"model": "telegram_bridge.TelegramChat", "include_fields": ["chat_id", "allowed"]},
    {"model": "auth.User", "exclude_fields": ["last_login"], "mask_fields": ["password"], "m2m_fields": {"groups", "user_permissions"}},
    {"model": "auth.Group", "m2m_fields": {"permissions"}},
)

Respond = Callable[[HttpRequest], HttpResponse]


def masked(value: str) -> str:
    """A secret in the trail: only whether there was one."""
    return value if value in ("", "None") else "•••"


def with_actor(get_response: Respond) -> Respond:
    """Middleware: changes that a request makes are made by whoever it turns out to come from, also by a token."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with acting(partial(requester, request)):
            return get_response(request)

    return middleware


def requester(request: HttpRequest) -> Actor | None:
    """Who sent a request, looked at when something is recorded: by then the API has read the token."""
    via = next((name for name in ("admin", "api") if request.path.startswith(f"/{name}/")), "site")
    return Actor(request.user.pk, via, request.META.get("REMOTE_ADDR", ""))


def sign(sender: type[Any], instance: Any, **kwargs: Any) -> None:
    """Write who acts onto a new entry of the trail; their name too, for the account may be deleted one day."""
    who = actor()
    if who is None or not instance._state.adding:
        return
    instance.changes = told(instance)
    person = get_user_model().objects.filter(pk=who.user_id).first() if who.user_id else None
    instance.actor = person
    instance.remote_addr = who.address or None
    instance.additional_data = {"by": person.get_username() if person else "", "via": who.via, **who.more}


def told(entry: Any) -> dict[str, Any]:
    """What an entry tells of the row's own columns and choices; the library adds whatever points at the row."""
    model = entry.content_type.model_class()
    own = {field.name for field in (*model._meta.fields, *model._meta.many_to_many) if not field.primary_key}
    return {name: change for name, change in (entry.changes or {}).items() if name in own}
