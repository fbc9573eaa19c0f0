"""How the admin looks and in which order it lists its pages (django-unfold's settings)."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def superuser(request: HttpRequest) -> bool:
    """Whether to show what only superusers may open."""
    return bool(request.user.is_superuser)


def page(title: str, icon: str, name: str, **more: Any) -> dict[str, Any]:
    """A line of the sidebar."""
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{name}"), **more}


def tables(app: str, *lines: tuple[str, str, str], **more: Any) -> list[dict[str, Any]]:
    """Lines that lead to the lists of models; each is title, icon and the model's name."""
    return [page(title, icon, f"{app}_{model}_changelist", **more) for title, icon, model in lines]


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Agentron",
    "SITE_HEADER": "Agentron",
    "SITE_SUBHEADER": "Administration",
    "SITE_URL": "/",
    "SITE_ICON": lambda request: static("agentron.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("agentron.svg")}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": {
        "primary": {
            "50": "#eef2ff", "100": "#e0e7ff", "200": "#c7d2fe", "300": "#a5b4fc", "400": "#818cf8", "500": "#6366f1",
            "600": "#4f46e5", "700": "#4338ca", "800": "#3730a3", "900": "#312e81", "950": "#1e1b4b",
        }
    },
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": [
            {"title": "Work", "items": [
                *tables("workflows", ("Runs", "play_circle", "run"), ("Questions", "help", "helprequest")),
                *tables("chat", ("Conversations", "forum", "conversation"), ("Messages", "chat", "message")),
            ]},
            {"title": "Assistants", "separator": True, "items": tables(
                "workflows", ("Agents", "smart_toy", "agent"), ("Models", "hub", "modelprovider"), ("Memory", "bookmark", "memory"),
            )},
            {"title": "People", "separator": True, "items": [
                *tables("auth", ("Users", "person", "user"), ("Groups", "group", "group")),
                *tables("chat", ("Profiles", "badge", "profile"), ("API tokens", "key", "apitoken")),
            ]},
            {"title": "Inside", "separator": True, "collapsible": True, "items": [
                *tables("workflows", ("Heartbeats", "monitor_heart", "heartbeat"), ("Steps", "linear_scale", "steprun"), ("Tool calls", "build", "toolcall")),
                *tables("chat", ("Drafts", "edit_note", "draft"), ("Idempotency keys", "fingerprint", "idempotencykey")),
                *tables(
                    "django_q", ("Queue tickets", "confirmation_number", "ormq"), ("Chores", "schedule", "schedule"),
                    ("Failed jobs", "error", "failure"), ("Finished jobs", "task_alt", "success"), permission=superuser,
                ),
            ]},
        ],
    },
}  # fmt: skip
