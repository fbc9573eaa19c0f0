"""A task follows its runs, whoever ends them, and what was lost between two processes is found again."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from tasks import planning, settling
from tasks.models import Occurrence, Task, TaskStatus
from tests.factories import make_run, make_task, make_turn, make_user, make_workflow
from tests.tasks.clockwork import HOUR, due_task, fire, moved, put, runs, said, states
from workflows import engine
from workflows.ledger import end_run
from workflows.models import Run, RunStatus

pytestmark = pytest.mark.django_db


def hourly(**fields: Any) -> Task:
    """A workflow every hour, begun once."""
    workflow = make_workflow({"key": "one"})
    return fire(due_task(owner=workflow.owner, mode="run_workflow", text="", workflow=str(workflow.pk), schedule="every 1 hour", **fields))


def fail(task: Task, times: int) -> Task:
    """Let so many runs of a task fail, one after the other."""
    for number in range(times):
        while task.active_run is None:
            assert task.next_due_at
            task = fire(task, task.next_due_at)
        put(task.active_run, RunStatus.FAILED, f"It broke, the {number + 1}. time.")
        task.refresh_from_db()
    return task


@pytest.mark.parametrize(
    ("run", "task"),
    [
        (RunStatus.RUNNING, TaskStatus.RUNNING),
        (RunStatus.WAITING_FOR_USER, TaskStatus.WAITING_FOR_USER),
        (RunStatus.SUCCEEDED, TaskStatus.SUCCEEDED),
        (RunStatus.FAILED, TaskStatus.FAILED),
        (RunStatus.CANCELLED, TaskStatus.CANCELLED),
    ],
)
def test_a_task_that_happens_once_stands_as_its_run_does(run: RunStatus, task: TaskStatus) -> None:
    found = fire(due_task())

    put(found.active_run, run, "It broke." if run == RunStatus.FAILED else "")

    found.refresh_from_db()
    assert found.status == task
    assert found.last_error == ("It broke." if run == RunStatus.FAILED else "")


def test_an_ended_run_settles_its_task_when_that_is_committed(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    task = fire(due_task())
    assert task.active_run

    with django_capture_on_commit_callbacks(execute=True):
        engine.cancel(task.active_run, by=task.owner)

    assert Task.objects.get(pk=task.pk).status == TaskStatus.CANCELLED


def test_the_failure_is_told_as_an_answer_to_the_promise() -> None:
    task = fire(due_task())
    assert task.active_run
    Run.objects.filter(pk=task.active_run.pk).update(status=RunStatus.RUNNING)

    end_run(task.active_run.pk, RunStatus.FAILED, error="It broke.")

    told = [message for message in said(task) if message.kind == "error"]
    assert [(message.text, message.reply_to) for message in told] == [("It broke.", task.anchor)]


def test_after_five_failures_in_a_row_a_task_is_paused_and_says_so_once() -> None:
    task = fail(hourly(), 5)

    assert (task.enabled, task.next_due_at, task.failures) == (False, None, 5)
    (message,) = [message for message in said(task) if message.payload.get("paused")]
    assert "failed 5 times in a row" in message.text
    assert "the 5. time" in message.text


def test_a_success_between_failures_begins_the_count_anew() -> None:
    task = fail(hourly(), 4)
    assert task.next_due_at
    task = fire(task, task.next_due_at)

    put(task.active_run, RunStatus.SUCCEEDED)
    task = fail(fire(task), 1)

    assert (task.enabled, task.failures) == (True, 1)


def test_a_resumed_task_has_five_failures_again() -> None:
    task = fail(hourly(), 5)
    planning.resume(task, by=task.owner)
    task.refresh_from_db()

    assert fail(task, 4).enabled
    task.refresh_from_db()
    assert not fail(task, 1).enabled


def test_a_failure_is_counted_once_however_often_it_is_settled() -> None:
    task = hourly()
    failed = task.active_run
    assert failed
    put(failed, RunStatus.FAILED, "It broke.")

    for _ in range(3):
        settling.settle_run(failed.pk)

    task.refresh_from_db()
    assert task.failures == 1


def test_runs_that_overlap_are_counted_each() -> None:
    task = hourly(overlap="allow")
    assert task.next_due_at
    task = fire(task, task.next_due_at)
    first, second = runs(task)

    put(second, RunStatus.FAILED, "The second broke.")
    put(first, RunStatus.FAILED, "The first broke.")

    task.refresh_from_db()
    assert (task.failures, task.last_error, task.active_run) == (2, "The second broke.", None)


def test_a_continuous_task_is_due_again_after_the_end_of_its_run(settings: Settings) -> None:
    settings.AGENTRON_MIN_INTERVAL = 10
    task = fire(moved(hourly(), schedule="", continuous=True, active_run=None, next_due_at=timezone.now(), overlap="allow"))
    assert not task.next_due_at

    for run in runs(task):
        put(run, RunStatus.SUCCEEDED)

    due = Task.objects.get(pk=task.pk).next_due_at
    assert due
    assert timedelta(seconds=8) < due - timezone.now() <= timedelta(seconds=10)


def test_a_continuous_task_that_is_resumed_while_it_is_at_work_waits_for_the_end_of_that() -> None:
    task = fire(moved(hourly(), schedule="", continuous=True, active_run=None, next_due_at=timezone.now(), overlap="allow"))
    assert task.active_run

    planning.pause(task, by=task.owner)
    assert planning.resume(task, by=task.owner).next_due_at is None

    for run in runs(task):
        put(run, RunStatus.SUCCEEDED)
    assert Task.objects.get(pk=task.pk).next_due_at


def test_a_continuous_task_with_an_interval_waits_for_that_long() -> None:
    workflow = make_workflow({"key": "one"})
    task = due_task(owner=workflow.owner, mode="run_workflow", text="", workflow=str(workflow.pk), schedule="every 1 hour")
    task = fire(moved(task, continuous=True))

    put(task.active_run, RunStatus.FAILED, "It broke.")

    task.refresh_from_db()
    assert task.next_due_at
    assert HOUR - timedelta(seconds=5) < task.next_due_at - timezone.now() <= HOUR


@pytest.mark.parametrize("status", [RunStatus.SUCCEEDED, RunStatus.WAITING_FOR_USER])
def test_repair_finds_the_end_of_a_run_that_nobody_told_of(status: RunStatus) -> None:
    task = fire(due_task())
    Run.objects.filter(task_id=task.pk).update(status=status, finished_at=timezone.now())

    assert settling.repair() == 1

    task.refresh_from_db()
    assert task.status == status.value
    assert settling.repair() == 0


def test_repair_gives_a_recurring_task_its_lost_due_time() -> None:
    task = moved(make_task(schedule="every 1 hour"), next_due_at=None)

    settling.repair()

    task.refresh_from_db()
    assert task.next_due_at
    assert task.next_due_at > timezone.now()


def test_repair_pauses_what_the_clock_would_pass_over_for_ever() -> None:
    task = moved(due_task(), next_due_at=None)
    assert task.run_at
    Occurrence.objects.create(task=task, due_at=task.run_at, state="cancelled")

    assert (settling.repair(), settling.repair()) == (1, 0)

    assert "run it now, or give it another time" in said(task)[-1].text


def test_repair_leaves_alone_what_is_well() -> None:
    turn = make_turn()
    make_task(mode="notify")
    planning.pause(make_task(schedule="every 1 hour"), by=make_user())
    hourly()
    fire(due_task(owner=turn.owner, conversation=turn.conversation.pk))

    assert settling.repair() == 0


def test_a_task_whose_run_was_deleted_has_failed() -> None:
    task = fire(due_task())
    Run.objects.filter(task_id=task.pk).delete()

    settling.settle_orphans()

    task.refresh_from_db()
    assert (task.status, task.last_error) == (TaskStatus.FAILED, "Its run was deleted.")


def test_all_runs_of_a_cancelled_task_are_stopped() -> None:
    task = hourly(overlap="allow")
    assert task.next_due_at
    task = fire(task, task.next_due_at)

    planning.cancel(task, by=task.owner)
    settling.settle(task.pk)

    assert not Run.objects.filter(task_id=task.pk, cancel_requested_at=None).exists()


def test_the_retry_of_a_run_whose_task_has_ended_may_ask_and_go_on() -> None:
    task = due_task()
    put(fire(task).active_run, RunStatus.FAILED, "It broke.")
    (run,) = runs(task)

    again = engine.retry(run, by=task.owner)
    put(again, RunStatus.WAITING_FOR_USER)

    again.refresh_from_db()
    assert again.cancel_requested_at is None


def test_a_retry_of_its_run_counts_as_its_own() -> None:
    task = fail(hourly(), 1)
    again = make_run(task.conversation, status=RunStatus.RUNNING, task_id=task.pk)
    settling.settle(task.pk)
    task.refresh_from_db()
    assert task.active_run == again

    put(again, RunStatus.SUCCEEDED)

    task.refresh_from_db()
    assert (task.failures, states(task)) == (0, ["fired"])
