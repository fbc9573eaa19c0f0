"""Settings → Telegram: the token goes in and never comes out, and what cannot work is refused with a sentence."""

from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from agentron.masking import masked
from telegram_bridge.admin import settings as page_module
from telegram_bridge.forms import TOKEN as TOKEN_PATTERN
from telegram_bridge.models import (
    Delivery,
    TelegramAccount,
    TelegramChat,
    TelegramLinkCode,
    TelegramSettings,
    TelegramState,
    TelegramTalk,
    Update,
)
from tests.factories import make_conversation, make_user

pytestmark = [pytest.mark.wide, pytest.mark.django_db]

TOKEN = "123456789:AAHk-TestTokenOfNobody_0123456789abcde"
SECRET = TOKEN.partition(":")[2]
PAGE = "/admin/telegram_bridge/telegramsettings/"
FORM = {"mode": "polling", "streaming": "text"}


@pytest.fixture
def boss() -> User:
    return make_user("boss", is_superuser=True, is_staff=True)


@pytest.fixture
def desk(boss: User) -> Client:
    client = Client()
    client.force_login(boss)
    return client


def chosen(**fields: Any) -> TelegramSettings:
    TelegramSettings(**fields).save()
    return TelegramSettings.now()


def test_a_token_goes_in_and_only_its_ends_come_out(desk: Client) -> None:
    desk.post(PAGE, {**FORM, "new_token": TOKEN, "enabled": "on"})

    page = desk.get(PAGE).content.decode()

    assert (TelegramSettings.now().token, TelegramSettings.now().enabled) == (TOKEN, True)
    assert "123456789:…bcde" in page
    assert SECRET not in page


@pytest.mark.parametrize(
    ("change", "left"), [({}, TOKEN), ({"new_token": f"{TOKEN[:-1]}X"}, f"{TOKEN[:-1]}X"), ({"forget_token": "on"}, "")]
)
def test_a_token_stays_until_it_is_replaced_or_forgotten(desk: Client, change: dict[str, str], left: str) -> None:
    chosen(token=TOKEN)

    desk.post(PAGE, {**FORM, **change})

    assert TelegramSettings.now().token == left


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"new_token": "my secret password"}, "This is not a bot token"),
        ({"new_token": f"{SECRET}"}, "This is not a bot token"),
        ({"token_env": "SECRET_KEY"}, "cannot hold a bot&#x27;s token"),
        ({"token_env": "DATABASE_URL"}, "cannot hold a bot&#x27;s token"),
        ({"new_token": TOKEN, "token_env": "TELEGRAM_SET_TOKEN"}, "not both"),
        ({"token_env": "OTHER_TOKEN"}, "OTHER_TOKEN is not set in the environment of this server"),
        ({"enabled": "on"}, "It cannot be switched on yet. There is no token yet"),
        ({"new_token": TOKEN, "mode": "webhook"}, "Telegram calls https addresses only"),
    ],
)
def test_what_cannot_work_is_refused(desk: Client, monkeypatch: pytest.MonkeyPatch, typed: dict[str, str], told: str) -> None:
    monkeypatch.setenv("TELEGRAM_SET_TOKEN", TOKEN)

    page = desk.post(PAGE, {**FORM, **typed}).content.decode()

    assert told in page
    assert SECRET not in page
    assert not TelegramSettings.objects.exists()


def test_a_variable_goes_before_the_stored_token_and_the_page_says_so(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_SET_TOKEN", TOKEN)
    chosen(token=f"{TOKEN[:-1]}X")

    desk.post(PAGE, {**FORM, "token_env": "TELEGRAM_SET_TOKEN"})

    assert TelegramSettings.now().secret() == TOKEN
    assert "from TELEGRAM_SET_TOKEN (the stored one, 123456789:…bcdX, is not used)" in desk.get(PAGE).content.decode()


def test_a_webhook_gets_a_secret_of_our_making(desk: Client, settings: Settings) -> None:
    settings.AGENTRON_URL = "https://agentron.example"

    desk.post(PAGE, {**FORM, "mode": "webhook", "new_token": TOKEN, "enabled": "on"})
    secret = TelegramSettings.now().webhook_secret
    page = desk.get(PAGE).content.decode()

    assert len(secret) >= 32
    assert secret not in page


def test_a_token_that_no_key_opens_is_told_and_can_be_replaced(desk: Client) -> None:
    chosen(token=TOKEN, enabled=True)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE telegram_bridge_telegramsettings SET token = 'encrypted with a lost key'")

    pages = [desk.get(PAGE).content.decode(), desk.post(PAGE, FORM).content.decode()]
    desk.post(PAGE, {**FORM, "new_token": TOKEN})

    assert all("cannot be opened" in page for page in pages)
    assert TelegramSettings.now().token == TOKEN


def test_who_may_look_sees_neither_form_nor_strangers(boss: User) -> None:
    TelegramAccount.objects.create(telegram_id=6666, name="Mallory")
    clerk = make_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label="telegram_bridge"))
    client = Client()
    client.force_login(clerk)
    account = TelegramAccount.objects.get()

    page = client.get(PAGE).content.decode()
    allowed = client.post(reverse("admin:telegram_bridge_telegramaccount_do", args=[account.pk, "allow"]), {"user": "boss"})

    account.refresh_from_db()
    assert ("Mallory" in page, allowed.status_code, account.allowed) == (False, 403, False)


