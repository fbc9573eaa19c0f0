"""The audit trail: who changed what, by which way, without secrets; for ever as it was written."""

from datetime import timedelta
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from agentron.admin.trail import changes
from agentron.audit import with_actor
from chat.http.auth import Token
from chat.models import ApiToken
from tests.factories import make_context, make_turn, make_user
from workflows import chores, outcome, tools
from workflows.models import Memory, ModelProvider

pytestmark = [pytest.mark.wide, pytest.mark.django_db]


@pytest.fixture
def boss() -> User:
    return make_user("boss", is_superuser=True, is_staff=True)


def last() -> tuple[Any, ...]:
    """Who made the last entry, by which way, and about what."""
    entry = LogEntry.objects.order_by("-id")[0]
    return entry.actor and entry.actor.username, (entry.additional_data or {}).get("via"), entry.content_type.model


def test_a_change_in_the_admin_tells_who_what_and_from_where(boss: User, client: Client) -> None:
    row = Memory.objects.create(owner=boss, key="dog", value="Rex")
    client.force_login(boss)

    client.post(reverse("admin:workflows_memory_change", args=[row.pk]), {"owner": boss.pk, "key": "dog", "value": "Bello"})

    entry = LogEntry.objects.order_by("-id")[0]
    assert (last(), entry.remote_addr, entry.changes) == (("boss", "admin", "memory"), "127.0.0.1", {"value": ["Rex", "Bello"]})


def test_a_yes_or_no_is_told_as_one(boss: User) -> None:
    row = ModelProvider.objects.create(name="house", kind="openai", default_model="m")
    row.enabled = False
    row.save()

    found = [(one.old, one.new) for one in changes(LogEntry.objects.order_by("-id")[0])]
    assert ("yes", "no") in found


def test_a_change_on_the_site_tells_who(boss: User, client: Client) -> None:
    token, _ = ApiToken.issue(boss, "script")
    client.force_login(boss)

    client.post(reverse("revoke-token", args=[token.pk]))

    assert last() == ("boss", "site", "apitoken")


def test_a_token_of_the_api_stands_for_its_owner(boss: User) -> None:
    _, secret = ApiToken.issue(boss, "script")

    def view(request: HttpRequest) -> HttpResponse:
        Token()(request)
        Memory.objects.create(owner=boss, key="dog", value="Rex")
        return HttpResponse()

    request = RequestFactory().post("/api/memories", headers={"Authorization": f"Bearer {secret}"})
    request.user = User(pk=None)
    with_actor(view)(request)

    assert last() == ("boss", "api", "memory")


def test_the_command_line_acts_for_the_user_it_names(boss: User) -> None:
    call_command("tokens", "add", "script", "--user", "boss")

    assert last() == ("boss", "command line", "apitoken")


def test_a_tool_acts_for_the_owner_of_its_run(boss: User) -> None:
    outcome.attempt(tools.load()["remember"], make_context(boss), {"key": "dog", "value": "Rex"})

    assert last() == ("boss", "tool", "memory")


def test_no_secret_is_written_down(boss: User) -> None:
    row = ModelProvider.objects.create(name="openai", kind="openai", api_key="sk-very-secret")
    row.api_key = "sk-still-secret"
    row.save()
    ApiToken.issue(boss, "script")

    told = str(list(LogEntry.objects.values_list("changes", flat=True)))

    assert "•••" in told
    assert not any(secret in told for secret in ("sk-", boss.password, ApiToken.objects.get().hash))


def test_runs_and_messages_leave_no_entries(boss: User) -> None:
    LogEntry.objects.all().delete()

    make_turn()

    assert set(LogEntry.objects.values_list("content_type__model", flat=True)) == {"user"}


def test_nobody_changes_or_deletes_an_entry(boss: User, client: Client) -> None:
    client.force_login(boss)
    entry = LogEntry.objects.order_by("-id")[0]

    answers = [client.post(reverse(f"admin:auditlog_logentry_{page}", args=[entry.pk])).status_code for page in ("change", "delete")]

    assert answers == [403, 403]


def test_entries_are_kept_for_four_hundred_days(boss: User) -> None:
    LogEntry.objects.update(timestamp=timezone.now() - timedelta(days=401))
    make_user("new")

    chores.prune()

    assert list(LogEntry.objects.values_list("object_repr", flat=True)) == ["new"]
