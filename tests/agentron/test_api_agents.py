"""Agents over HTTP."""

import json
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from tests.factories import make_agent, make_workflow
from workflows.models import Agent


def send(api: Client, method: str, path: str, **body: Any) -> Any:
    return api.generic(method, path, json.dumps(body), content_type="application/json")


def test_an_agent_is_made_shown_and_changed(api: Client) -> None:
    made = send(api, "POST", "/api/agents", name="writer", tools=["fetch_url"], limits={"steps": 5})
    assert made.status_code == 201
    path = f"/api/agents/{made.json()['id']}"

    changed = send(api, "PATCH", path, instructions="Be short.").json()

    assert (changed["instructions"], changed["tools"], changed["limits"]) == ("Be short.", ["fetch_url"], {"steps": 5})
    assert api.get("/api/agents/writer").json() == api.get(path).json() == changed


def test_a_wrong_agent_is_refused_with_the_places(api: Client) -> None:
    refused = send(api, "POST", "/api/agents", name="writer", tools=["strange"], limits={"steps": 0}, tool_policy={"fetch_url": "maybe"})

    assert refused.status_code == 422
    assert set(refused.json()["errors"]) == {"tools[0]", "limits.steps", "tool_policy"}


def test_an_earlier_version_of_an_agent_can_be_brought_back(api: Client) -> None:
    path = f"/api/agents/{send(api, 'POST', '/api/agents', name='writer', instructions='first').json()['id']}"
    send(api, "PATCH", path, instructions="second")

    assert send(api, "POST", f"{path}/rollback", revision=1).json()["instructions"] == "first"
    assert [item["number"] for item in api.get(f"{path}/revisions").json()["items"]] == [3, 2, 1]


def test_an_agent_in_use_is_not_deleted(api: Client, owner: User) -> None:
    workflow = make_workflow({"key": "one"}, owner=owner)
    agent = Agent.objects.get(owner=owner)

    refused = send(api, "DELETE", f"/api/agents/{agent.pk}")

    assert (refused.status_code, workflow.name in refused.json()["detail"]) == (409, True)


def test_an_agent_that_nothing_uses_can_be_deleted(api: Client, owner: User) -> None:
    agent = make_agent(owner=owner)

    assert send(api, "DELETE", f"/api/agents/{agent.pk}").status_code == 204
    assert not Agent.objects.filter(pk=agent.pk).exists()


def test_shared_agents_are_not_changed_by_everybody(api: Client) -> None:
    shared = make_agent()

    assert api.get(f"/api/agents/{shared.pk}").json()["shared"]
    assert send(api, "PATCH", f"/api/agents/{shared.pk}", name="mine").status_code == 403
    assert send(api, "DELETE", f"/api/agents/{shared.pk}").status_code == 403