def test_a_stranger_is_allowed_as_somebody_and_told_so(desk: Client) -> None:
    account = TelegramAccount.objects.create(telegram_id=1001, name="Ada", username="ada_l")
    TelegramChat.objects.create(chat_id=1001, title="Ada")

    make_user("plain")

    answer = desk.post(
        reverse("admin:telegram_bridge_telegramaccount_do", args=[account.pk, "allow"]), {"user": "plain", "from": "settings"}
    )

    account.refresh_from_db()
    assert (answer.headers["Location"], str(account.served_as())) == (PAGE, "plain")
    assert "you are plain here" in Delivery.objects.get().text


@pytest.mark.parametrize("verb", ["do", "change"])
def test_a_group_is_allowed_and_told_so(desk: Client, verb: str) -> None:
    group = TelegramChat.objects.create(chat_id=-4001, type="group", title="The team")

    args = [group.pk, "allow"] if verb == "do" else [group.pk]
    desk.post(reverse(f"admin:telegram_bridge_telegramchat_{verb}", args=args), {"allowed": "on"})

    group.refresh_from_db()
    assert (group.allowed, Delivery.objects.get().text[:26]) == (True, "This group is allowed now.")


def test_what_goes_wrong_stands_at_the_top_of_the_page(desk: Client) -> None:
    chosen(token=TOKEN, enabled=True)
    TelegramState.objects.update_or_create(pk=1, defaults={"poll_error": "Telegram cannot be reached."})

    page = desk.get(PAGE).content.decode()

    assert '<p class="notice bad" role="alert">Telegram cannot be reached.</p>' in page


def test_the_page_names_who_is_served_and_cannot_be_written_to(desk: Client, boss: User) -> None:
    TelegramAccount.objects.create(telegram_id=1001, user=boss, allowed=True)
    for number, title in ((1001, "Ada blocked us"), (6666, "Mallory did")):
        TelegramChat.objects.create(chat_id=number, title=title, unreachable_since=timezone.now())

    page = desk.get(PAGE).content.decode()

    assert ("Ada blocked us" in page, "Mallory did" in page) == (True, False)


def test_the_page_says_what_comes_next_until_somebody_is_served(desk: Client, boss: User) -> None:
    chosen(token=TOKEN, enabled=True)

    before = desk.get(PAGE).content.decode()
    TelegramAccount.objects.create(telegram_id=1001, user=boss, allowed=True)

    assert "Nobody is served yet" in before
    assert "Nobody is served yet" not in desk.get(PAGE).content.decode()


@pytest.mark.parametrize("name", ["", "nobody", "gone"])
def test_nobody_is_allowed_as_no_one(desk: Client, name: str) -> None:
    make_user("gone", is_active=False)
    account = TelegramAccount.objects.create(telegram_id=1001)

    desk.post(reverse("admin:telegram_bridge_telegramaccount_do", args=[account.pk, "allow"]), {"user": name})

    account.refresh_from_db()
    assert (account.allowed, account.user) == (False, None)


def test_a_test_message_that_nobody_sends_says_what_to_look_at(desk: Client, boss: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "ARRIVAL_SECONDS", 0)
    TelegramAccount.objects.create(telegram_id=1001, user=boss, allowed=True)
    chat = TelegramChat.objects.create(chat_id=1001, title="Ada")
    chosen(token=TOKEN, enabled=True, notification_chat=chat)

    page = desk.post(reverse("admin:telegram_bridge_telegramsettings_do", args=[1, "say"]), follow=True).content.decode()

    assert "waits to be sent" in page
    assert Delivery.objects.get().chat == chat


def test_an_update_that_was_given_up_is_tried_again(desk: Client) -> None:
    update = Update.objects.create(bot_id=1, update_id=7, payload={}, failures=3, parked_at=timezone.now(), error="KeyError")

    desk.post(reverse("admin:telegram_bridge_update_do", args=[update.pk, "retry"]))

    update.refresh_from_db()
    assert (update.parked_at, update.failures, update.error) == (None, 0, "")


