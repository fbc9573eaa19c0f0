"""Workflows over HTTP."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_agent, make_conversation, make_turn, make_workflow, start_run
from workflows.models import Agent, Run, RunStatus, Workflow


@pytest.fixture
def agent(owner: User) -> Agent:
    return make_agent(owner=owner, name="writer")


PROMISED = {
    *("id", "name", "description", "execution_mode", "schedule", "time_zone", "overlap", "misfire", "grace_seconds"),
    *("max_concurrent", "max_rounds", "budget", "inputs", "steps"),
}


def definition(**fields: Any) -> dict[str, Any]:
    return {"name": "digest", "steps": [{"key": "write", "agent": "writer", "prompt": "Write about {{ input.topic }}"}], **fields}


def send(api: Client, method: str, path: str, body: Any = None, **headers: str) -> Any:
    return api.generic(method, path, json.dumps(body or {}), content_type="application/json", headers=headers)


def test_a_workflow_is_made_and_shown_as_promised(api: Client, agent: Agent) -> None:
    made = send(api, "POST", "/api/workflows", definition(inputs=[{"name": "topic", "default": "tea"}]))

    assert made.status_code == 201
    found = made.json()
    assert set(found) >= PROMISED
    assert found["steps"] == [
        {
            "key": "write",
            "agent": str(agent.pk),
            "agent_name": "writer",
            "prompt": "Write about {{ input.topic }}",
            "after": [],
            "when": None,
        }
    ]
    assert api.get(f"/api/workflows/{found['id']}").json() == found
    assert api.get("/api/workflows/digest").json() == found
    assert api.get("/api/workflows").json()["items"] == [found]


def test_a_budget_is_given_changed_and_lifted(api: Client, agent: Agent) -> None:
    made = send(api, "POST", "/api/workflows", definition(budget={"dollars": 2.5})).json()
    changed = send(api, "PATCH", "/api/workflows/digest", {"budget": {"tokens": 1000}}).json()
    wrong = send(api, "PATCH", "/api/workflows/digest", {"budget": {"dollars": 0}})
    lifted = send(api, "PATCH", "/api/workflows/digest", {"budget": {}}).json()

    assert [made["budget"], changed["budget"], lifted["budget"]] == [{"dollars": 2.5}, {"tokens": 1000}, {}]
    assert set(wrong.json()["errors"]) == {"budget.dollars"}


def test_the_same_key_makes_one_workflow(api: Client, agent: Agent) -> None:
    answers = [send(api, "POST", "/api/workflows", definition(), **{"Idempotency-Key": "k1"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert Workflow.objects.count() == 1


STEP = {"key": "write", "agent": "writer", "prompt": "x"}


@pytest.mark.parametrize(
    ("wrong", "place", "words"),
    [
        ({"steps": [{**STEP, "agent": "nobody"}]}, "steps[0].agent", "no agent “nobody”"),
        ({"steps": [{"key": "write", "agent": "writer"}]}, "steps[0].prompt", "This is missing"),
        ({"steps": [{**STEP, "propmt": "y"}]}, "steps[0].propmt", "no such field"),
        ({"steps": [{**STEP, "key": 7}]}, "steps[0].key", "Give a text."),
        ({"steps": [{**STEP, "when": {"step": "write", "op": "like"}}]}, "steps[0].when.op", "'contains', 'equals', 'regex' or 'empty'"),
        ({"steps": [{**STEP, "after": ["write"]}]}, "steps[0].after", "max_rounds"),
        ({"steps": [STEP] * 101}, "steps", "at most 100"),
        ({"max_rounds": "3"}, "max_rounds", "Give a whole number."),
        ({"max_rounds": 0}, "max_rounds", "Give 1 or more."),
        ({"name": ""}, "name", "at least 1"),
        ({"execution_mode": "often"}, "execution_mode", "Give 'manual', 'schedule' or 'continuous'."),
        ({"schedule": "daily@25:00"}, "schedule", "hours go from 0 to 23"),
    ],
)
def test_a_wrong_definition_is_refused_with_its_place(api: Client, agent: Agent, wrong: dict[str, Any], place: str, words: str) -> None:
    refused = send(api, "POST", "/api/workflows", definition(**wrong))

    assert refused.status_code == 422
    assert words in refused.json()["errors"][place]
    assert not Workflow.objects.exists()


def test_a_change_leaves_the_rest_and_keeps_a_revision(api: Client, owner: User) -> None:
    workflow = make_workflow({"key": "one"}, owner=owner)

    changed = send(api, "PATCH", f"/api/workflows/{workflow.pk}", {"description": "Better", "max_rounds": 3}).json()

    assert (changed["description"], changed["max_rounds"], changed["revision"]) == ("Better", 3, 2)
    assert [step["key"] for step in changed["steps"]] == ["one"]


def test_steps_of_an_answer_can_be_sent_back(api: Client, owner: User) -> None:
    workflow = make_workflow(
        {"key": "one"}, {"key": "two", "after": ["one"], "when": {"step": "one", "op": "empty", "else": True}}, owner=owner
    )
    before = api.get(f"/api/workflows/{workflow.pk}").json()

    after = send(api, "PATCH", f"/api/workflows/{workflow.pk}", {"steps": before["steps"]})

    assert after.status_code == 200
    assert after.json()["steps"] == before["steps"]


def test_an_earlier_version_can_be_brought_back(api: Client, owner: User) -> None:
    path = f"/api/workflows/{make_workflow({'key': 'one'}, owner=owner, description='first').pk}"
    send(api, "PATCH", path, {"description": "second"})

    back = send(api, "POST", f"{path}/rollback", {"revision": 1}).json()

    assert (back["description"], back["revision"]) == ("first", 3)
    newest = api.get(f"{path}/revisions").json()["items"][0]
    assert (newest["number"], newest["definition"]["description"], newest["made_by"]) == (3, "first", "owner")
    assert send(api, "POST", f"{path}/rollback", {"revision": 9}).status_code == 404


@pytest.mark.parametrize("count", [1, 10])
def test_the_list_takes_a_fixed_number_of_queries(
    api: Client, owner: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        make_workflow({"key": "one"}, {"key": "two"}, owner=owner)
    api.get("/api/workflows")

    with django_assert_num_queries(3):  # token, workflows, steps
        api.get("/api/workflows")


def test_what_is_at_work_is_not_deleted(api: Client, owner: User) -> None:
    workflow = make_workflow({"key": "one"}, owner=owner)
    run = start_run(workflow)

    refused = send(api, "DELETE", f"/api/workflows/{workflow.pk}")

    assert (refused.status_code, str(run) in refused.json()["detail"]) == (409, True)
    send(api, "POST", f"/api/runs/{run.pk}/cancel")
    assert send(api, "DELETE", f"/api/workflows/{workflow.pk}").status_code == 204
    assert api.get(f"/api/workflows/{workflow.pk}").status_code == 404


def test_a_workflow_is_run_with_inputs(api: Client, agent: Agent) -> None:
    send(api, "POST", "/api/workflows", definition())

    started = send(api, "POST", "/api/workflows/digest/execute", {"inputs": {"topic": "tea", "lines": 5}})

    assert started.status_code == 202
    found = started.json()
    assert (found["workflow_name"], found["revision"], found["lane"], found["status"]) == ("digest", 1, "run", "queued")
    assert found["input"] == {"inputs": {"topic": "tea", "lines": "5"}}


def test_a_missing_input_is_named(api: Client, agent: Agent) -> None:
    send(api, "POST", "/api/workflows", definition())

    refused = send(api, "POST", "/api/workflows/digest/execute")

    assert refused.status_code == 422
    assert set(refused.json()["errors"]) == {"inputs.topic"}


def test_the_same_key_starts_one_run(api: Client, owner: User) -> None:
    path = f"/api/workflows/{make_workflow({'key': 'one'}, owner=owner).pk}/execute"

    answers = [send(api, "POST", path, {}, **{"Idempotency-Key": "k1"}).json()["id"] for _ in range(2)]

    assert len(set(answers)) == Run.objects.count() == 1


def test_a_run_reports_in_a_conversation_of_ones_own_alone(api: Client, owner: User, stranger: User) -> None:
    path = f"/api/workflows/{make_workflow({'key': 'one'}, owner=owner).pk}/execute"
    own, foreign = make_conversation(owner), make_conversation(stranger)

    assert send(api, "POST", path, {"conversation_id": str(own.pk)}).json()["conversation_id"] == str(own.pk)
    assert send(api, "POST", path, {"conversation_id": str(foreign.pk)}).status_code == 404


def test_runs_are_listed_by_their_workflow(api: Client, owner: User) -> None:
    workflow = make_workflow({"key": "one"}, owner=owner)
    run = start_run(workflow)
    make_turn(make_conversation(owner))

    for reference in (workflow.pk, workflow.name):
        assert [item["id"] for item in api.get(f"/api/runs?workflow={reference}").json()["items"]] == [str(run.pk)]
    assert api.get("/api/runs?workflow=other").json()["items"] == []


def test_an_ended_run_is_run_again_with_other_inputs(api: Client, owner: User) -> None:
    workflow = make_workflow({"key": "one", "prompt": "{{ input.a }} {{ input.b }}"}, owner=owner)
    run = start_run(workflow, a="1", b="2")
    assert send(api, "POST", f"/api/runs/{run.pk}/rerun").status_code == 409
    Run.objects.update(status=RunStatus.SUCCEEDED)

    again = send(api, "POST", f"/api/runs/{run.pk}/rerun", {"inputs": {"b": "3"}})

    assert again.status_code == 202
    assert again.json()["input"] == {"inputs": {"a": "1", "b": "3"}}
    assert (again.json()["retry_of"], again.json()["conversation_id"]) == (None, str(run.conversation_id))


def test_a_turn_is_not_run_again(api: Client, owner: User) -> None:
    turn = make_turn(make_conversation(owner))
    Run.objects.update(status=RunStatus.SUCCEEDED)

    assert send(api, "POST", f"/api/runs/{turn.pk}/rerun").status_code == 409
