"""Agents, runs and questions over HTTP."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from chat import files
from chat.fragments import entry_html
from chat.models import Conversation, Message
from chat.schemas import MessageOut
from tests.factories import make_agent, make_conversation, make_task, make_turn, make_workflow
from workflows.models import Effect, HelpRequest, Run, RunStatus, StepRun, StepStatus, ToolCall

pytestmark = pytest.mark.wide


def make_question(run: Run, **fields: Any) -> HelpRequest:
    """A run that waits for an answer to one question more."""
    step, _ = StepRun.objects.get_or_create(run=run, key=StepRun.TURN, defaults={"status": StepStatus.WAITING})
    Run.objects.filter(pk=run.pk).update(status=RunStatus.WAITING_FOR_USER)
    reply = run.help_requests.count() + 1
    ToolCall.objects.create(step_run=step, reply=reply, call_id="c", tool="ask_user", effect=Effect.READ, args_hash="h")
    return HelpRequest.objects.create(**{"run": run, "step_run": step, "reply": reply, "call_id": "c", "question": "Which?", **fields})


def words(text: str) -> set[str]:
    return set(text.split())


@pytest.fixture
def run(conversation: Conversation) -> Run:
    return make_turn(conversation)


def post(api: Client, path: str, **body: Any) -> Any:
    return api.post(path, json.dumps(body), content_type="application/json")


def test_a_run_is_shown_as_promised(api: Client, run: Run) -> None:
    make_question(run)

    found = api.get(f"/api/runs/{run.pk}").json()

    assert set(found) >= words(
        "id status trigger lane workflow revision agent conversation_id task_id parent_id retry_of cancel_requested_at input output"
        " error attempts position usage queued_at started_at finished_at steps help_requests"
    )
    (step,) = found["steps"]
    assert set(step) >= words("key agent round prompt status output error usage started_at finished_at tool_calls")
    assert set(step["tool_calls"][0]) >= words("call_id tool effect arguments state result error started_at finished_at")
    assert set(found["help_requests"][0]) >= words(
        "id run_id conversation_id kind question options reason default tool arguments args_hash decisions status response"
        " answered_by answered_via asked_at expires_at"
    )
    assert found["usage"] == {"input_tokens": 0, "output_tokens": 0, "cost": None}


def test_a_queued_run_knows_its_place(api: Client, run: Run) -> None:
    second = make_turn(run.conversation)

    assert [api.get(f"/api/runs/{item.pk}").json()["position"] for item in (run, second)] == [1, 2]
    Run.objects.update(status=RunStatus.SUCCEEDED)
    assert api.get(f"/api/runs/{run.pk}").json()["position"] is None


def test_runs_are_listed_newest_first_and_by_status(api: Client, run: Run) -> None:
    second = make_turn(run.conversation)
    Run.objects.filter(pk=run.pk).update(status=RunStatus.FAILED)

    def ids(query: str) -> list[str]:
        return [item["id"] for item in api.get(f"/api/runs?{query}").json()["items"]]

    assert ids("") == [str(second.pk), str(run.pk)]
    assert ids("status=failed") == [str(run.pk)]
    assert ids("workflow=anything") == []
    assert api.get("/api/runs?status=nonsense").status_code == 422


@pytest.mark.parametrize("count", [1, 10])
def test_the_list_of_runs_takes_a_fixed_number_of_queries(
    api: Client, owner: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        make_question(make_turn(make_conversation(owner)))
    api.get("/api/runs")

    with django_assert_num_queries(5):  # token, runs, steps, tool calls, questions
        api.get("/api/runs")
    with django_assert_num_queries(2):
        api.get("/api/runs/pending-help")


def test_a_runs_events_are_its_messages_in_order(api: Client, run: Run) -> None:
    make_turn(run.conversation)
    post(api, f"/api/runs/{run.pk}/cancel")

    events = api.get(f"/api/runs/{run.pk}/events").json()["items"]

    assert [item["run_id"] for item in events] == [str(run.pk)] * len(events)
    assert [item["seq"] for item in events] == sorted(item["seq"] for item in events)
    assert events[-1]["payload"]["status"] == "cancelled"


def test_cancelling_twice_names_the_status(api: Client, run: Run) -> None:
    assert post(api, f"/api/runs/{run.pk}/cancel").json()["status"] == "cancelled"

    again = post(api, f"/api/runs/{run.pk}/cancel")

    assert (again.status_code, again.json()["run_status"]) == (409, "cancelled")


def test_a_cancelled_run_can_be_retried_as_a_new_one(api: Client, run: Run) -> None:
    assert post(api, f"/api/runs/{run.pk}/retry").status_code == 409
    post(api, f"/api/runs/{run.pk}/cancel")

    again = post(api, f"/api/runs/{run.pk}/retry")

    assert again.status_code == 202
    assert (again.json()["retry_of"], again.json()["trigger"]) == (str(run.pk), "api")


def test_a_question_is_pending_until_it_is_answered(api: Client, run: Run) -> None:
    question = make_question(run)
    assert [item["id"] for item in api.get("/api/runs/pending-help").json()["items"]] == [str(question.pk)]

    response = post(api, f"/api/runs/{run.pk}/respond", response="The second")

    assert (response.status_code, response.json()["status"]) == (200, "queued")
    (answered,) = response.json()["help_requests"]
    assert (answered["response"], answered["answered_by"], answered["answered_via"]) == ("The second", "owner", "api")
    assert api.get("/api/runs/pending-help").json()["items"] == []


def test_a_run_that_asks_nothing_takes_no_answer(api: Client, run: Run) -> None:
    response = post(api, f"/api/runs/{run.pk}/respond", response="x")

    assert response.status_code == 409
    assert response.json()["detail"] == "Run is not waiting for user input"
    assert response.json()["run_status"] == "queued"


def test_an_answered_question_says_by_whom(api: Client, run: Run) -> None:
    question = make_question(run)
    post(api, f"/api/runs/{run.pk}/respond", response="first")

    again = post(api, f"/api/runs/{run.pk}/respond", response="second", request_id=str(question.pk))

    assert again.status_code == 409
    assert "owner" in again.json()["detail"]


def test_several_open_questions_want_a_request_id(api: Client, run: Run) -> None:
    questions = [make_question(run), make_question(run)]

    response = post(api, f"/api/runs/{run.pk}/respond", response="x")

    assert response.status_code == 422
    assert {item["id"] for item in response.json()["open_requests"]} == {str(item.pk) for item in questions}
    assert post(api, f"/api/runs/{run.pk}/respond", response="x", request_id=str(questions[0].pk)).status_code == 200


def test_changed_arguments_and_credentials_are_refused(api: Client, run: Run) -> None:
    make_question(run, kind="credentials", args_hash="a")

    response = post(api, f"/api/runs/{run.pk}/respond", response="x")

    assert (response.status_code, "link" in response.json()) == (422, True)
    assert post(api, f"/api/runs/{run.pk}/respond", arguments={"a": 1}).status_code == 422


def test_agents_are_ones_own_and_the_shared_ones(api: Client, owner: User, stranger: User) -> None:
    own, foreign = make_agent(owner=owner), make_agent(owner=stranger)

    found = api.get("/api/agents").json()["items"]

    assert str(own.pk) in {item["id"] for item in found}
    assert str(foreign.pk) not in {item["id"] for item in found}
    assert set(found[0]) >= {"id", "name", "description", "instructions", "model", "tools", "tool_policy", "limits"}


def test_the_queue_tells_how_busy_it_is(api: Client, run: Run) -> None:
    found = api.get("/api/queue").json()

    assert set(found) == {"queued", "running", "waiting", "capacity", "oldest_queued_s"}
    assert found["queued"] == 1


def routes(run: Run) -> list[tuple[str, str]]:
    """Every route to an object of somebody's."""
    agent = make_agent(owner=run.owner)
    workflow = make_workflow({"key": "one"}, owner=run.owner)
    task = make_task(run.owner)
    with transaction.atomic():
        file = files.keep(run.conversation, "note.txt", b"hello", by=run.owner, via=Message.Via.API)
    return [
        ("get", f"/api/files/{file.pk}"),
        ("get", f"/api/conversations/{run.conversation_id}"),
        ("get", f"/api/conversations/{run.conversation_id}/messages"),
        ("patch", f"/api/conversations/{run.conversation_id}"),
        ("delete", f"/api/conversations/{run.conversation_id}"),
        ("get", f"/api/runs/{run.pk}"),
        ("get", f"/api/runs/{run.pk}/events"),
        ("post", f"/api/runs/{run.pk}/cancel"),
        ("post", f"/api/runs/{run.pk}/retry"),
        ("post", f"/api/runs/{run.pk}/respond"),
        ("post", f"/api/runs/{run.pk}/rerun"),
        *((method, f"/api/agents/{agent.pk}") for method in ("get", "patch", "delete")),
        ("get", f"/api/agents/{agent.pk}/revisions"),
        ("post", f"/api/agents/{agent.pk}/rollback"),
        *((method, f"/api/workflows/{workflow.pk}") for method in ("get", "patch", "delete")),
        ("get", f"/api/workflows/{workflow.pk}/revisions"),
        ("post", f"/api/workflows/{workflow.pk}/rollback"),
        ("post", f"/api/workflows/{workflow.pk}/execute"),
        *((method, f"/api/tasks/{task.pk}") for method in ("get", "put", "patch", "delete")),
        *(("post", f"/api/tasks/{task.pk}/{verb}") for verb in ("cancel", "run", "pause", "resume")),
        ("get", f"/api/tasks/{task.pk}/occurrences"),
    ]