def test_unlinking_gives_up_what_waits_and_ends_the_talk(client: Client, boss: User) -> None:
    account = TelegramAccount.objects.create(telegram_id=1001, user=boss, allowed=True)
    chat = TelegramChat.objects.create(chat_id=1001)
    talk = TelegramTalk.objects.create(chat=chat, user=boss, conversation=make_conversation(boss))
    delivery = Delivery.objects.create(chat=chat, talk=talk, text="private")
    chosen(notification_chat=chat)
    client.force_login(boss)

    client.post(reverse("unlink-telegram", args=[account.pk]))

    for row in (account, talk, delivery):
        row.refresh_from_db()
    assert (account.user, account.allowed, talk.conversation, delivery.state) == (None, False, None, "dead")
    assert TelegramSettings.now().notification_chat is None


def test_nobody_unlinks_the_account_of_another(client: Client, boss: User) -> None:
    account = TelegramAccount.objects.create(telegram_id=1001, user=boss, allowed=True)
    client.force_login(make_user("stranger"))

    answer = client.post(reverse("unlink-telegram", args=[account.pk]))

    account.refresh_from_db()
    assert (answer.status_code, account.allowed) == (404, True)


def test_the_profile_tells_switched_off_from_not_connected_yet(desk: Client) -> None:
    off = desk.get(reverse("profile")).content.decode()
    chosen(token=TOKEN, enabled=True)

    page = desk.get(reverse("profile")).content.decode()

    assert "Telegram is not connected here." in off
    assert ("is being connected" in page, "not connected here" in page) == (True, False)


def test_a_link_is_shown_once_and_leads_to_the_bot(client: Client, boss: User) -> None:
    chosen(token=TOKEN, enabled=True)
    TelegramState.objects.create(pk=1, username="agentron_test_bot")
    client.force_login(boss)

    answer = client.post(reverse("link-telegram"))

    code = answer.content.decode().partition("https://t.me/agentron_test_bot?start=")[2][:32]
    assert "no-store" in answer.headers["Cache-Control"]
    assert code not in client.get(reverse("profile")).content.decode()
    assert TelegramLinkCode.redeem(code) == boss


def test_the_page_of_a_link_learns_that_it_was_used(client: Client, boss: User) -> None:
    code = TelegramLinkCode.issue(boss)
    client.force_login(boss)
    address = reverse("telegram-linked")

    waiting = client.get(address).status_code
    TelegramLinkCode.redeem(code)
    void = client.get(address).content.decode()
    TelegramAccount.objects.create(telegram_id=1001, name="Ada", user=boss, allowed=True, linked_at=timezone.now())
    used = client.get(address).content.decode()

    assert waiting == 204
    assert "That link does not work any more" in void
    assert "Linked as Ada" in used
    assert address not in void + used


def test_the_trail_and_a_dump_tell_of_the_change_and_not_the_token(desk: Client, capsys: pytest.CaptureFixture[str]) -> None:
    desk.post(PAGE, {**FORM, "new_token": TOKEN})
    call_command("dumpdata", "telegram_bridge", "auditlog")

    told = capsys.readouterr().out + str(list(LogEntry.objects.values_list("changes", "object_repr")))

    assert "•••" in told
    assert SECRET not in told
    assert SECRET not in desk.get(reverse("admin:auditlog_logentry_changelist")).content.decode()


def test_a_dump_brings_the_token_back(tmp_path: Any) -> None:
    chosen(token=TOKEN)
    call_command("dumpdata", "telegram_bridge.telegramsettings", output=str(tmp_path / "dump.json"))
    TelegramSettings.objects.all().delete()

    call_command("loaddata", str(tmp_path / "dump.json"), verbosity=0)

    assert TelegramSettings.now().token == TOKEN


def test_every_token_that_is_taken_is_masked() -> None:
    assert TOKEN_PATTERN.fullmatch(shortest := f"12345:{'x' * 20}")
    assert masked(f"GET /bot{shortest}/getMe") == "GET /bot12345:***/getMe"


def test_a_group_that_is_closed_is_told_nothing_more(desk: Client) -> None:
    chat = TelegramChat.objects.create(chat_id=-4001, type="group", allowed=True)
    delivery = Delivery.objects.create(chat=chat, text="for the group")
    chosen(notification_chat=chat)

    desk.post(reverse("admin:telegram_bridge_telegramchat_change", args=[chat.pk]), {})

    delivery.refresh_from_db()
    assert (delivery.state, TelegramSettings.now().notification_chat) == ("dead", None)
