"""How the admin looks and in which order it lists its pages (django-unfold's settings)."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def superuser(request: HttpRequest) -> bool:
    """Whether to show what only superusers may open."""
    return bool(request.user.is_superuser)


def may_view(app: str, model: str) -> Callable[[HttpRequest], bool]:
    """Whether to show what only those may open who may view the model."""
    return lambda request: bool(request.user.has_perm(f"{app}.view_{model}"))


def theme(request: HttpRequest) -> str | None:
    """The theme that this person has chosen for all pages; None: as the device."""
    profile = getattr(request, "profile", None)
    return profile.theme or None if profile else None


def table(title: str, icon: str, app: str, model: str, **more: Any) -> dict[str, Any]:
    """A line of the sidebar that leads to the list of a model."""
    link = reverse_lazy(f"admin:{app}_{model}_changelist")
    return {"title": title, "icon": icon, "link": link, "permission": may_view(app, model), **more}


def group(title: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Lines of the sidebar that belong together."""
    return {"title": title, "separator": True, "items": list(lines), **more}


NAVIGATION = [
    {"items": [{"title": "Overview", "icon": "space_dashboard", "link": reverse_lazy("admin:index")}]},
    group(
        "Work",
        table("Runs", "play_circle", "workflows", "run"),
        table("Questions", "help", "workflows", "helprequest"),
        table("Tasks", "event_repeat", "tasks", "task"),
        table("Conversations", "forum", "chat", "conversation"),
    ),
    group(
        "Assistants",
        table("Agents", "smart_toy", "workflows", "agent"),
        table("Workflows", "account_tree", "workflows", "workflow"),
        table("Model providers", "hub", "workflows", "modelprovider"),
        table("Memories", "bookmark", "workflows", "memory"),
    ),
    group(
        "Settings",
        table("Telegram", "send", "telegram_bridge", "telegramsettings"),
        {"title": "Models", "icon": "deployed_code", "link": reverse_lazy("models"), "permission": may_view("workflows", "modelprovider")},
    ),
    group(
        "People",
        table("Users", "person", "auth", "user"),
        table("Groups", "group", "auth", "group"),
        table("Profiles", "badge", "chat", "profile"),
        table("API tokens", "key", "chat", "apitoken"),
        table("Telegram accounts", "contacts", "telegram_bridge", "telegramaccount"),
        table("Telegram chats", "groups", "telegram_bridge", "telegramchat"),
    ),
    group(
        "Security",
        table("Audit trail", "policy", "auditlog", "logentry", permission=superuser),
        table("Sign-in attempts", "lock_person", "axes", "accessattempt", permission=superuser),
        table("Sign-ins", "login", "axes", "accesslog", permission=superuser),
    ),
    group(
        "Inside",
        table("Heartbeats", "monitor_heart", "workflows", "heartbeat"),
        table("Spending", "payments", "workflows", "spending"),
        table("Due times", "event_available", "tasks", "occurrence"),
        table("Step runs", "linear_scale", "workflows", "steprun"),
        table("Workflow steps", "format_list_numbered", "workflows", "step"),
        table("Revisions", "history", "workflows", "revision"),
        table("Tool calls", "build", "workflows", "toolcall"),
        table("Messages", "chat", "chat", "message"),
        table("Files", "attach_file", "chat", "file"),
        table("Drafts", "edit_note", "chat", "draft"),
        table("Idempotency keys", "fingerprint", "chat", "idempotencykey"),
        table("Telegram inbox", "move_to_inbox", "telegram_bridge", "update"),
        table("Telegram outbox", "outbox", "telegram_bridge", "delivery"),
        table("Telegram talks", "3p", "telegram_bridge", "telegramtalk"),
        table("Left on Telegram", "history", "telegram_bridge", "telegrampast"),
        table("Telegram buttons", "smart_button", "telegram_bridge", "keyboard"),
        table("Shown on Telegram", "sync_alt", "telegram_bridge", "shown"),
        table("Live on Telegram", "more_horiz", "telegram_bridge", "livemessage"),
        table("Queue tickets", "confirmation_number", "django_q", "ormq", permission=superuser),
        table("Chores", "schedule", "django_q", "schedule", permission=superuser),
        table("Failed jobs", "error", "django_q", "failure", permission=superuser),
        table("Finished jobs", "task_alt", "django_q", "success", permission=superuser),
        collapsible=True,
    ),
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Agentron",
    "SITE_HEADER": "Agentron",
    "SITE_SUBHEADER": "Administration",
    "SITE_URL": "/",
    "SITE_ICON": lambda request: static("agentron.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("agentron.svg")}],
    "DASHBOARD_CALLBACK": "agentron.dashboard.dashboard",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    # Asked for at each request: the person's profile decides, here as on the site.
    "THEME": theme,
    "SCRIPTS": [lambda request: static("admin-theme.js"), lambda request: static("admin-labels.js")],
    "ACCOUNT": {"navigation": [{"title": "Your profile", "link": reverse_lazy("profile")}]},
    "STYLES": [lambda request: static("agentron.css"), lambda request: static("admin-look.css")],
    # The greys are those of the site's tokens, so that both look like one product.
    "COLORS": {
        "base": {
            "50": "#f6f6f8", "100": "#f1f1f5", "200": "#e3e4ea", "300": "#cfd1db", "400": "#8f93a3", "500": "#6c7080",
            "600": "#5a5d6b", "700": "#3d404b", "800": "#2b2d35", "900": "#17181c", "950": "#121317",
        },
        "primary": {
            "50": "#eef2ff", "100": "#e0e7ff", "200": "#c7d2fe", "300": "#a5b4fc", "400": "#818cf8", "500": "#6366f1",
            "600": "#4f46e5", "700": "#4338ca", "800": "#3730a3", "900": "#312e81", "950": "#1e1b4b",
        },
    },
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": NAVIGATION},
}  # fmt: skip
