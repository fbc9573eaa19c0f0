"""Telegram that is switched on and not heard of for two minutes is told everywhere: readiness, the doctor, the admin."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agentron import checkup
from agentron.checkup import FAIL, OK, WARN
from telegram_bridge.health import deaf
from telegram_bridge.models import TelegramSettings, TelegramState, Update
from tests.factories import make_user
from workflows.models import Heartbeat

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def connected(changed: float = 900, *, enabled: bool = True, **state: Any) -> None:
    """Telegram that was set up `changed` seconds ago."""
    TelegramSettings(enabled=enabled).save()
    TelegramSettings.objects.update(changed_at=ago(changed))
    TelegramState.objects.update_or_create(pk=1, defaults=state)


@pytest.mark.parametrize(
    ("changed", "state", "silent"),
    [
        (900, {"polled_at": ago(119)}, False),
        (900, {"polled_at": ago(121)}, True),
        (900, {}, True),
        (60, {}, False),
        (60, {"polled_at": ago(5000)}, False),
        (900, {"began_at": ago(60)}, False),
        (900, {"began_at": ago(900), "polled_at": ago(800)}, True),
    ],
)
def test_it_is_deaf_two_minutes_after_the_last_poll_or_the_last_change(changed: float, state: dict[str, Any], silent: bool) -> None:
    connected(changed, **state)

    assert bool(deaf(NOW)) is silent


def test_what_is_switched_off_is_not_deaf() -> None:
    connected(enabled=False, polled_at=ago(5000))

    assert deaf(NOW) == ""


def test_the_reason_of_a_process_that_tries_is_told() -> None:
    connected(polled_at=ago(600), poll_error="Telegram cannot be reached.", lease_expires_at=NOW + timedelta(seconds=9))

    assert deaf(NOW) == "Telegram has not been heard of for 10 min. Telegram cannot be reached."


def test_a_process_that_is_gone_is_told_instead_of_what_it_said_last() -> None:
    connected(polled_at=ago(600), poll_error="Telegram cannot be reached.", lease_expires_at=ago(500))

    assert "No telegram process runs" in deaf(NOW)


def test_a_process_without_a_token_is_told() -> None:
    connected(polled_at=ago(600))
    Heartbeat.objects.create(name="idle", kind=Heartbeat.Kind.TELEGRAM, at=timezone.now())

    assert "has no token that it can use" in deaf(NOW)


def test_deaf_is_not_ready_and_red_in_the_admin(client: Client) -> None:
    for kind in ("worker", "clock"):
        Heartbeat.objects.create(name=kind, kind=kind, at=timezone.now())
    ready = client.get("/api/health/ready").status_code
    connected(polled_at=ago(600))
    client.force_login(make_user("boss", is_superuser=True, is_staff=True))

    answer = client.get("/api/health/ready")
    pages = [client.get(reverse(f"admin:{name}")).content.decode() for name in ("index", "telegram_bridge_telegramsettings_changelist")]

    assert (ready, answer.status_code) == (200, 503)
    assert "Telegram has not been heard of" in answer.json()["reasons"][0]
    assert all("Telegram has not been heard of" in page and "Not connected" in page for page in pages)


def test_the_doctor_tells_of_telegram() -> None:
    found = [checkup.telegram().state]
    connected(polled_at=timezone.now())
    found.append(checkup.telegram().state)
    Update.objects.create(bot_id=0, update_id=1, payload={}, received_at=ago(61))
    late = checkup.telegram()
    Update.objects.update(parked_at=NOW)
    found.append(checkup.telegram().state)
    TelegramState.objects.update(polled_at=ago(600))
    found.append(checkup.telegram().state)

    assert found == [OK, OK, WARN, FAIL]
    assert (late.state, "1 updates wait longer than a minute" in late.text) == (WARN, True)