def test_what_is_somebody_elses_is_as_missing_as_what_never_was(as_stranger: Client, run: Run) -> None:
    make_question(run)
    never = "0190a6e0-0000-7000-8000-000000000000"

    for method, path in routes(run):
        head, pk, *tail = path.split("/")[2:]
        other = "/".join(["/api", head, never, *tail])
        body = '{"revision": 1}' if path.endswith("rollback") else "{}"
        foreign = as_stranger.generic(method.upper(), path, body, content_type="application/json")
        missing = as_stranger.generic(method.upper(), other, body, content_type="application/json")
        assert (foreign.status_code, missing.status_code) == (404, 404), path
        assert foreign.content.decode().replace(pk, never) == missing.content.decode()
    assert as_stranger.get("/api/runs").json()["items"] == []
    assert as_stranger.get("/api/tasks").json()["items"] == []
    assert as_stranger.get("/api/conversations").json()["items"] == []
    assert as_stranger.get("/api/runs/pending-help").json()["items"] == []
    foreign_chat = post(as_stranger, "/api/chat", text="x", conversation_id=str(run.conversation_id))
    assert foreign_chat.status_code == 404


def test_every_route_to_an_object_is_tried_above(run: Run) -> None:
    from agentron.api import api as application

    tried = {(method, path.replace(part, "{}")) for method, path in routes(run) for part in [path.split("/")[3]]}
    document = application.get_openapi_schema()
    known = {
        (method, "/".join("{}" if "{" in part else part for part in path.split("/")))
        for path, ways in document["paths"].items()
        for method in ways
    }
    assert {item for item in known if "{}" in item[1]} == tried


def test_who_declines_is_named_to_everybody(api: Client, run: Run) -> None:
    make_question(run)
    address = f"/api/runs/{run.pk}/respond"

    done = api.post(address, {"decision": "decline"}, content_type="application/json").json()["help_requests"][0]
    late = api.post(address, {"decision": "decline"}, content_type="application/json")
    told = MessageOut.of(Message.objects.get(kind=Message.Kind.HELP_ANSWER)).model_dump(mode="json")

    assert (done["status"], done["answered_by"], done["answered_via"]) == ("declined", run.owner.username, "api")
    assert f"already declined by {run.owner}" in late.json()["detail"]
    assert f"<strong>Declined</strong> by {run.owner} via the API" in entry_html({**told, **told["payload"]})
