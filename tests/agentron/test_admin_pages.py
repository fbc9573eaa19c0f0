"""Every page of the admin: opens for a superuser, refuses everybody else, costs the same however much there is, and
takes nothing that a model or a stranger wrote for markup.

All tests share the rows made here, for making them takes longer than looking at them.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from auditlog.models import LogEntry
from axes.models import AccessAttempt, AccessLog
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from chat.models import ApiToken, Conversation, Draft, File, IdempotencyKey, Message, Profile
from chat.models.fields import new_id
from tasks.models import Occurrence, Task
from telegram_bridge.models import (
    Delivery,
    Keyboard,
    LiveMessage,
    Shown,
    TelegramAccount,
    TelegramChat,
    TelegramPast,
    TelegramSettings,
    TelegramTalk,
    Update,
)
from workflows.models import (
    Agent,
    Heartbeat,
    HelpRequest,
    Memory,
    ModelProvider,
    Revision,
    Run,
    Spending,
    Step,
    StepRun,
    ToolCall,
    Workflow,
)

pytestmark = pytest.mark.wide

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
MODELS = list(admin.site._registry)
OF_SUPERUSERS = ("django_q", "axes", "auditlog")
OURS = ("chat", "tasks", "workflows", "telegram_bridge")
FILLED_IN = (Agent, ModelProvider, Memory, Profile, ApiToken, User, Group, Workflow, Task, TelegramSettings, TelegramAccount, TelegramChat)
# Rows that hold secrets have no page at all; what the telegram process keeps is on the page of its settings.
NEVER_SHOWN = {"Secret", "SignInLink", "TelegramLinkCode", "TelegramState"}
FEW = 10
# Without one a staff member sees nothing but the frame.
STRANGERS = ("plain", "desk")


def address(model: type[Model], page: str, *arguments: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def grow(first: int, last: int) -> None:
    """Rows number `first` to `last` of everything, with something hostile in every text."""
    numbers, now = range(first, last), timezone.now()
    people = User.objects.bulk_create(User(username=f"{HOSTILE}{n}") for n in numbers)
    talks = Conversation.objects.bulk_create(Conversation(owner=one, title=HOSTILE, last_seq=1) for one in people)
    agents = Agent.objects.bulk_create(
        Agent(name=f"{HOSTILE}{n}", description=HOSTILE, owner=one) for n, one in zip(numbers, people, strict=True)
    )
    runs = Run.objects.bulk_create(
        Run(
            owner=one,
            conversation=talk,
            agent=agent,
            trigger="chat",
            status="failed",
            error=HOSTILE,
            finished_at=now - timedelta(minutes=n),
        )
        for n, one, talk, agent in zip(numbers, people, talks, agents, strict=True)
    )
    steps = StepRun.objects.bulk_create(StepRun(run=run, key="turn", prompt=HOSTILE, error=HOSTILE, agent=run.agent) for run in runs)
    call = {"reply": 1, "call_id": "c", "tool": HOSTILE, "args_hash": "x"}
    ToolCall.objects.bulk_create(
        ToolCall(step_run=step, effect="read", arguments={"url": HOSTILE}, result=HOSTILE, state="done", **call) for step in steps
    )
    HelpRequest.objects.bulk_create(
        HelpRequest(run=run, step_run=step, question=HOSTILE, options=[HOSTILE], reply=1, call_id="c")
        for run, step in zip(runs, steps, strict=True)
    )
    Message.objects.bulk_create(
        Message(conversation=talk, owner=one, user=one, seq=1, author="assistant", text=HOSTILE, via="web", run_id=run.pk)
        for talk, one, run in zip(talks, people, runs, strict=True)
    )
    Draft.objects.bulk_create(
        Draft(step_run_id=step.pk, conversation=talk, run_id=step.run_id, step=HOSTILE) for talk, step in zip(talks, steps, strict=True)
    )
    Memory.objects.bulk_create(Memory(owner=one, key=HOSTILE, value=HOSTILE) for one in people)
    Spending.objects.bulk_create(Spending(owner=one, day=now.date()) for one in people)
    Profile.objects.bulk_create(Profile(user=one) for one in people)
    ApiToken.objects.bulk_create(ApiToken(user=one, name=HOSTILE, prefix="agt_", hash=str(one.pk)) for one in people)
    IdempotencyKey.objects.bulk_create(
        IdempotencyKey(user=one, method="POST", path="/", key=HOSTILE, body_hash="x", status=200, answer={}) for one in people
    )
    works = Workflow.objects.bulk_create(Workflow(owner=one, name=HOSTILE, description=HOSTILE) for one in people)
    Step.objects.bulk_create(Step(workflow=work, key="one", agent=agent, prompt=HOSTILE) for work, agent in zip(works, agents, strict=True))
    Revision.objects.bulk_create(
        Revision(workflow=work, number=1, data={"name": HOSTILE, "steps": [{"key": "one", "agent": str(agent.pk), "prompt": HOSTILE}]})
        for work, agent in zip(works, agents, strict=True)
    )
    tasks = Task.objects.bulk_create(
        Task(
            owner=one, conversation=talk, title=HOSTILE, text=HOSTILE, schedule="daily@09:00", time_zone="UTC", next_due_at=now, agent=agent
        )
        for one, talk, agent in zip(people, talks, agents, strict=True)
    )
    Occurrence.objects.bulk_create(
        Occurrence(task=task, due_at=now, state="skipped", reason=HOSTILE, run=run) for task, run in zip(tasks, runs, strict=True)
    )
    ModelProvider.objects.bulk_create(ModelProvider(name=f"p{n}", kind="ollama", default_model=HOSTILE) for n in numbers)
    Heartbeat.objects.bulk_create(Heartbeat(name=f"{HOSTILE}{n}", kind="worker", at=now) for n in numbers)
    Group.objects.bulk_create(Group(name=f"{HOSTILE}{n}") for n in numbers)
    phones(numbers, people, talks)
    others(numbers, people)


def phones(numbers: range, people: list[User], talks: list[Conversation]) -> None:
    """Telegram's rows."""
    now = timezone.now()
    TelegramSettings.objects.get_or_create(pk=1)
    TelegramAccount.objects.bulk_create(TelegramAccount(telegram_id=n, name=HOSTILE, username=HOSTILE) for n in numbers)
    chats = TelegramChat.objects.bulk_create(TelegramChat(chat_id=-n, type="group", title=HOSTILE) for n in numbers)
    spoken = TelegramTalk.objects.bulk_create(
        TelegramTalk(chat=chat, user=one, conversation=talk) for chat, one, talk in zip(chats, people, talks, strict=True)
    )
    Update.objects.bulk_create(
        Update(bot_id=1, update_id=n, payload={"message": {"text": HOSTILE}}, parked_at=now, error=HOSTILE) for n in numbers
    )
    Delivery.objects.bulk_create(Delivery(chat=chat, text=HOSTILE, state="dead", error=HOSTILE) for chat in chats)
    Keyboard.objects.bulk_create(
        Keyboard(chat=chat, user=one, purpose="answer", rows=[[{"text": HOSTILE, "value": HOSTILE}]])
        for chat, one in zip(chats, people, strict=True)
    )
    said = Message.objects.filter(conversation__in=talks).select_related("conversation")
    File.objects.bulk_create(
        File(conversation=message.conversation, message=message, name=HOSTILE, content_type="text/plain", size=1, excerpt=HOSTILE)
        for message in said
    )
    Shown.objects.bulk_create(Shown(chat=chats[0], telegram_id=n, message=message) for n, message in zip(numbers, said, strict=True))
    TelegramPast.objects.bulk_create(TelegramPast(talk=one, conversation=talk) for one, talk in zip(spoken, talks, strict=True))
    LiveMessage.objects.bulk_create(LiveMessage(talk=talk, run_id=new_id(), telegram_id=1) for talk in spoken)


