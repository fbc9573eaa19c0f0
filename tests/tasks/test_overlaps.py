"""What a due time does while something stands in its way: it waits, is left out or goes ahead, and says why."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from chat import conversations
from tasks import planning
from tasks.models import Occurrence, Task, TaskStatus
from tests.factories import make_conversation, make_run, make_task, make_turn, make_user, make_workflow
from tests.tasks.clockwork import HOUR, due_task, fire, moved, only, put, runs, states
from workflows import engine
from workflows.errors import ConflictError
from workflows.models import RunStatus

pytestmark = pytest.mark.django_db


def again(task: Task, times: int = 1) -> Task:
    """Let so many hours go by, each with a due time of its own."""
    for _ in range(times):
        assert task.next_due_at
        task = fire(task, task.next_due_at + timedelta(seconds=0.1))
    return task


def hourly(**fields: Any) -> Task:
    """A workflow every hour, begun once."""
    workflow = make_workflow({"key": "one"})
    return fire(due_task(owner=workflow.owner, mode="run_workflow", text="", workflow=str(workflow.pk), schedule="every 1 hour", **fields))


def reason(task: Task) -> str:
    """Why the newest due time did not simply happen."""
    return Occurrence.objects.filter(task=task).order_by("-due_at")[0].reason


def test_three_ticks_are_skipped_while_a_run_waits_for_a_person_and_say_why() -> None:
    task = hourly()
    put(task.active_run, RunStatus.WAITING_FOR_USER)

    task = again(task, 3)

    assert states(task) == ["fired", "skipped", "skipped", "skipped"]
    assert set(Occurrence.objects.filter(task=task, state="skipped").values_list("reason", flat=True)) == {
        "The run before it waits for an answer."
    }
    assert len(runs(task)) == 1


def test_one_waits_with_overlap_queue_and_starts_when_the_run_has_ended() -> None:
    task = again(hourly(overlap="queue"), 3)
    assert states(task) == ["fired", "queued", "skipped", "skipped"]

    put(task.active_run, RunStatus.SUCCEEDED)
    task = fire(task)

    assert states(task) == ["fired", "fired", "skipped", "skipped"]
    assert len(runs(task)) == 2


def test_runs_overlap_where_that_is_allowed() -> None:
    task = again(hourly(overlap="allow"), 2)

    assert states(task) == ["fired", "fired", "fired"]
    assert len(runs(task)) == 3


def test_the_newest_replaces_the_run_before_it_once_that_has_ended() -> None:
    task = again(hourly(overlap="replace"), 2)
    (first,) = runs(task)
    assert first.cancel_requested_at
    assert states(task) == ["fired", "skipped", "queued"]

    put(first, RunStatus.CANCELLED)
    task = fire(task, timezone.now() + timedelta(seconds=2))

    assert states(task) == ["fired", "skipped", "fired"]
    assert task.active_run == runs(task)[1]


def test_a_run_that_has_ended_is_in_nobodys_way() -> None:
    task = hourly()
    put(task.active_run, RunStatus.SUCCEEDED)

    assert states(again(task)) == ["fired", "fired"]


def test_what_a_run_started_in_turn_is_in_nobodys_way() -> None:
    task = hourly()
    put(task.active_run, RunStatus.SUCCEEDED)
    make_run(task.conversation, status=RunStatus.RUNNING, task_id=task.pk, parent=runs(task)[0])

    assert states(again(task)) == ["fired", "fired"]


def test_a_prompt_waits_for_a_conversation_that_is_busy() -> None:
    conversation = make_conversation()
    turn = make_turn(conversation)
    task = fire(due_task(owner=conversation.owner, conversation=conversation.pk))
    assert (only(task).state, only(task).reason) == ("queued", "The conversation is busy.")
    assert (task.status, task.next_due_at) == (TaskStatus.PENDING, None)

    put(turn, RunStatus.SUCCEEDED)
    task = fire(task, timezone.now() + timedelta(seconds=2))

    assert (states(task), task.status) == (["fired"], TaskStatus.RUNNING)


def test_a_prompt_does_not_wait_for_a_turn_that_waits_for_an_answer() -> None:
    conversation = make_conversation()
    put(make_turn(conversation), RunStatus.WAITING_FOR_USER)

    task = fire(due_task(owner=conversation.owner, conversation=conversation.pk))

    assert states(task) == ["fired"]


def test_a_reminder_waits_for_nobody() -> None:
    turn = make_turn()

    task = fire(due_task(owner=turn.owner, conversation=turn.conversation.pk, mode="notify"))

    assert states(task) == ["fired"]


@pytest.mark.parametrize(
    ("overlap", "expected"), [("skip", ["queued", "skipped"]), ("allow", ["queued", "queued"]), ("replace", ["skipped", "queued"])]
)
def test_in_a_busy_conversation_due_times_do_not_pile_up(overlap: str, expected: list[str]) -> None:
    turn = make_turn()
    task = fire(due_task(owner=turn.owner, conversation=turn.conversation.pk, schedule="every 1 hour", overlap=overlap))

    assert states(again(task)) == expected


def test_of_those_that_wait_the_oldest_goes_first() -> None:
    turn = make_turn()
    task = fire(due_task(owner=turn.owner, conversation=turn.conversation.pk, schedule="every 1 hour", overlap="allow"))
    task = again(task)
    put(turn, RunStatus.SUCCEEDED)

    task = fire(task, timezone.now() + 2 * HOUR)

    assert states(task)[:2] == ["fired", "queued"]


def test_a_task_waits_until_what_it_depends_on_has_succeeded() -> None:
    owner = make_user()
    first = make_task(owner, mode="notify")
    second = fire(due_task(owner=owner, mode="notify", depends_on=[first.pk]))
    assert (only(second).state, only(second).reason) == ("queued", f"It waits for “{first}”.")

    fire(moved(first, next_due_at=timezone.now()))
    second = fire(second, timezone.now() + timedelta(minutes=1))

    assert (second.status, only(second).reason) == (TaskStatus.SUCCEEDED, "")


@pytest.mark.parametrize("status", [RunStatus.FAILED, RunStatus.CANCELLED])
def test_a_task_is_blocked_when_what_it_depends_on_did_not_succeed(status: RunStatus) -> None:
    owner = make_user()
    first = fire(due_task(owner=owner))
    second = fire(due_task(owner=owner, depends_on=[first.pk]))

    put(first.active_run, status)
    second = fire(second, timezone.now() + timedelta(seconds=1))

    assert (second.status, only(second).state) == (TaskStatus.FAILED, "blocked")
    assert str(first) in second.last_error


def test_a_task_waits_for_the_end_of_the_turn_that_made_it() -> None:
    turn = make_turn()
    task = moved(due_task(owner=turn.owner, conversation=turn.conversation.pk, mode="notify"), created_in=turn, anchor=None)
    assert only(fire(task)).reason == "The turn that scheduled it is not over."

    put(turn, RunStatus.SUCCEEDED)
    task = fire(task, timezone.now() + timedelta(seconds=0.1))

    assert (states(task), task.anchor) == (["fired"], turn.asked_seq)


def test_a_task_waits_half_a_minute_at_most_for_the_turn_that_made_it() -> None:
    turn = make_turn()
    task = moved(due_task(owner=turn.owner, conversation=turn.conversation.pk, mode="notify"), created_in=turn, anchor=None)

    fire(task)
    task = fire(task, timezone.now() + timedelta(seconds=31))

    assert states(task) == ["fired"]


def test_run_by_hand_happens_now_and_leaves_the_next_time_alone() -> None:
    task = make_task(mode="notify", schedule="every 1 hour")
    planned = task.next_due_at

    planning.run_now(task, by=task.owner)
    task = fire(task)

    assert only(task).by_hand
    assert (states(task), task.next_due_at) == (["fired"], planned)


def test_a_paused_task_can_be_run_by_hand() -> None:
    task = make_task(mode="notify")
    planning.pause(task, by=task.owner)

    planning.run_now(task, by=task.owner)

    assert fire(task).status == TaskStatus.SUCCEEDED


def test_what_waits_is_cancelled_with_its_task() -> None:
    turn = make_turn()
    task = fire(due_task(owner=turn.owner, conversation=turn.conversation.pk))
    Task.objects.filter(pk=task.pk).update(status=TaskStatus.CANCELLED)

    task = fire(task, timezone.now() + timedelta(seconds=2))

    assert (only(task).state, only(task).reason) == ("cancelled", "The task has ended: it is cancelled.")


def test_what_has_failed_is_not_deleted_with_its_conversation_while_others_wait_for_it() -> None:
    owner = make_user()
    first = make_task(owner)
    planning.cancel(first, by=owner)
    make_task(owner, title="Publish", depends_on=[first.pk])

    with pytest.raises(ConflictError, match="“Publish”"):
        conversations.delete(first.conversation)


def test_what_depends_on_a_reminder_goes_on_as_soon_as_it_was_said() -> None:
    owner = make_user()
    first = make_task(owner, mode="notify")
    second = fire(due_task(owner=owner, mode="notify", depends_on=[first.pk]))

    fire(moved(first, next_due_at=timezone.now()))

    assert fire(second).status == TaskStatus.SUCCEEDED


def test_a_continuous_task_that_waits_has_no_other_due_time() -> None:
    turn = make_turn()
    task = moved(due_task(owner=turn.owner, conversation=turn.conversation.pk, schedule="every 1 hour"), schedule="", continuous=True)
    task = fire(task)
    assert (states(task), task.next_due_at) == (["queued"], None)

    put(turn, RunStatus.SUCCEEDED)

    assert states(fire(task, timezone.now() + timedelta(seconds=2))) == ["fired"]


def test_the_end_of_a_turn_lets_a_prompt_be_looked_at_at_once(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    turn = make_turn()
    task = fire(due_task(timedelta(seconds=50), owner=turn.owner, conversation=turn.conversation.pk))
    assert (only(task).not_before or timezone.now()) > timezone.now() + timedelta(seconds=5)

    with django_capture_on_commit_callbacks(execute=True):
        engine.cancel(turn, by=turn.owner)

    assert states(fire(task)) == ["fired"]
