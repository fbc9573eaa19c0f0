"""The runs of a workflow that runs by itself: where they report, and how they stand in each other's way."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tasks.models import OccurrenceState, Task, TaskStatus
from tests.factories import start_run
from tests.tasks.clockwork import fire, moved, put, runs, states
from tests.tasks.mirrored import change, make_scheduled, task_of
from workflows import queue
from workflows.models import Run, RunStatus, Workflow

pytestmark = pytest.mark.django_db


def due_again(workflow: Workflow) -> Task:
    """Its task, after a clock has seen to the next due time."""
    return fire(moved(task_of(workflow), next_due_at=timezone.now()))


def test_the_runs_of_a_schedule_report_in_one_conversation_and_carry_its_task() -> None:
    workflow = make_scheduled(overlap="allow")

    due_again(workflow)
    task = due_again(workflow)

    assert {(run.workflow, run.conversation, run.trigger) for run in runs(task)} == {(workflow, task.conversation, "schedule")}
    assert len(runs(task)) == 2


def test_runs_that_overlap_wait_in_line_where_the_workflow_takes_one_at_a_time() -> None:
    workflow = make_scheduled(overlap="allow")
    due_again(workflow)
    due_again(workflow)

    assert [len(queue.within_caps(Run.objects.ready())), states(task_of(workflow))] == [1, ["fired", "fired"]]


def test_a_due_time_is_left_out_while_a_run_waits_for_a_person() -> None:
    workflow = make_scheduled()
    put(runs(due_again(workflow))[0], RunStatus.WAITING_FOR_USER)

    task = due_again(workflow)

    left_out = task.occurrences.get(state=OccurrenceState.SKIPPED)
    assert (len(runs(task)), left_out.reason) == (1, "The run before it waits for an answer.")


def test_a_run_by_hand_is_no_run_of_the_schedule() -> None:
    workflow = make_scheduled()
    start_run(workflow)

    assert states(due_again(workflow)) == ["fired"]


def test_what_is_at_work_goes_on_when_its_workflow_stops_running_by_itself() -> None:
    workflow = make_scheduled()
    run = runs(due_again(workflow))[0]
    change(workflow, execution_mode="manual")

    put(run, RunStatus.WAITING_FOR_USER)

    run.refresh_from_db()
    assert (run.cancel_requested_at, task_of(workflow).status) == (None, TaskStatus.CANCELLED)


def test_the_next_run_of_a_continuous_workflow_is_due_when_the_one_before_has_ended() -> None:
    workflow = make_scheduled(execution_mode="continuous", schedule="every 5 minutes")
    task = due_again(workflow)
    assert task.next_due_at is None

    change(workflow, schedule="every 10 minutes")
    put(runs(task)[0], RunStatus.SUCCEEDED)

    ended = Run.objects.get().finished_at
    assert ended is not None
    assert task_of(workflow).next_due_at == ended + timedelta(minutes=10)
