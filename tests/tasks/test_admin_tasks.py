"""Tasks in the admin: made, changed, paused and deleted by the verbs of all other ways."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from chat.models import Message
from tasks.models import Occurrence, Task
from tests.factories import make_agent, make_conversation, make_run, make_task, make_user, make_workflow

pytestmark = pytest.mark.wide

CASES = Path(__file__).parent.parent / "cases"
ONESHOT = json.loads((CASES / "oneshot.json").read_text())
SCHEDULES = json.loads((CASES / "schedules.json").read_text())


def address(page: str, *arguments: Any, model: type[Model] = Task) -> str:
    return reverse(f"admin:tasks_{model._meta.model_name}_{page}", args=arguments)


@pytest.fixture
def boss(db: None) -> User:
    return make_user("boss", is_superuser=True, is_staff=True)


@pytest.fixture
def desk(boss: User, client: Client) -> Client:
    client.force_login(boss)
    return client


def filled(**fields: Any) -> dict[str, Any]:
    """A form for a new task as the page has it, with these fields filled in."""
    empty = {"overlap": "skip", "misfire": "latest", "grace_seconds": 86_400, "metadata": "{}"}
    return {"mode": "prompt_agent", "text": "Look at the mail", **empty, **fields}


def as_shown(desk: Client, task: Task) -> dict[str, Any]:
    """The form of a task as its page shows it."""
    context = desk.get(address("change", task.pk)).context
    past = [inline.formset.management_form for inline in context["inline_admin_formsets"]]
    given = {bound.html_name: bound.value() for one in (context["adminform"].form, *past) for bound in one}
    return {name: value for name, value in given.items() if value is not None and value is not False}


def refused(boss: User, **fields: Any) -> dict[str, list[str]]:
    """What is wrong with a new task, by field; the page is not made, which for a whole table would take seconds."""
    request = RequestFactory().post(address("add"), filled(**fields))
    request.user, request._dont_enforce_csrf_checks = boss, True  # type: ignore[attr-defined]
    found: dict[str, list[str]] = admin.site._registry[Task].add_view(request).context_data["adminform"].form.errors  # type: ignore[attr-defined]
    return found


def errors(page: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = page.context["adminform"].form.errors
    return found


def test_a_task_is_made_as_everywhere(desk: Client, boss: User) -> None:
    done = desk.post(address("add"), filled(schedule="0 9 * * 1-5", time_zone="Europe/Berlin", metadata='{"a": 1}'))

    assert done.status_code == 302, errors(done)
    task = Task.objects.get(owner=boss, created_by=boss)
    assert (task.title, task.schedule, task.metadata) == ("Look at the mail", "0 9 * * 1-5", {"a": 1})
    assert Message.objects.get(task_id=task.pk).seq == task.anchor


def test_a_workflow_is_scheduled_with_its_inputs(desk: Client, boss: User) -> None:
    workflow = make_workflow({"key": "one"}, owner=boss, inputs=[{"name": "topic"}])

    done = desk.post(address("add"), filled(mode="run_workflow", text="", workflow=workflow.pk, inputs="topic = tea = green", delay="2h"))

    assert done.status_code == 302, errors(done)
    task = Task.objects.get()
    assert (task.workflow, task.inputs) == (workflow, {"topic": "tea = green"})
    assert task.run_at
    assert abs(task.run_at - timezone.now() - timedelta(hours=2)) < timedelta(minutes=1)


def test_a_wrong_time_is_refused_at_its_field(boss: User) -> None:
    units = {"delay_seconds": "s", "delay_minutes": "m", "delay_days": "d"}
    for fields, sentence in ONESHOT["refused"]:
        delays = [f"{value:.0f}{units[name]}" for name, value in fields.items() if name in units]
        given = dict(zip(["delay"], delays, strict=False)) | ({"run_at": fields["run_at"]} if "run_at" in fields else {})

        ((field, told),) = refused(boss, **given).items()

        assert field in (given or {"run_at": ""}), fields
        assert sentence in told[0]
    assert not Task.objects.exists()


def test_a_wrong_schedule_is_refused_at_its_field(boss: User) -> None:
    for schedule in filter(None, SCHEDULES["refused"]):
        ((field, told),) = refused(boss, schedule=schedule).items()

        assert (field, "Try" in told[0]) == ("schedule", True), schedule


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text": ""}, "text"),
        ({"mode": "run_workflow"}, "workflow"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"run_at": "2030-06-15T09:30:00+02:00"}, "schedule"),
        ({"inputs": "no pair"}, "inputs"),
        ({"inputs": "topic = tea"}, "inputs"),
        ({"metadata": "{"}, "metadata"),
        ({"agent": "somebody's"}, "agent"),
        ({"conversation": "somebody's"}, "conversation"),
    ],
)
def test_what_is_wrong_stands_at_its_field(desk: Client, wrong: dict[str, Any], field: str) -> None:
    foreign = {"agent": make_agent(owner=make_user()).pk, "conversation": make_conversation().pk}
    given = {name: foreign.get(name, value) for name, value in wrong.items()}

    page = desk.post(address("add"), filled(**{"schedule": "daily@09:00", **given}))

    assert list(errors(page)) == [field]
    assert not Task.objects.exists()


def test_the_same_task_is_shown_instead_of_made_twice(desk: Client) -> None:
    for _ in range(2):
        page = desk.post(address("add"), filled(schedule="daily@09:00"), follow=True)
    assert "The very same task is there already" in page.content.decode()
    assert Task.objects.count() == 1

    desk.post(address("add"), filled(schedule="daily@09:00", allow_duplicates="on"))

    assert Task.objects.count() == 2


@pytest.mark.parametrize("when", [{"schedule": "every 2 hours"}, {"run_at": "2030-06-15T09:30:00+02:00", "time_zone": "Europe/Berlin"}])
def test_what_the_page_shows_can_be_saved_again(desk: Client, boss: User, when: dict[str, str]) -> None:
    task = make_task(boss, metadata={"a": 1}, depends_on=[make_task(boss).pk], **when)
    Occurrence.objects.create(task=task, due_at=timezone.now(), state="fired")

    done = desk.post(address("change", task.pk), as_shown(desk, task))

    assert done.status_code == 302, errors(done)
    same = Task.objects.get(pk=task.pk)
    kept = ("run_at", "schedule", "next_due_at", "fingerprint", "metadata")
    assert [getattr(same, name) for name in kept] == [getattr(task, name) for name in kept]
    assert same.depends_on.count() == 1


def test_another_time_takes_the_place_of_a_schedule(desk: Client, boss: User) -> None:
    task = make_task(boss, schedule="daily@09:00", time_zone="UTC")

    desk.post(address("change", task.pk), {**as_shown(desk, task), "schedule": "", "run_at": "2030-06-15T09:30:00+02:00"})

    task.refresh_from_db()
    assert (task.schedule, task.run_at) == ("", datetime(2030, 6, 15, 7, 30, tzinfo=UTC))


def test_a_change_is_in_the_audit_trail(desk: Client, boss: User) -> None:
    task = make_task(boss, schedule="daily@09:00")

    desk.post(address("change", task.pk), {**as_shown(desk, task), "title": "New"})

    entry = LogEntry.objects.order_by("-id")[0]
    assert (entry.actor, entry.changes) == (boss, {"title": [task.title, "New"]})


def test_somebody_elses_task_is_changed_as_theirs(desk: Client) -> None:
    task = make_task(schedule="daily@09:00")

    desk.post(address("change", task.pk), {**as_shown(desk, task), "title": "New"})

    assert Task.objects.get().title == "New"
    assert Task.objects.get().owner == task.owner


@pytest.mark.parametrize("field", ["status", "managed_by"])
def test_what_is_over_or_managed_is_shown_and_not_changed(desk: Client, boss: User, field: str) -> None:
    task = make_task(boss, schedule="daily@09:00")
    workflow = make_workflow({"key": "one"}, owner=boss, name="Report")
    Task.objects.update(**{field: {"status": "succeeded", "managed_by": workflow}[field]})

    page = desk.get(address("change", task.pk)).content.decode()

    assert 'name="_save"' not in page
    assert (reverse("admin:workflows_workflow_change", args=[workflow.pk]) in page) == (field == "managed_by")
    assert ("/do/pause/" in page, "/do/cancel/" in page) == (field == "managed_by", False)
    assert desk.post(address("change", task.pk), {"title": "New"}).status_code == 403


@pytest.mark.parametrize(
    ("fields", "offered"),
    [
        ({}, ["run", "pause", "cancel"]),
        ({"enabled": False}, ["run", "resume", "cancel"]),
        ({"status": "running"}, ["cancel"]),
        ({"status": "succeeded"}, []),
    ],
)
def test_a_task_offers_only_what_can_be_done_with_it(desk: Client, boss: User, fields: dict[str, Any], offered: list[str]) -> None:
    task = make_task(boss)
    Task.objects.update(**fields)

    page = desk.get(address("change", task.pk)).content.decode()

    assert [verb for verb in ("run", "pause", "resume", "cancel") if f"/do/{verb}/" in page] == offered


def test_whoever_may_only_look_is_offered_nothing(client: Client, boss: User) -> None:
    clerk = make_user(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_task"))
    client.force_login(clerk)

    page = client.get(address("change", make_task(boss).pk))

    assert (page.status_code, "/do/" in page.content.decode()) == (200, False)


def test_chosen_tasks_are_paused_resumed_run_and_cancelled(desk: Client, boss: User) -> None:
    task = make_task(boss, schedule="daily@09:00")

    def do(action: str) -> Task:
        desk.post(address("changelist"), {"action": f"{action}_chosen", "_selected_action": str(task.pk)})
        return Task.objects.get()

    assert not do("pause").enabled
    assert do("resume").enabled
    assert do("run").occurrences.get().by_hand
    assert do("cancel").status == "cancelled"


def test_a_task_at_work_is_not_deleted(desk: Client, boss: User) -> None:
    task = make_task(boss, title="Busy")
    Task.objects.update(status="running", active_run=make_run(task.conversation, status="running"))

    page = desk.get(address("delete", task.pk)).content.decode()
    desk.post(address("delete", task.pk), {"post": "yes"})

    assert "it is at work: cancel it first" in page
    assert Task.objects.exists()


def test_a_task_that_others_wait_for_is_deleted_with_them_alone(desk: Client, boss: User) -> None:
    first = make_task(boss, title="First")
    second = make_task(boss, title="Second", depends_on=[first.pk])
    chosen: dict[str, Any] = {"action": "delete_selected", "_selected_action": [str(first.pk)], "post": "yes"}

    page = desk.post(address("changelist"), chosen).content.decode()
    assert "it is waited for by “Second”: change that first" in page
    assert Task.objects.count() == 2

    desk.post(address("changelist"), {**chosen, "_selected_action": [str(first.pk), str(second.pk)]})
    assert not Task.objects.exists()


def test_a_task_is_deleted_with_its_history(desk: Client, boss: User) -> None:
    tasks = [make_task(boss), make_task(boss)]
    Occurrence.objects.create(task=tasks[0], due_at=timezone.now(), state="fired")

    desk.post(address("delete", tasks[0].pk), {"post": "yes"})
    desk.post(address("changelist"), {"action": "delete_selected", "_selected_action": str(tasks[1].pk), "post": "yes"})

    assert (Task.objects.count(), Occurrence.objects.count()) == (0, 0)


def test_its_page_tells_the_next_five_times_and_what_became_of_earlier_ones(desk: Client, boss: User) -> None:
    task = make_task(boss, schedule="0 9 * * 1-5", time_zone="Europe/Berlin")
    Occurrence.objects.create(task=task, due_at=timezone.now(), state="skipped", reason="The one before waits for an answer.")

    page = desk.get(address("change", task.pk)).content.decode()

    assert "weekdays at 09:00, Europe/Berlin" in page
    assert page.split("data-schedule-preview")[1].split("</ol>")[0].count("<time") == 5
    assert "The one before waits for an answer." in page


def test_the_list_tells_the_last_result(desk: Client, boss: User) -> None:
    task = make_task(boss, schedule="daily@09:00")
    run = make_run(task.conversation, status="failed")
    Occurrence.objects.create(task=task, due_at=timezone.now(), state="fired", run=run)

    page = desk.get(address("changelist")).content.decode()

    assert '<span class="badge" data-status="failed">Failed</span>' in page
    assert desk.get(address("changelist"), {"recurs": "once"}).context["cl"].result_count == 0