def others(numbers: range, people: list[User]) -> None:
    """Rows of other people's apps."""
    now, kind = timezone.now(), ContentType.objects.get_for_model(Memory)
    for name in ("Success", "Failure"):
        job = apps.get_model("django_q", name)
        fields = {"func": HOSTILE, "started": now, "stopped": now, "success": name == "Success"}
        job.objects.bulk_create(job(id=f"{name}{n}", name=HOSTILE, **fields) for n in numbers)
    for name, ticket in (("OrmQ", {"key": HOSTILE, "payload": "x"}), ("Schedule", {"name": HOSTILE, "func": HOSTILE})):
        table = apps.get_model("django_q", name)
        table.objects.bulk_create(table(**ticket) for _ in numbers)
    AccessAttempt.objects.bulk_create(
        AccessAttempt(username=HOSTILE, ip_address="::1", user_agent=f"{HOSTILE}{n}", failures_since_start=1) for n in numbers
    )
    AccessLog.objects.bulk_create(AccessLog(username=HOSTILE, user_agent=HOSTILE) for _ in numbers)
    LogEntry.objects.bulk_create(
        LogEntry(content_type=kind, object_pk=str(one.pk), object_repr=HOSTILE, action=1, changes={"value": [HOSTILE, HOSTILE]}, actor=one)
        for one in people
    )


