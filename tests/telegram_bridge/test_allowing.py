"""Who may act as more than a plain user is asked about once."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from telegram_bridge.models import TelegramAccount
from tests.factories import make_user

pytestmark = [pytest.mark.wide, pytest.mark.django_db]


@pytest.fixture
def boss() -> User:
    return make_user("boss", is_superuser=True, is_staff=True)


@pytest.fixture
def desk(boss: User) -> Client:
    client = Client()
    client.force_login(boss)
    return client


def test_whoever_is_to_act_as_a_superuser_is_asked_about_first(desk: Client, boss: User) -> None:
    account = TelegramAccount.objects.create(telegram_id=1001, name="Ada")
    address = reverse("admin:telegram_bridge_telegramaccount_do", args=[account.pk, "allow"])

    asked = desk.post(address, {"user": "boss", "from": "settings"}).content.decode()
    account.refresh_from_db()
    before = account.allowed
    desk.post(address, {"user": "boss", "from": "settings", "confirmed": "yes"})

    account.refresh_from_db()
    assert "boss is a superuser: whoever holds this Telegram account" in asked
    assert (before, account.served_as()) == (False, boss)


def test_the_form_of_an_account_asks_as_well_and_only_about_what_is_new(desk: Client, boss: User) -> None:
    account = TelegramAccount.objects.create(telegram_id=1001, name="Ada")
    address = reverse("admin:telegram_bridge_telegramaccount_change", args=[account.pk])
    form = {"user": boss.pk, "allowed": "on"}

    refused = desk.post(address, form).content.decode()
    saved = [desk.post(address, fields).status_code for fields in ({**form, "confirmed": "on"}, form)]

    account.refresh_from_db()
    assert "boss is a superuser" in refused
    assert (saved, account.served_as()) == ([302, 302], boss)
