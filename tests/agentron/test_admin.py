"""What the admin does with keys, tokens, runs and messages; test_admin_pages.py looks at every page."""

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat import log
from chat.models import ApiToken, Conversation, Message
from tests.factories import make_conversation, make_turn, make_user
from workflows.llm.errors import ModelError
from workflows.models import ModelProvider, Run

pytestmark = pytest.mark.wide


def address(model: type[Model], page: str, *arguments: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


@pytest.fixture
def boss(db: None) -> User:
    return make_user("boss", is_superuser=True, is_staff=True)


@pytest.fixture
def desk(boss: User, client: Client) -> Client:
    client.force_login(boss)
    return client


def test_the_queues_tables_never_load_a_pickle(desk: Client) -> None:
    task, ticket = apps.get_model("django_q", "Task"), apps.get_model("django_q", "OrmQ")
    now = timezone.now()
    task.objects.create(id="1", name="job", func="f", args=("ARGUMENT",), result="RESULT", started=now, stopped=now, success=False)
    ticket.objects.create(key="runs", payload="not a pickle at all")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_q_task SET args = 'broken', result = 'broken'")

    pages = [desk.get(address(apps.get_model("django_q", name), "changelist")) for name in ("Task", "Failure", "OrmQ")]
    pages += [desk.get(address(task, "change", "1")), desk.get(address(ticket, "change", ticket.objects.get().pk))]

    assert [page.status_code for page in pages] == [200] * 5
    assert not any(word in page.content for page in pages for word in (b"ARGUMENT", b"RESULT", b"broken", b"not a pickle"))


def test_a_token_is_shown_once(desk: Client, boss: User) -> None:
    made = desk.post(address(ApiToken, "add"), {"name": "backup"}).content.decode()

    token = ApiToken.objects.get(user=boss, name="backup")
    secret = made.split('value="agt_')[1].split('"')[0]
    assert token.prefix == f"agt_{secret}"[:10]
    assert secret not in desk.get(address(ApiToken, "changelist")).content.decode()
    assert secret not in desk.get(address(ApiToken, "change", token.pk)).content.decode()


def test_two_tokens_of_a_name_are_refused_with_a_sentence(desk: Client) -> None:
    desk.post(address(ApiToken, "add"), {"name": "backup"})

    assert b"revoke it first" in desk.post(address(ApiToken, "add"), {"name": "backup"}).content


def test_a_token_can_be_revoked(desk: Client, boss: User) -> None:
    token, _ = ApiToken.issue(boss, "backup")

    desk.post(address(ApiToken, "do", token.pk, "revoke"))

    token.refresh_from_db()
    assert token.revoked_at


PROVIDER = {"name": "local", "kind": "openai-chat", "base_url": "http://127.0.0.1:9/v1", "default_model": "m", "enabled": "on"}


def test_a_key_goes_in_and_never_comes_out(desk: Client) -> None:
    desk.post(address(ModelProvider, "add"), {**PROVIDER, "new_key": "sk-very-secret"})
    row = ModelProvider.objects.get()

    page = desk.get(address(ModelProvider, "change", row.pk)).content

    assert row.api_key == "sk-very-secret"
    assert b"sk-very-secret" not in page


@pytest.mark.parametrize(("change", "left"), [({}, "sk-1"), ({"new_key": "sk-2"}, "sk-2"), ({"forget_key": "on"}, "")])
def test_a_key_stays_until_it_is_replaced_or_forgotten(desk: Client, change: dict[str, str], left: str) -> None:
    row = ModelProvider.objects.create(name="local", kind="openai-chat", base_url=PROVIDER["base_url"], api_key="sk-1")

    desk.post(address(ModelProvider, "change", row.pk), {**PROVIDER, **change})

    row.refresh_from_db()
    assert row.api_key == left


@pytest.mark.parametrize("change", [{"base_url": "http://elsewhere.example/v1"}, {"kind": "ollama"}])
def test_a_stored_key_goes_to_no_other_server(desk: Client, change: dict[str, str]) -> None:
    row = ModelProvider.objects.create(name="local", kind="openai-chat", base_url=PROVIDER["base_url"], api_key="sk-1")
    page = address(ModelProvider, "change", row.pk)

    assert b"give the key again, or forget it" in desk.post(page, {**PROVIDER, **change}).content
    assert desk.post(page, {**PROVIDER, **change, "new_key": "sk-2"}).status_code == 302

    row.refresh_from_db()
    assert (row.api_key, getattr(row, *change)) == ("sk-2", *change.values())


def test_a_variable_of_its_own_holds_a_key(desk: Client) -> None:
    desk.post(address(ModelProvider, "add"), {**PROVIDER, "api_key_env": "LOCAL_KEY"})

    assert ModelProvider.objects.get().api_key_env == "LOCAL_KEY"


@pytest.mark.parametrize("name", ["SECRET_KEY", "agentron_encryption_keys", "not a name", "HOME", "PGPASSWORD", "telegram_bot_token"])
def test_other_secrets_cannot_stand_in_for_a_key(desk: Client, name: str) -> None:
    page = desk.post(address(ModelProvider, "add"), {**PROVIDER, "api_key_env": name})

    assert b"cannot hold a model" in page.content


@pytest.mark.parametrize(
    ("answer", "told"), [("ready", b"local answered: ready"), (ModelError("It is dead."), b"local does not work: It is dead.")]
)
def test_a_connection_can_be_tested(desk: Client, monkeypatch: pytest.MonkeyPatch, answer: str | Exception, told: bytes) -> None:
    row = ModelProvider.objects.create(name="local", kind="openai-chat", base_url="http://127.0.0.1:9/v1", default_model="m")
    monkeypatch.setattr("workflows.llm.check.try_model", Mock(side_effect=[answer]))

    page = desk.post(address(ModelProvider, "do", row.pk, "test"), follow=True)

    assert told in page.content


@pytest.mark.parametrize(("verb", "status"), [("cancel", "cancelled"), ("retry", "queued")])
def test_a_run_can_be_cancelled_and_retried(desk: Client, verb: str, status: str) -> None:
    run = make_turn()

    desk.post(address(Run, "do", run.pk, "cancel"))
    desk.post(address(Run, "do", run.pk, verb))

    assert Run.objects.order_by("-id").values_list("status", flat=True).first() == status


def test_what_cannot_be_done_is_a_sentence(desk: Client) -> None:
    run = make_turn()

    page = desk.post(address(Run, "do", run.pk, "retry"), follow=True)

    assert b"only a failed or cancelled run can be retried" in page.content


@pytest.mark.parametrize(("ask", "status"), [(Client.get, 405), (Client.post, 404)])
def test_a_verb_takes_a_post_and_must_exist(desk: Client, ask: Callable[..., Any], status: int) -> None:
    run = make_turn()

    assert ask(desk, address(Run, "do", run.pk, "explode")).status_code == status


def test_a_verb_needs_the_right_to_change(client: Client, db: None) -> None:
    run = make_turn()
    client.force_login(make_user(is_staff=True))

    assert client.post(address(Run, "do", run.pk, "cancel")).status_code == 403


def test_messages_are_read_only(desk: Client) -> None:
    conversation = make_conversation()
    log.post(conversation.pk, Message(author="user", text="<script>", via="web"))
    row = Message.objects.get()

    page = desk.get(address(Message, "change", row.pk)).content

    assert b"<script>&" not in page
    assert b'name="text"' not in page
    assert desk.post(address(Message, "change", row.pk), {"text": "x"}).status_code == 403


@pytest.mark.parametrize("place", ["9" * 5_000, "²", "-1"])
def test_a_place_that_no_conversation_has_shows_its_end(desk: Client, place: str) -> None:
    assert desk.get(address(Conversation, "change", make_conversation().pk), {"before": place}).status_code == 200


def test_a_page_is_headed_with_our_own_words(desk: Client) -> None:
    schedule = apps.get_model("django_q", "Schedule")
    chore = schedule._default_manager.create(name="Tidy up", func="chores.tidy")

    page = desk.get(address(schedule, "change", chore.pk)).content.decode()

    assert "Tidy up | Chore | Agentron" in page


def test_whoever_is_not_signed_in_gets_the_form_for_all(client: Client, db: None) -> None:
    page = client.get("/admin/auth/user/", follow=True)

    assert page.redirect_chain[-1][0] == "/login/?next=/admin/auth/user/"
    assert "Name" in page.content.decode()


def test_whoever_may_not_see_the_admin_is_told_so_instead_of_asked_to_sign_in_again(client: Client, db: None) -> None:
    client.force_login(make_user())

    page = client.get("/admin/", follow=True)

    assert page.status_code == 403
    assert "Not allowed" in page.content.decode()


def test_the_admin_alone_may_evaluate(desk: Client, boss: User) -> None:
    assert "unsafe-eval" in desk.get("/admin/").headers["Content-Security-Policy"]
    assert "unsafe" not in desk.get(f"/chats/{make_conversation(boss).pk}/").headers["Content-Security-Policy"]


def test_only_a_superuser_gives_rights(client: Client, boss: User) -> None:
    clerk = make_user(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label="auth"))
    client.force_login(clerk)

    client.post(address(User, "change", clerk.pk), {"username": "clerk", "is_active": "on", "is_staff": "on", "is_superuser": "on"})

    assert not User.objects.get(pk=clerk.pk).is_superuser
    assert client.post(address(User, "change", boss.pk), {"username": "taken"}).status_code == 403
    assert client.post(reverse("admin:auth_user_password_change", args=[boss.pk]), {}).status_code == 403
    assert client.post(address(Group, "add"), {"name": "all"}).status_code == 403