@pytest.fixture(scope="module", autouse=True)
def rows(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A few rows of everything, gone after this file."""
    with django_db_blocker.unblock(), transaction.atomic():
        User.objects.create(username="boss", is_superuser=True, is_staff=True)
        User.objects.create(username="plain")
        User.objects.create(username="desk", is_staff=True)
        grow(0, FEW)
        yield
        transaction.set_rollback(True)


def signed_in(name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=name))
    return client


def queries(desk: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert desk.get(path).status_code == 200, path
    return len(captured)


def test_every_model_of_ours_is_there() -> None:
    missing = {model.__name__ for app in OURS for model in apps.get_app_config(app).get_models() if model not in MODELS}

    assert missing == NEVER_SHOWN


def test_every_field_that_can_be_filled_in_says_what_it_is() -> None:
    fields = [field for app in OURS for model in apps.get_app_config(app).get_models() for field in model._meta.fields]

    assert [str(field) for field in fields if field.editable and not field.auto_created and not field.help_text] == []


@pytest.mark.parametrize("many", [30, 1000])
@pytest.mark.usefixtures("db")
def test_every_list_and_the_overview_cost_the_same_with_many_rows(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # A short page is enough to see that another row costs another query, and is made faster.
    for page in admin.site._registry.values():
        monkeypatch.setattr(page, "list_per_page", FEW + 1)
    desk = signed_in("boss")
    paths = [reverse("admin:index"), *(address(model, "changelist") for model in MODELS)]
    few = {path: queries(desk, path) for path in paths}

    grow(FEW, many)

    assert {path: queries(desk, path) for path in paths} == few
    assert max(few.values()) <= 20


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_page_opens_and_takes_nothing_for_markup(model: type[Model]) -> None:
    desk = signed_in("boss")
    row = model._default_manager.last()
    assert row is not None

    opened = [desk.get(address(model, "changelist")), desk.get(address(model, "change", row.pk)), desk.get(address(model, "add"))]

    assert [page.status_code for page in opened[:2]] == [200, 200]
    assert opened[2].status_code == (200 if admin.site._registry[model].has_add_permission(opened[0].wsgi_request) else 403)
    assert not any(tag in page.content for page in opened for tag in (b"<script>alert", b"<img src=x"))


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("name", STRANGERS)
def test_whoever_has_no_rights_is_refused(name: str) -> None:
    client = signed_in(name)
    refusal = 302 if name == "plain" else 403

    answers = {
        client.get(path).status_code
        for model in MODELS
        if (row := model._default_manager.last())
        for path in (address(model, "changelist"), address(model, "add"), address(model, "change", row.pk))
    }

    assert answers == {refusal}


@pytest.mark.usefixtures("db")
def test_some_tables_are_for_superusers_alone() -> None:
    User.objects.get(username="desk").user_permissions.set(Permission.objects.all())
    desk = signed_in("desk")

    refused = {
        model for model in MODELS if model._meta.app_label in OF_SUPERUSERS and desk.get(address(model, "changelist")).status_code == 403
    }
    request = desk.get(address(Memory, "changelist")).wsgi_request
    open_to_them = {model for model in MODELS if admin.site._registry[model].has_view_permission(request)}

    assert refused == {model for model in MODELS if model._meta.app_label in OF_SUPERUSERS}
    assert open_to_them == set(MODELS) - refused


@pytest.mark.usefixtures("db")
def test_whoever_may_only_look_sees_the_forms_without_fields() -> None:
    User.objects.get(username="desk").user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    desk = signed_in("desk")

    pages = {model: desk.get(address(model, "change", model._default_manager.values_list("pk", flat=True)[0])) for model in FILLED_IN}

    assert {page.status_code for page in pages.values()} == {200}
    assert not [model for model, page in pages.items() if b'name="_save"' in page.content]


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("name", ["boss", *STRANGERS])
def test_every_action_answers_a_superuser_and_nobody_else(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.llm.check.try_model", lambda name: "ready")
    monkeypatch.setattr("telegram_bridge.checking.try_connection", lambda row: "Connected.")
    client = signed_in(name)
    refusal = {"boss": {302}, "plain": {302}, "desk": {403}}[name]

    answers, before = set(), Run.objects.count()
    for model in MODELS:
        page = admin.site._registry[model]
        chosen = str(model._default_manager.values_list("pk", flat=True).last())
        for verb in getattr(page, "verbs", ()):
            answers.add(client.post(address(model, "do", chosen, verb)).status_code)
        for action in page.actions or ():
            answers.add(client.post(address(model, "changelist"), {"action": str(action), "_selected_action": chosen}).status_code)

    assert answers == refusal
    assert (Run.objects.count() > before) == (name == "boss")


@pytest.mark.usefixtures("db")
def test_a_staff_member_without_rights_sees_no_figures() -> None:
    page = signed_in("desk").get(reverse("admin:index")).content.decode()

    assert "ask an administrator" in page
    assert "Recent failures" not in page
