"""Where Telegram calls when a webhook is set: what it brings is stored, and nothing else is done about it here."""

import hmac
import json

from django.http import HttpRequest, HttpResponse
from ninja import Router

from chat.errors import InvalidError, RefusedError
from chat.http.auth import ForbiddenError
from telegram_bridge import inbox
from telegram_bridge.models import TelegramSettings

HEADER = "X-Telegram-Bot-Api-Secret-Token"

router = Router(tags=["telegram"], auth=None)


class OffError(RefusedError):
    """Telegram is to try again later."""

    status = 503
    title = "Switched off"


@router.post("/webhook", response={200: None, 403: None, 422: None, 503: None}, summary="Take an update from Telegram")
def webhook(request: HttpRequest) -> HttpResponse:
    """Store an update. For Telegram alone, which says the webhook's secret in the header X-Telegram-Bot-Api-Secret-Token."""
    settings = TelegramSettings.now()
    said, expected = request.headers.get(HEADER, ""), settings.webhook_word()
    # Without a secret everybody would be believed, so nobody is.
    if not expected or not hmac.compare_digest(said.encode(), expected.encode()):
        raise ForbiddenError("Only Telegram may call this: the header with the webhook's secret is missing or wrong.")
    if not settings.enabled or settings.mode != TelegramSettings.Mode.WEBHOOK or not settings.bot_id():
        raise OffError("The webhook is switched off here: switch it on under Settings → Telegram.")
    if not inbox.store(settings.bot_id(), [read(request.body)]):
        raise InvalidError("This is no update: an update has a number as its update_id.")
    return HttpResponse(status=200)


def read(body: bytes) -> object:
    """What Telegram sent; None where it is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
