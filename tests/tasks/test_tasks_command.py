"""`agentron tasks` on the command line."""

import io
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from chat.models import Conversation, Message
from tasks.models import Occurrence, OccurrenceState, Task, TaskStatus
from tests.factories import make_conversation, make_run, make_task, make_user, make_workflow

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def owner() -> User:
    return make_user("owner")


def tasks(*arguments: str, user: str = "owner") -> str:
    """What `agentron tasks` prints; a refusal is a SystemExit with its line, wrong usage a CommandError."""
    out = io.StringIO()
    call_command("tasks", *arguments, "--user", user, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def told(*arguments: str) -> Any:
    return json.loads(tasks(*arguments, "--json"))


def test_a_task_is_added_and_says_when_it_fires_in_its_zone_and_in_utc() -> None:
    printed = tasks("add", "Stand up", "--at", "2030-06-15T09:30", "--tz", "Europe/Berlin")

    task = Task.objects.get()
    assert (str(task.pk) in printed, task.mode) == (True, "prompt_agent")
    assert "Sat 2030-06-15 09:30 Europe/Berlin, Sat 2030-06-15 07:30 UTC" in printed


@pytest.mark.parametrize(
    ("options", "schedule"),
    [
        (["--every", "1 hour"], "every 1 hour"),
        (["--every", "90"], "90"),
        (["--every", "10m"], "600"),
        (["--cron", "0 9 * * 1-5"], "0 9 * * 1-5"),
        (["--schedule", "daily@9:00"], "daily@09:00"),
    ],
)
def test_a_task_may_recur(options: list[str], schedule: str) -> None:
    assert told("add", "x", *options)["schedule"] == schedule


def test_a_delay_counts_from_now() -> None:
    at = datetime.fromisoformat(told("add", "x", "--in", "1h30m")["run_at"])

    assert abs(at - timezone.now() - timedelta(minutes=90)) < timedelta(minutes=1)


def test_all_that_a_task_can_be_told_is_kept(owner: User) -> None:
    workflow = make_workflow({"key": "one"}, owner=owner, inputs=[{"name": "topic"}])
    first = make_task(owner)

    made = told("add", "--workflow", workflow.name, "-i", "topic=tea=green", "--in", "2h", "-m", "a=1", "b=2", "-m", "c=3",
                "--depends-on", str(first.pk), "--title", "Weekly", "--overlap", "queue")  # fmt: skip

    assert (made["mode"], made["workflow"], made["inputs"]) == ("run_workflow", str(workflow.pk), {"topic": "tea=green"})
    assert (made["metadata"], made["depends_on"]) == ({"a": "1", "b": "2", "c": "3"}, [str(first.pk)])
    assert (made["title"], made["overlap"], made["created_by"]) == ("Weekly", "queue", "owner")


def test_the_very_same_is_not_made_twice() -> None:
    first, again = (told("add", "x", "--schedule", "daily@09:00")["id"] for _ in range(2))
    other = told("add", "x", "--schedule", "daily@09:00", "--allow-duplicates")["id"]

    assert first == again != other


def test_a_task_for_a_conversation_is_said_there(owner: User, conversation: Conversation) -> None:
    made = told("add", "x", "--in", "5m", "--chat", str(conversation.pk))

    message = Message.objects.get(conversation=conversation)
    assert (str(message.task_id), message.user, message.via, message.seq) == (made["id"], owner, "cli", made["anchor"])


def test_without_a_conversation_it_gets_its_own(owner: User) -> None:
    tasks("add", "Water the plants", "--in", "5m")

    assert Conversation.objects.get(owner=owner).title == "Task: Water the plants"


def test_run_now_needs_no_time_and_leaves_a_schedule_as_it_is() -> None:
    once, again = told("add", "x", "--run-now"), told("add", "y", "--schedule", "daily@09:00", "--run-now")

    assert datetime.fromisoformat(once["next_due_at"]) <= timezone.now()
    assert Occurrence.objects.get(task_id=again["id"]).by_hand
    assert again["next_due_at"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--at", "2030-03-30T22:10:00"], "timestamp must include an explicit timezone offset"),
        (["--at", "2030-03-30T22:10:00+00:00", "--in", "1m"], "provide either run_at or delay inputs, not both"),
        ([], "provide run_at or at least one delay input"),
        (["--in", "-5m"], "delay inputs must be zero or positive"),
        (["--in=-1s"], "delay inputs must be zero or positive"),
        (["--at", "2020-01-01T00:00:00+00:00"], "in the past"),
        (["--at", "foo"], "ISO 8601"),
        (["--in", "100000000000000000000d"], "too far"),
        (["--in", "10"], "is not a delay"),
        (["--every", "0"], "Try"),
        (["--cron", "60 * * * *"], "minutes go from 0 to 59"),
        (["--schedule", ""], "A schedule is needed"),
        (["--schedule", "daily@09:00", "--tz", "Mars/Base"], "is not a time zone"),
        (["--in", "5m", "--agent", "nobody"], "There is no agent"),
        (["--in", "5m", "--chat", "0190a6e0-0000-7000-8000-000000000000"], "There is no conversation"),
        (["--in", "5m", "--depends-on", "0190a6e0-0000-7000-8000-000000000000"], "There is no task"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(arguments: list[str], sentence: str) -> None:
    with pytest.raises(SystemExit, match=sentence):
        tasks("add", "x", *arguments)
    assert not Task.objects.exists()


@pytest.mark.parametrize("arguments", [["-m", "no pair"], ["--every", "5m", "--cron", "x"], ["--mode", "sing"], ["--chat", "no id"]])
def test_wrong_usage_is_told_as_such(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        tasks("add", "x", *arguments)


def test_a_strangers_conversation_is_refused() -> None:
    with pytest.raises(SystemExit, match="There is no conversation"):
        tasks("add", "x", "--in", "5m", "--chat", str(make_conversation().pk))


def test_tasks_are_listed_as_they_come(owner: User) -> None:
    later, sooner = make_task(owner, title="Later", delay_hours=2), make_task(owner, title="Sooner")
    ended = make_task(owner, title="Ended")
    Task.objects.filter(pk=ended.pk).update(status=TaskStatus.SUCCEEDED, next_due_at=None)

    printed = [line.split()[:2] for line in tasks("list").splitlines()[1:]]

    assert printed == [["1", str(sooner.pk)], ["2", str(later.pk)], [str(ended.pk), "Succeeded"]]
    assert [task["id"] for task in told("list", "--status", "succeeded")] == [str(ended.pk)]
    assert [task["id"] for task in told("list", "--chat", str(later.conversation_id))] == [str(later.pk)]


@pytest.mark.parametrize("reference", ["id", "end", "number", "title"])
def test_a_task_is_found_by_what_people_see_of_it(owner: User, reference: str) -> None:
    make_task(owner, delay_hours=9, title="Other")
    task = make_task(owner, title="Plants")
    words = {"id": str(task.pk), "end": str(task.pk)[-8:], "number": "1", "title": "plants"}

    assert told("show", words[reference])["id"] == str(task.pk)


def test_a_task_that_is_over_is_found_by_its_title(owner: User) -> None:
    task = make_task(owner, title="Plants")
    Task.objects.update(status=TaskStatus.SUCCEEDED)

    assert told("show", "plants")["id"] == str(task.pk)


def test_an_update_keeps_what_it_does_not_name(owner: User) -> None:
    task = make_task(owner, schedule="daily@09:00", time_zone="Asia/Tokyo", metadata={"a": "1"})

    changed = told("update", str(task.pk), "--title", "New", "-m", "b=2")

    assert (changed["title"], changed["text"], changed["metadata"]) == ("New", task.text, {"a": "1", "b": "2"})
    assert changed["next_due_at"]
    assert told("update", str(task.pk), "--schedule", "daily@10:00")["time_zone"] == "Asia/Tokyo"
    with pytest.raises(SystemExit, match="Say what is to be different"):
        tasks("update", str(task.pk))


def test_a_task_is_paused_resumed_run_and_cancelled_once(owner: User) -> None:
    task = make_task(owner, schedule="daily@09:00")

    assert "not while it is paused: owner paused it." in tasks("pause", str(task.pk))
    assert "UTC" in tasks("resume", str(task.pk))
    assert told("run", str(task.pk))["status"] == "pending"
    assert "Cancelled" in tasks("cancel", str(task.pk))
    with pytest.raises(SystemExit, match="been cancelled already"):
        tasks("cancel", str(task.pk))


def test_deleting_asks_first(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    task = make_task(owner)
    terminal = io.StringIO("n\ny\n")
    monkeypatch.setattr(sys, "stdin", terminal)

    with pytest.raises(SystemExit, match="give -f"):
        tasks("delete", str(task.pk))
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    with pytest.raises(SystemExit, match="Nothing was deleted"):
        tasks("delete", str(task.pk))
    assert "1 task was deleted" in tasks("delete", str(task.pk))


def test_clearing_leaves_what_is_at_work_and_says_so(owner: User) -> None:
    gone, stays = make_task(owner), make_task(owner, title="Busy")
    run = make_run(stays.conversation, status="running")
    Task.objects.filter(pk=stays.pk).update(status=TaskStatus.RUNNING, active_run=run)

    with pytest.raises(SystemExit, match="“Busy”: This task is at work: cancel it first"):
        tasks("clear", "--all", "-f")

    assert list(Task.objects.all()) == [stays]
    assert gone not in Task.objects.all()


def test_a_task_whose_run_asks_something_says_so(owner: User) -> None:
    task = make_task(owner, schedule="daily@09:00")
    run = make_run(task.conversation, status="waiting_for_user")
    Task.objects.filter(pk=task.pk).update(active_run=run)

    assert "Pending, its run waits for your answer" in tasks("show", str(task.pk))


def test_clearing_a_status_leaves_the_others(owner: User) -> None:
    make_task(owner)
    ended = make_task(owner)
    Task.objects.filter(pk=ended.pk).update(status=TaskStatus.FAILED)

    assert told("clear", "--status", "failed", "-f") == {"deleted": [str(ended.pk)]}
    with pytest.raises(CommandError):
        tasks("clear")


def test_the_past_is_told_slot_by_slot_with_reasons(owner: User) -> None:
    task = make_task(owner, schedule="daily@09:00", time_zone="UTC")
    at = datetime(2026, 3, 30, 9, tzinfo=UTC)
    rows = [
        {"state": OccurrenceState.MISSED, "reason": "Nothing was running.", "count": 3, "until": at + timedelta(days=2)},
        {"due_at": at + timedelta(days=3), "state": OccurrenceState.FIRED, "fired_at": at + timedelta(days=3, seconds=2), "message_seq": 7},
    ]
    for row in rows:
        Occurrence.objects.create(**{"task": task, "due_at": at, **row})

    first, missed, fired, *coming = tasks("why", str(task.pk)).splitlines()

    assert "every day at 09:00, UTC" in first
    assert missed.split(maxsplit=1) == ["missed", "Mon 2026-03-30 09:00 UTC until Wed 2026-04-01 09:00 UTC, 3 times: Nothing was running."]
    assert fired.split(maxsplit=1) == ["fired", "Thu 2026-04-02 09:00 UTC: 2.0 s late; message 7"]
    assert [line.split()[0] for line in coming] == ["next"] * 3
    assert [slot["state"] for slot in told("why", str(task.pk))["slots"]] == ["missed", "fired"]
    assert [slot["state"] for slot in told("history", str(task.pk))] == ["fired", "missed"]
    assert "Nothing was running." in tasks("history", str(task.pk))


def test_somebody_elses_tasks_are_missing(owner: User) -> None:
    task = make_task(owner)
    make_user("stranger")

    for verb in ("show", "cancel", "run", "pause", "resume", "history", "why"):
        with pytest.raises(SystemExit, match="There is no task"):
            tasks(verb, str(task.pk), user="stranger")
    with pytest.raises(SystemExit, match="There is no task"):
        tasks("delete", str(task.pk), "-f", user="stranger")
    assert json.loads(tasks("list", "--json", user="stranger")) == []
    assert "0 tasks were deleted" in tasks("clear", "--all", "-f", user="stranger")
