"""Workflows in the admin: made and changed whole, brought back, run; questions answered and declined."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from tasks.models import Task
from tests.factories import make_agent, make_conversation, make_question, make_task, make_user, make_workflow, start_run
from workflows.models import Agent, HelpRequest, Revision, Run, Workflow

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


@pytest.fixture
def writer(boss: User) -> Agent:
    return make_agent(owner=boss, name="writer")


def filled(*steps: dict[str, Any], stored: int = 0, **fields: Any) -> dict[str, Any]:
    """The form, with a row a step."""
    times = {"execution_mode": "manual", "overlap": "skip", "misfire": "latest", "grace_seconds": 86_400}
    formset = {"steps-TOTAL_FORMS": len(steps), "steps-INITIAL_FORMS": stored}
    own = {"name": "essay", "max_concurrent": 1, "max_rounds": 1, **times, **formset, **fields}
    rows = {f"steps-{at}-{name}": value for at, step in enumerate(steps) for name, value in step.items()}
    return own | rows


def test_a_workflow_is_made_with_its_steps(desk: Client, boss: User, writer: Agent) -> None:
    draft = {"key": "draft", "agent": writer.pk, "prompt": "Write on {{ input.topic }}", "position": 0}
    check = {
        "key": "check",
        "agent": writer.pk,
        "prompt": "x",
        "after": "draft",
        "when": "not draft empty",
    }

    desk.post(address(Workflow, "add"), filled(draft, check, inputs="topic = tea # What about\nlength"))

    workflow = Workflow.objects.get(owner=boss)
    assert workflow.inputs == [{"name": "topic", "description": "What about", "default": "tea"}, {"name": "length", "description": ""}]
    first, second = workflow.steps.all()
    assert (first.key, second.after, second.when) == ("draft", ["draft"], {"step": "draft", "op": "empty", "value": "", "else": True})
    assert workflow.revisions.get().made_by == boss


def test_run_now_asks_for_the_inputs_and_begins_with_them(desk: Client, boss: User) -> None:
    inputs = [{"name": "topic"}, {"name": "length", "default": "five lines"}]
    workflow = make_workflow({"key": "one", "prompt": "On {{ input.topic }}"}, owner=boss, inputs=inputs)
    asked = desk.post(address(Workflow, "do", workflow.pk, "run"))
    assert "five lines" in desk.get(asked.headers["Location"]).content.decode()

    page = asked.headers["Location"]
    refused = desk.post(page, {"input-topic": " "}).content.decode()
    begun = desk.post(page, {"input-topic": "tea", "input-length": "two lines"})

    assert "This is needed." in refused
    run = Run.objects.get()
    assert (run.input["inputs"], run.trigger, begun.headers["Location"]) == (
        {"topic": "tea", "length": "two lines"},
        "admin",
        address(Run, "change", run.pk),
    )


def test_what_the_page_shows_can_be_saved_again(desk: Client, boss: User) -> None:
    when = {"step": "one", "op": "contains", "value": "ok", "else": False}
    budget = {"dollars": 2.5}
    workflow = make_workflow({"key": "one"}, {"key": "two", "after": ["one"], "when": when}, owner=boss, budget=budget)
    page = desk.get(address(Workflow, "change", workflow.pk)).context
    form, steps = page["adminform"].form, page["inline_admin_formsets"][0].formset
    data = {
        bound.html_name: bound.value()
        for one in (form, *steps.forms)
        for bound in one
        if bound.value() is not None and bound.value() is not False
    }

    done = desk.post(address(Workflow, "change", workflow.pk), {**data, "steps-TOTAL_FORMS": 2, "steps-INITIAL_FORMS": 2})

    assert done.status_code == 302, done.context["errors"]
    workflow.refresh_from_db()
    assert workflow.budget == budget
    first, second = workflow.revisions.order_by("number")
    assert first.data == second.data


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"prompt": "{{ steps.none.output }}"}, "names a step that does not exist"),
        ({"key": "No key"}, "is no key"),
        ({"after": "later"}, "There is no step “later”"),
        ({"when": "none empty"}, "There is no step “none”"),
        ({"when": "draft equals"}, "This is no condition"),
        ({"after": "draft"}, "set max_rounds"),
        ({"agent": "0190a6e0-0000-7000-8000-000000000000"}, "Select a valid choice"),
    ],
)
def test_a_wrong_step_is_refused_at_its_field(desk: Client, writer: Agent, wrong: dict[str, str], told: str) -> None:
    page = desk.post(address(Workflow, "add"), filled({"key": "draft", "agent": writer.pk, "prompt": "x", **wrong}))

    assert told in page.content.decode()
    assert not Workflow.objects.exists()


def test_a_name_or_an_input_that_cannot_be_is_refused(desk: Client, boss: User, writer: Agent) -> None:
    make_workflow({"key": "one"}, owner=boss, name="essay")

    page = desk.post(address(Workflow, "add"), filled({"key": "a", "agent": writer.pk, "prompt": "x"}, inputs="two words")).content.decode()

    assert "a workflow “essay” already" in page
    assert Workflow.objects.count() == 1


def test_steps_that_were_saved_meanwhile_are_not_overwritten(desk: Client, boss: User) -> None:
    workflow = make_workflow({"key": "one"}, owner=boss)
    stale = filled({"id": 999_999, "workflow": workflow.pk, "key": "one", "agent": workflow.steps.get().agent_id, "prompt": "x"}, stored=1)

    page = desk.post(address(Workflow, "change", workflow.pk), stale)

    assert "Somebody saved this workflow meanwhile" in page.content.decode()


def test_a_version_shows_what_was_changed_and_can_be_brought_back(desk: Client, boss: User) -> None:
    from workflows import editing
    from workflows.definition import Definition

    workflow = make_workflow({"key": "one", "prompt": "first"}, owner=boss)
    changed = Definition.of(workflow).model_copy(update={"description": "Better"})
    editing.save(changed, owner=boss, by=boss, workflow=workflow)
    old, new = workflow.revisions.order_by("number")

    assert "<ins>+description: Better</ins>" in desk.get(address(Revision, "change", new.pk)).content.decode()
    desk.post(address(Revision, "do", old.pk, "roll_back"))

    workflow.refresh_from_db()
    assert (workflow.description, workflow.revisions.count()) == ("", 3)


def test_an_agent_that_is_saved_keeps_a_version(desk: Client, writer: Agent) -> None:
    form = {"name": "writer", "owner": writer.owner_id, "instructions": "Be short.", "all_tools": "on", "memory": "on"}

    assert desk.post(address(Agent, "change", writer.pk), form).status_code == 302
    assert [version.data["instructions"] for version in writer.revisions.order_by("number")][-1] == "Be short."


def test_a_workflow_is_run_from_its_page(desk: Client, boss: User) -> None:
    workflow = make_workflow({"key": "one"}, owner=boss)

    page = desk.post(address(Workflow, "do", workflow.pk, "run"), follow=True)

    assert (Run.objects.get().trigger, "runs as" in page.content.decode()) == ("admin", True)


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ({"schedule": "daily@25:00"}, "hours go from 0 to 23"),
        ({"schedule": ""}, "A schedule is needed"),
        ({"schedule": "daily@09:00", "time_zone": "Mars/Olympus"}, "“Mars/Olympus” is not a time zone"),
    ],
)
def test_a_wrong_schedule_is_refused_once_at_its_field(desk: Client, writer: Agent, times: dict[str, Any], words: str) -> None:
    step = {"key": "draft", "agent": writer.pk, "prompt": "x", "position": 0}

    page = desk.post(address(Workflow, "add"), filled(step, execution_mode="schedule", **times)).content.decode()

    assert page.count(words) == 1
    assert not Workflow.objects.exists()


def test_a_scheduled_workflow_tells_when_it_runs_and_links_its_task(desk: Client, writer: Agent) -> None:
    step = {"key": "draft", "agent": writer.pk, "prompt": "x", "position": 0}
    desk.post(address(Workflow, "add"), filled(step, execution_mode="schedule", schedule="0 9 * * 1-5", time_zone="Europe/Berlin"))
    workflow = Workflow.objects.get()

    page = desk.get(address(Workflow, "change", workflow.pk)).content.decode()

    assert "Weekdays at 09:00, Europe/Berlin" in page
    assert address(Task, "change", Task.objects.get(managed_by=workflow).pk) in page


def test_a_scheduled_workflow_is_deleted_with_its_task(desk: Client, boss: User) -> None:
    workflow = make_workflow({"key": "one"}, owner=boss, schedule="daily@09:00")

    desk.post(address(Workflow, "delete", workflow.pk), {"post": "yes"})

    assert (Workflow.objects.exists(), Task.objects.exists()) == (False, False)


def test_a_workflow_at_work_is_not_deleted(desk: Client, boss: User) -> None:
    run = start_run(make_workflow({"key": "one"}, owner=boss))
    assert run.workflow is not None

    desk.post(address(Workflow, "delete", run.workflow.pk), {"post": "yes"})

    assert Workflow.objects.exists()


def test_the_one_who_is_asked_answers_in_the_admin(desk: Client, boss: User) -> None:
    question = make_question(make_conversation(boss))

    desk.post(address(HelpRequest, "do", question.pk, "answer"), {"response": "The second"})

    question.refresh_from_db()
    assert (question.status, question.response, question.answered_by) == ("answered", "The second", boss)


def test_an_administrator_declines_for_others_and_answers_nothing(desk: Client, boss: User) -> None:
    question = make_question(make_conversation())
    page = address(HelpRequest, "change", question.pk)
    assert "Decline" in desk.get(page).content.decode()
    assert 'name="response"' not in desk.get(page).content.decode()

    refused = desk.post(address(HelpRequest, "do", question.pk, "answer"), {"response": "x"}, follow=True).content.decode()
    desk.post(address(HelpRequest, "do", question.pk, "decline"))

    question.refresh_from_db()
    assert "Only the person whose run asks may answer" in refused
    assert (question.status, question.answered_by) == ("declined", boss)


def test_credentials_are_not_given_in_the_admin(desk: Client, boss: User) -> None:
    question = make_question(make_conversation(boss), kind="credentials")

    assert 'name="response"' not in desk.get(address(HelpRequest, "change", question.pk)).content.decode()


def test_an_agent_that_a_task_needs_is_not_deleted(desk: Client, boss: User) -> None:
    agent = make_agent(owner=boss)
    make_task(owner=boss, agent=str(agent.pk), title="Tea")

    page = desk.post(address(Agent, "delete", agent.pk), {"post": "yes"}, follow=True)

    assert Agent.objects.filter(pk=agent.pk).exists()
    assert "is needed by scheduled tasks (“Tea”)" in page.content.decode()
