"""What is changed from a phone stands in the audit trail, with whose phone it was."""

import pytest
from auditlog.models import LogEntry

from telegram_bridge.models import TelegramLinkCode
from tests.factories import make_user
from tests.telegram_bridge.phone import Phone, let_in

pytestmark = pytest.mark.django_db


def trail(model: str) -> list[tuple[str, str]]:
    """Who changed such a row, and by which way; the newest first."""
    entries = LogEntry.objects.filter(content_type__model=model).order_by("-id")
    return [((entry.additional_data or {}).get("by", ""), (entry.additional_data or {}).get("via", "")) for entry in entries]


def test_a_task_from_a_phone_tells_whose_it_was() -> None:
    user, phone = let_in()

    phone.say("/schedule in 2 hours stretch", entities=[{"type": "bot_command", "offset": 0, "length": 9}])

    assert trail("task")[0] == (user.get_username(), "telegram")


def test_a_link_is_recorded_and_strangers_have_no_name() -> None:
    jo, phone = make_user("jo"), Phone(1001)
    phone.say("hello")

    phone.say(f"/start {TelegramLinkCode.issue(jo)}", entities=[{"type": "bot_command", "offset": 0, "length": 6}])

    assert trail("telegramaccount") == [("jo", "telegram"), ("", "telegram")]
