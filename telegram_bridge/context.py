"""What the profile page may ask for about Telegram."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from chat.http.auth import person
from telegram_bridge.health import switched_on
from telegram_bridge.models import TelegramAccount, TelegramState


def telegram(request: HttpRequest) -> dict[str, object]:
    """`telegram`: whether it is switched on, the bot's name, and this person's accounts; looked up only where a template asks."""
    return {"telegram": SimpleLazyObject(lambda: about(request))}


def about(request: HttpRequest) -> dict[str, Any]:
    """What the section of the profile page shows."""
    state = TelegramState.objects.first()
    return {
        "on": switched_on() is not None,
        "bot": state.username if state else "",
        "accounts": TelegramAccount.objects.filter(user=person(request), allowed=True),
    }
