"""Tasks over HTTP."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from chat.models import Conversation, Message
from tasks.models import Occurrence, OccurrenceState, Task, TaskStatus
from tests.factories import make_agent, make_run, make_workflow
from workflows.models import RunStatus

CASES = Path(__file__).parent.parent / "cases"
MOVES = json.loads((CASES / "tasks.json").read_text())["moves"]


def send(api: Client, method: str, path: str, **body: Any) -> Any:
    return api.generic(method, path, json.dumps(body), content_type="application/json")


def words(text: str) -> set[str]:
    return set(text.split())


def make(api: Client, **fields: Any) -> dict[str, Any]:
    """A task as the API shows it; in an hour, unless something else is said."""
    when = {} if fields.keys() & {"run_at", "schedule"} else {"delay_hours": 1}
    made = send(api, "POST", "/api/tasks", **{"text": "Look at the mail", **when, **fields})
    assert made.status_code in (200, 201), made.content
    found: dict[str, Any] = made.json()
    return found


def in_status(api: Client, status: str) -> str:
    """The address of a task in that status, with a run of it where it has one."""
    made = make(api, metadata={"priority": "low", "source": "mail"})
    task = Task.objects.get(pk=made["id"])
    run = make_run(task.conversation, status=status) if status in ("running", "waiting_for_user") else None
    Task.objects.filter(pk=task.pk).update(status=status, active_run=run, next_due_at=task.next_due_at if status == "pending" else None)
    return f"/api/tasks/{task.pk}"


def test_a_task_is_shown_as_promised(api: Client, owner: User) -> None:
    made = make(api, title="Mail", schedule="0 9 * * 1-5", time_zone="Europe/Berlin")

    assert set(made) >= words(
        "id title mode text conversation_id agent workflow inputs run_at schedule time_zone overlap misfire grace_seconds enabled status"
        " active_run managed_by next_due_at description depends_on metadata anchor created_by last_error"
    )
    assert (made["description"], made["mode"], made["status"]) == ("weekdays at 09:00, Europe/Berlin", "prompt_agent", "pending")
    assert (made["created_by"], made["anchor"], made["run_at"]) == ("owner", 1, None)
    assert api.get(f"/api/tasks/{made['id']}").json() == made


def test_the_very_same_task_is_made_once_unless_two_are_wanted(api: Client) -> None:
    answers = [send(api, "POST", "/api/tasks", text="x", schedule="daily@09:00", **more) for more in ({}, {}, {"allow_duplicates": True})]

    assert [answer.status_code for answer in answers] == [201, 200, 201]
    first, second, third = (answer.json()["id"] for answer in answers)
    assert first == second != third


def test_a_request_under_the_same_key_makes_one_task(api: Client) -> None:
    body = json.dumps({"text": "x", "delay_minutes": 5})
    answers = [api.post("/api/tasks", body, content_type="application/json", headers={"Idempotency-Key": "once"}) for _ in range(2)]

    assert [(answer.status_code, answer.headers["Idempotency-Replayed"]) for answer in answers] == [(201, "false"), (201, "true")]
    assert answers[0].json() == answers[1].json()


def test_a_task_lives_in_a_conversation_of_its_owner(api: Client, conversation: Conversation) -> None:
    made = make(api, conversation_id=str(conversation.pk))

    assert made["conversation_id"] == str(conversation.pk)
    message = Message.objects.get(conversation=conversation)
    assert (message.task_id, message.via, message.user_id) == (Task.objects.get().pk, "api", conversation.owner_id)


def test_references_are_ids_or_names(api: Client, owner: User) -> None:
    agent = make_agent(owner=owner)
    workflow = make_workflow({"key": "one"}, owner=owner)

    asked = make(api, agent=agent.name)
    run = make(api, mode="run_workflow", workflow=str(workflow.pk), text="")

    assert (asked["agent"], asked["agent_name"]) == (str(agent.pk), agent.name)
    assert (run["workflow"], run["workflow_name"], run["title"]) == (str(workflow.pk), workflow.name, workflow.name)


@pytest.mark.parametrize(("status", "action", "expected"), MOVES, ids=[f"{move[0]} {move[1]}" for move in MOVES])
def test_the_state_machine(api: Client, status: str, action: str, expected: str) -> None:
    path = in_status(api, status)
    verb, *again = action.split()
    ways = {"update": ("PATCH", path, {"title": "New"}), "delete": ("DELETE", path, {})}
    method, address, body = ways.get(verb, ("POST", f"{path}/{verb}", {}))
    if again:
        send(api, method, address, **body)

    answer = send(api, method, address, **body)

    after = None if verb == "delete" and answer.status_code == 204 else api.get(path).json()["status"]
    match expected.replace(",", "").split():
        case ["409", *words]:
            assert (answer.status_code, after) == (409, "cancelled" if again else status)
            assert answer.json()["task_status"] == after
            assert {"already": "already running", "not": "not pending", "(cancel": "cancel it first"}.get(
                words[0] if words else "", ""
            ) in answer.json()["detail"]
            assert verb != "update" or status in answer.json()["detail"]
        case ["204"]:
            assert answer.status_code == 204
            assert api.get(path).status_code == 404
        case ["200", *_]:
            assert (answer.status_code, answer.json()["title"], answer.json()["text"]) == (200, "New", "Look at the mail")
        case ["fires", "now"]:
            assert answer.status_code == 200
            assert Occurrence.objects.get(task_id=path.split("/")[-1]).by_hand
        case [ending]:
            assert (answer.status_code, answer.json()["status"], after) == (200, ending, ending)


def test_metadata_is_merged(api: Client) -> None:
    path = in_status(api, "pending")

    changed = send(api, "PATCH", path, metadata={"priority": "high", "new": 1}).json()

    assert changed["metadata"] == {"priority": "high", "source": "mail", "new": 1}


def test_a_task_can_be_put_as_it_was_shown(api: Client) -> None:
    made = make(api, schedule="daily@09:00", time_zone="Asia/Tokyo")

    same = send(api, "PUT", f"/api/tasks/{made['id']}", **made).json()
    changed = send(api, "PUT", f"/api/tasks/{made['id']}", **{**made, "title": "New"}).json()

    assert {name for name in made if same[name] != made[name]} <= {"updated_at"}
    assert (changed["title"], changed["next_due_at"], changed["text"]) == ("New", made["next_due_at"], made["text"])


def test_a_new_schedule_keeps_the_zone_and_a_new_zone_the_schedule(api: Client) -> None:
    path = f"/api/tasks/{make(api, schedule='daily@09:00', time_zone='Asia/Tokyo')['id']}"

    later = send(api, "PATCH", path, schedule="daily@10:00").json()
    elsewhere = send(api, "PATCH", path, time_zone="Europe/Paris").json()

    assert (later["schedule"], later["time_zone"]) == ("daily@10:00", "Asia/Tokyo")
    assert (elsewhere["schedule"], elsewhere["time_zone"]) == ("daily@10:00", "Europe/Paris")


def test_a_task_that_happens_once_takes_another_zone_for_its_words(api: Client) -> None:
    made = make(api, run_at="2030-06-15T09:30:00+00:00")

    changed = send(api, "PATCH", f"/api/tasks/{made['id']}", time_zone="Asia/Tokyo").json()

    assert (changed["run_at"], changed["description"]) == (made["run_at"], "Sat 15 Jun 2030 at 18:30, Asia/Tokyo")


def test_a_paused_task_has_no_next_time(api: Client) -> None:
    path = f"/api/tasks/{make(api, schedule='daily@09:00')['id']}"

    paused = send(api, "POST", f"{path}/pause").json()
    resumed = send(api, "POST", f"{path}/resume").json()

    assert (paused["enabled"], paused["next_due_at"], paused["paused_because"]) == (False, None, "owner paused it.")
    assert (resumed["enabled"], bool(resumed["next_due_at"])) == (True, True)


def test_tasks_are_listed_by_status_and_conversation(api: Client, conversation: Conversation) -> None:
    here = make(api, conversation_id=str(conversation.pk))["id"]
    there = make(api, text="Other")["id"]
    send(api, "POST", f"/api/tasks/{there}/cancel")

    def ids(**query: str) -> list[str]:
        return [item["id"] for item in api.get("/api/tasks", query).json()["items"]]

    assert ids() == [there, here]
    assert ids(status="cancelled") == [there]
    assert ids(conversation=str(conversation.pk)) == [here]
    assert api.get("/api/tasks", {"status": "odd"}).status_code == 422


def test_lists_go_on_at_their_cursor(api: Client) -> None:
    ids = [make(api, text=f"Number {n}")["id"] for n in range(3)]

    first = api.get("/api/tasks", {"limit": 2}).json()
    rest = api.get("/api/tasks", {"limit": 2, "before": first["next"]}).json()

    assert [item["id"] for item in (*first["items"], *rest["items"])] == ids[::-1]
    assert rest["next"] is None


@pytest.mark.parametrize("count", [1, 10])
def test_the_list_takes_a_fixed_number_of_queries(
    api: Client, owner: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        make(api, text=f"Number {number}", agent=make_agent(owner=owner).name)

    with django_assert_num_queries(3):  # token, tasks, what they wait for
        api.get("/api/tasks")


def test_due_times_are_listed_newest_first_with_what_became_of_them(api: Client) -> None:
    made = make(api, schedule="daily@09:00")
    at = datetime(2026, 3, 30, 9, tzinfo=UTC)
    task = Task.objects.get(pk=made["id"])
    Occurrence.objects.create(task=task, due_at=at, state=OccurrenceState.FIRED, fired_at=at + timedelta(seconds=1.5))
    Occurrence.objects.create(task=task, due_at=at + timedelta(days=1), state=OccurrenceState.SKIPPED, reason="The one before runs.")

    found = api.get(f"/api/tasks/{made['id']}/occurrences", {"limit": 1}).json()
    rest = api.get(f"/api/tasks/{made['id']}/occurrences", {"limit": 1, "before": found["next"]}).json()

    assert set(found["items"][0]) >= words("due_at until count state reason run_id message_seq fired_at late_ms")
    assert [(item["state"], item["reason"], item["late_ms"]) for item in (*found["items"], *rest["items"])] == [
        ("skipped", "The one before runs.", None),
        ("fired", None, 1500),
    ]


def test_a_preview_tells_the_next_times_and_what_a_clock_change_does(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.api.timezone.now", lambda: datetime(2026, 3, 28, 11, tzinfo=UTC))

    found = api.get("/api/tasks/preview", {"schedule": "30 2 * * *", "tz": "Europe/Berlin", "n": "2"}).json()

    assert (found["description"], found["time_zone"]) == ("every day at 02:30, Europe/Berlin", "Europe/Berlin")
    moved, usual = found["next"]
    assert (moved["at"], moved["local"]) == ("2026-03-29T01:00:00.000Z", "2026-03-29T03:00:00+02:00")
    assert ("does not exist" in moved["note"], usual["note"]) == (True, "")


def test_a_preview_refuses_a_zone_that_does_not_exist(api: Client) -> None:
    refused = api.get("/api/tasks/preview", {"schedule": "daily@09:00", "tz": "Mars/Base"})

    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["tz"])


def test_a_task_at_work_that_is_cancelled_stops_its_run(api: Client) -> None:
    path = in_status(api, "running")
    run = Task.objects.get().active_run
    assert run

    send(api, "POST", f"{path}/cancel")

    run.refresh_from_db()
    assert run.cancel_requested_at or run.status == RunStatus.CANCELLED
    assert Task.objects.get().status == TaskStatus.CANCELLED


def test_the_task_of_a_workflow_is_changed_there(api: Client, owner: User) -> None:
    workflow = make_workflow({"key": "one"}, owner=owner)
    path = f"/api/tasks/{make(api, mode='run_workflow', workflow=workflow.name, text='', schedule='daily@09:00')['id']}"
    Task.objects.update(managed_by=workflow)

    refused = [send(api, "PATCH", path, title="x"), send(api, "DELETE", path), send(api, "POST", f"{path}/cancel")]
    taken = [send(api, "POST", f"{path}/{verb}") for verb in ("pause", "resume", "run")]

    assert [(answer.status_code, workflow.name in answer.json()["detail"]) for answer in refused] == [(409, True)] * 3
    assert [answer.status_code for answer in taken] == [200] * 3