def test_saving_a_provider_can_test_it(desk: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any) -> None:
    asked = Mock(return_value="ready")
    monkeypatch.setattr("workflows.llm.check.try_model", asked)

    with django_capture_on_commit_callbacks(execute=True):
        desk.post(address(ModelProvider, "add"), {**PROVIDER, "workflows_modelprovider_save_and_test": "1"})

    asked.assert_called_once_with("local:m")


@pytest.mark.parametrize("part", ["id", "end", "title", "owner"])
def test_a_run_is_found_by_its_id_its_conversation_or_its_owner(desk: Client, part: str) -> None:
    run, _ = make_turn(make_conversation(make_user("zoe"), title="Budget of May")), make_turn()
    words = {"id": str(run.pk), "end": f"Run {str(run.pk)[-8:]}", "title": "budget of", "owner": "zoe"}

    found = desk.get(address(Run, "changelist"), {"q": words[part]}).context["cl"].queryset

    assert list(found) == [run]


def test_a_long_conversation_is_read_a_page_at_a_time(desk: Client) -> None:
    conversation = make_conversation()
    log.post(conversation.pk, *(Message(author="user", text=f"word {n}", via="web") for n in range(150)))
    page = address(Conversation, "change", conversation.pk)

    newest, earlier = desk.get(page).content.decode(), desk.get(page, {"before": "51"}).content.decode()

    assert ("?before=51" in newest, "word 50<" in newest, "word 49<" in newest) == (True, True, False)
    assert ("Earlier messages" in earlier, "word 49<" in earlier, "word 0<" in earlier) == (False, True, True)


@pytest.mark.parametrize(("status", "offered"), [("queued", ["cancel"]), ("failed", ["retry"]), ("succeeded", [])])
def test_a_run_offers_only_what_can_be_done_with_it(desk: Client, status: str, offered: list[str]) -> None:
    run = make_turn()
    Run.objects.filter(pk=run.pk).update(status=status)

    page = desk.get(address(Run, "change", run.pk)).content.decode()

    assert [verb for verb in ("cancel", "retry") if f"/do/{verb}/" in page] == offered


@pytest.mark.parametrize("place", ["workflows/run/?status=%00", "workflows/heartbeat/a%00b/change/", "chat/conversation/?q=%00"])
def test_an_address_that_no_database_takes_is_refused(desk: Client, place: str) -> None:
    assert desk.get(f"/admin/{place}").status_code == 400
