"""What is due happens: once, on time, in the right conversation, whatever else goes wrong."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from chat import conversations
from chat.models import Message
from tasks import clock, firing
from tasks.models import Mode, Occurrence, OccurrenceState, TaskStatus
from tests.factories import make_agent, make_conversation, make_task, make_user, make_workflow
from tests.tasks.clockwork import HOUR, due_task, fire, moved, only, runs, said, states
from workflows.models import Lane, Trigger

pytestmark = pytest.mark.django_db


def test_a_reminder_is_said_in_its_conversation_and_its_task_is_done() -> None:
    task = fire(due_task(mode="notify", text="Tea!"))

    (message,) = said(task)
    assert (message.text, message.author, message.via, message.payload) == ("Tea!", "assistant", "schedule", {"reminder": True})
    assert message.reply_to == task.anchor
    assert task.status == TaskStatus.SUCCEEDED
    assert only(task).message_seq == message.seq


def test_a_reminder_brings_an_archived_conversation_back_into_the_list() -> None:
    conversation = make_conversation()
    task = due_task(owner=conversation.owner, mode="notify", conversation=str(conversation.pk))
    conversations.archive(conversation, True)

    fire(task)

    assert conversations.listed(conversation.owner).rows == [conversation]


def test_a_prompt_is_asked_in_its_owners_name_and_its_task_runs() -> None:
    agent = make_agent()
    owner = make_user()
    agent.owner = owner
    agent.save()

    task = fire(due_task(owner=owner, text="Look at the news.", agent=str(agent.pk)))

    (run,) = runs(task)
    (message,) = said(task)
    assert (run.trigger, run.lane, run.agent, run.input["text"]) == (Trigger.SCHEDULE, Lane.TURN, agent, "Look at the news.")
    assert (message.user, message.run_id, message.author) == (owner, run.pk, "user")
    assert (task.status, task.active_run, task.next_due_at) == (TaskStatus.RUNNING, run, None)
    assert only(task).run == run


def test_a_workflow_is_run_with_the_tasks_inputs() -> None:
    workflow = make_workflow({"key": "one", "prompt": "About {{ input.topic }}"}, inputs=[{"name": "topic"}])

    task = fire(due_task(owner=workflow.owner, mode="run_workflow", text="", workflow=str(workflow.pk), inputs={"topic": "tea"}))

    (run,) = runs(task)
    assert (run.workflow, run.input["inputs"], run.conversation) == (workflow, {"topic": "tea"}, task.conversation)


def test_a_recurring_task_stays_pending_and_is_due_again() -> None:
    task = due_task(mode="notify", schedule="every 1 hour")
    due = task.next_due_at

    task = fire(task)

    assert due
    assert (task.status, task.next_due_at) == (TaskStatus.PENDING, due + HOUR)


def test_what_is_not_due_does_not_happen() -> None:
    task = fire(make_task(mode="notify"))

    assert states(task) == []
    assert clock.next_wake() == task.next_due_at


def test_the_row_says_how_late_it_was() -> None:
    task = fire(due_task(timedelta(seconds=2), mode="notify"))

    assert 2000 <= (only(task).late_ms or 0) < 10_000


def test_the_clock_knows_how_late_the_latest_was() -> None:
    assert clock.lateness() is None
    for seconds in (1, 3):
        fire(due_task(timedelta(seconds=seconds), mode="notify"))

    assert 3000 <= (clock.lateness() or 0) < 10_000


@pytest.mark.parametrize("fields", [{"enabled": False}, {"status": "cancelled"}, {"next_due_at": None}])
def test_a_task_that_is_paused_or_over_does_not_happen(fields: dict[str, object]) -> None:
    task = fire(moved(due_task(mode="notify"), **fields))

    assert states(task) == []


def test_a_due_time_that_has_its_row_does_not_happen_again() -> None:
    task = due_task(mode="notify", schedule="every 1 hour")
    assert task.next_due_at
    Occurrence.objects.create(task=task, due_at=task.next_due_at, state=OccurrenceState.FIRED)

    task = fire(task)

    assert said(task) == []
    assert task.next_due_at
    assert task.next_due_at > timezone.now()


def test_a_clock_that_was_set_back_repeats_nothing() -> None:
    task = due_task(mode="notify", schedule="every 1 hour")
    now = timezone.now()

    fire(task, now)
    fire(task, now - HOUR)
    fire(task, now)

    assert states(task) == ["fired"]


def test_many_due_at_once_all_happen() -> None:
    owner = make_user()
    tasks = [due_task(owner=owner, mode="notify") for _ in range(2 * clock.BATCH + 1)]

    # A slow machine needs more than one round for them.
    while clock.fire_due():
        continue

    assert Occurrence.objects.filter(state="fired").count() == len(tasks)


def test_a_broken_schedule_switches_off_its_own_task_alone() -> None:
    broken = moved(due_task(schedule="every 1 hour"), schedule="never ever")
    well = due_task(mode="notify")

    broken, well = fire(broken), fire(well)

    assert well.status == TaskStatus.SUCCEEDED
    assert (broken.enabled, broken.next_due_at, states(broken)) == (False, None, ["blocked"])
    (message,) = said(broken)
    assert "cannot be read" in message.text
    assert message.payload == {"paused": True}


def test_a_task_whose_workflow_is_gone_says_so_and_has_failed() -> None:
    workflow = make_workflow({"key": "one"})
    task = due_task(owner=workflow.owner, mode="run_workflow", text="", workflow=str(workflow.pk))

    task = fire(moved(task, workflow=None))

    assert (task.status, states(task)) == (TaskStatus.FAILED, ["blocked"])
    assert "workflow was deleted" in said(task)[-1].text


def test_an_unforeseen_error_of_one_task_is_contained(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(firing, "STARTS", {**firing.STARTS, Mode.PROMPT_AGENT: fail})

    task, other = fire(due_task(schedule="every 1 hour")), fire(due_task(mode="notify"))

    assert (task.enabled, other.status) == (False, TaskStatus.SUCCEEDED)
    assert "ZeroDivisionError" in task.last_error
    assert Message.objects.filter(task_id=task.pk, payload__prompt=True).count() == 0
    assert "could not be started" in caplog.text


def test_the_agent_of_the_conversation_works_where_the_task_names_none() -> None:
    owner = make_user()
    agent = make_agent(owner=owner)

    task = fire(due_task(owner=owner, conversation=make_conversation(owner, agent_id=agent.pk).pk))

    assert runs(task)[0].agent == agent


def test_the_clock_wakes_for_whatever_comes_first() -> None:
    early, late = datetime(2100, 1, 1, tzinfo=UTC), datetime(2100, 1, 2, tzinfo=UTC)
    task = moved(make_task(), next_due_at=late)
    assert clock.next_wake() == late

    Occurrence.objects.create(task=task, due_at=early, not_before=early, state=OccurrenceState.QUEUED)

    assert clock.next_wake() == early


@pytest.mark.django_db(transaction=True)
def test_of_two_clocks_one_does_it() -> None:
    owner = make_user()
    tasks = [due_task(owner=owner, mode="notify") for _ in range(30)]
    clocks = [threading.Thread(target=tick_once) for _ in range(4)]

    for thread in clocks:
        thread.start()
    for thread in clocks:
        thread.join()

    assert Message.objects.filter(payload__reminder=True).count() == len(tasks)
    assert Occurrence.objects.filter(state="fired").count() == len(tasks)


def tick_once() -> None:
    """Be another process's clock."""
    try:
        clock.fire_due()
    finally:
        connection.close()
