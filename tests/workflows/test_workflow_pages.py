"""The pages about workflows as HTML; tests/e2e has them in a browser."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_agent, make_user, make_workflow, start_run
from workflows import editing
from workflows.models import Agent, Run, RunStatus, Workflow

pytestmark = pytest.mark.wide


@pytest.fixture
def owner(db: None) -> User:
    return make_user("owner")


@pytest.fixture
def agent(owner: User) -> Agent:
    return make_agent(owner=owner, name="Writer")


@pytest.fixture
def browser(owner: User, client: Client) -> Client:
    client.force_login(owner)
    return client


def page(browser: Client, address: str) -> str:
    return browser.get(address).content.decode()


def sheet(agent: Agent, **fields: str) -> dict[str, Any]:
    """A form of two steps, the second after the first."""
    return {
        "name": "Tea report",
        "max_rounds": "1",
        "max_concurrent": "1",
        "input": ["i0"],
        "i0-name": "topic",
        "step": ["s0", "s1"],
        "s0-key": "research",
        "s0-agent": str(agent.pk),
        "s0-prompt": "Look up {{ input.topic }}.",
        "s1-key": "write",
        "s1-agent": str(agent.pk),
        "s1-prompt": "Write: {{ steps.research.output }}",
        "s1-after": ["s0"],
        **fields,
    }


def test_a_form_makes_a_workflow(browser: Client, agent: Agent) -> None:
    answer = browser.post("/workflows/new/", sheet(agent))

    made = Workflow.objects.get(name="Tea report")
    assert answer.headers["Location"] == f"/workflows/{made.pk}/"
    assert [(step.key, step.agent, step.after) for step in made.steps.all()] == [("research", agent, []), ("write", agent, ["research"])]


def test_a_form_keeps_the_budget_of_a_run(browser: Client, agent: Agent) -> None:
    browser.post("/workflows/new/", sheet(agent, budget_dollars="2.50", budget_tokens="200000"))

    made = Workflow.objects.get(name="Tea report")
    html = page(browser, f"/workflows/{made.pk}/edit/")
    assert made.budget == {"dollars": 2.5, "tokens": 200_000}
    assert 'value="2.5"' in html
    assert 'value="200000"' in html


def test_a_budget_that_is_none_is_refused_at_its_place(browser: Client, agent: Agent) -> None:
    html = browser.post("/workflows/new/", sheet(agent, budget_dollars="much")).content.decode()

    assert "<strong>Dollars a run</strong>" in html
    assert 'value="much"' in html


def test_each_mistake_stands_at_its_place(browser: Client, agent: Agent) -> None:
    html = browser.post("/workflows/new/", sheet(agent, name="", **{"s1-prompt": "", "s0-key": "Not a key"})).content.decode()

    for words in ("It has none: give it one", "“Not a key” is no key", "It is empty: say what the agent is to do"):
        assert html.count(words) == 2  # In the summary, and at its place.
    assert "<strong>Step 2 (write)</strong>: It is empty" in html
    assert not Workflow.objects.exists()


def test_a_button_changes_the_form_and_saves_nothing(browser: Client, agent: Agent) -> None:
    html = browser.post("/workflows/new/", sheet(agent, do="up:s1"), HTTP_HX_REQUEST="true").content.decode()

    assert html.index('value="s1"') < html.index('value="s0"')
    assert not Workflow.objects.exists()


def test_json_can_be_pasted(browser: Client, agent: Agent) -> None:
    definition = {"name": "Pasted", "steps": [{"key": "write", "agent": "Writer", "prompt": "Write."}]}

    wrong = browser.post("/workflows/new/", {"json": json.dumps({**definition, "steps": [{"key": "write"}]})}).content.decode()
    browser.post("/workflows/new/", {"json": json.dumps(definition)})

    assert "steps[0].agent</strong>: This is missing" in wrong
    assert Workflow.objects.get().steps.get().agent == agent


def test_what_was_changed_meanwhile_is_not_overwritten_unseen(browser: Client, agent: Agent) -> None:
    workflow = make_workflow({"key": "write"}, owner=agent.owner)

    html = browser.post(f"/workflows/{workflow.pk}/edit/", sheet(agent, version="0")).content.decode()

    assert "changed meanwhile" in html
    assert 'name="version" value="1"' in html


def test_a_workflow_is_told_run_and_brought_back(browser: Client, agent: Agent, owner: User) -> None:
    workflow = make_workflow({"key": "write", "prompt": "About {{ input.topic }}"}, owner=owner, name="Tea")
    editing.save(editing_of(workflow, "Now about milk."), owner=owner, by=owner, workflow=workflow)

    html = page(browser, f"/workflows/{workflow.pk}/")
    diff = page(browser, f"/workflows/{workflow.pk}/versions/2/")
    browser.post(f"/workflows/{workflow.pk}/versions/1/")

    assert "Now about milk." in html
    assert "<del>" in diff
    assert workflow.steps.get().prompt == "About {{ input.topic }}"


def editing_of(workflow: Workflow, prompt: str) -> Any:
    """Its definition with another prompt."""
    from workflows.definition import Definition

    definition = Definition.of(workflow)
    definition.steps[0].prompt = prompt
    return definition


def test_a_run_needs_its_inputs(browser: Client, owner: User) -> None:
    workflow = make_workflow({"key": "write", "prompt": "{{ input.topic }}"}, owner=owner)

    refused = browser.post(f"/workflows/{workflow.pk}/run/", {"input-topic": ""}).content.decode()
    browser.post(f"/workflows/{workflow.pk}/run/", {"input-topic": "tea"})

    assert "This is needed." in refused
    assert Run.objects.get().input == {"inputs": {"topic": "tea"}}


@pytest.mark.parametrize("part", ["", "edit/", "versions/1/", "run/", "delete/"])
def test_a_stranger_gets_404(client: Client, owner: User, part: str) -> None:
    workflow = make_workflow({"key": "write"}, owner=owner)
    client.force_login(make_user())

    for pk in (workflow.pk, uuid4()):
        assert client.post(f"/workflows/{pk}/{part}").status_code == 404 or (
            not part and client.get(f"/workflows/{pk}/").status_code == 404
        )
    assert client.get(f"/workflows/new/?from={workflow.pk}").status_code == 404


def test_the_list_takes_a_fixed_number_of_queries(
    browser: Client, owner: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(10):
        workflow = make_workflow({"key": "write"}, owner=owner, name=f"workflow {number}")
        for _ in range(3):
            run = start_run(workflow)
            Run.objects.filter(pk=run.pk).update(status=RunStatus.SUCCEEDED, started_at=run.queued_at, finished_at=run.queued_at)

    with django_assert_max_num_queries(9):
        html = page(browser, "/workflows/?q=WORKFLOW")

    assert html.count("100 % succeed") == 10
