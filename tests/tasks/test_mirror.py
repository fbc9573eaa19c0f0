"""A workflow's own schedule and the one task that carries it out."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from chat.models import Conversation, Message
from tasks import mirror, planning, reading
from tasks.drafts import Changes
from tasks.models import Occurrence, OccurrenceState, Task, TaskStatus
from tasks.templatetags.workflow_schedule import schedule_of
from tests.factories import make_conversation, make_run, make_user, make_workflow
from tests.tasks.mirrored import change, make_scheduled, task_of
from workflows import editing
from workflows.errors import ConflictError, NotAllowedError
from workflows.models import RunStatus, Workflow

pytestmark = pytest.mark.django_db


def waiting(task: Task) -> Occurrence:
    return Occurrence.objects.create(task=task, due_at=timezone.now(), state=OccurrenceState.QUEUED, not_before=timezone.now())


def test_a_workflow_that_only_people_run_has_no_task() -> None:
    make_workflow({"key": "write"})

    assert not Task.objects.exists()


def test_a_scheduled_workflow_has_one_task_in_a_conversation_of_its_own() -> None:
    workflow = make_scheduled(overlap="queue", misfire="all", grace_seconds=60)

    task = task_of(workflow)
    assert (task.owner, task.title, task.workflow, task.mode) == (workflow.owner, workflow.name, workflow, "run_workflow")
    assert (task.schedule, task.time_zone, task.overlap, task.misfire, task.grace_seconds) == (
        *("every 10 minutes", "Europe/Berlin", "queue", "all"),
        60,
    )
    assert task.next_due_at == task.starts_at + timedelta(minutes=10)
    assert (task.own_conversation, task.conversation.title) == (True, f"Task: {workflow.name}")
    assert Message.objects.get(conversation=task.conversation).seq == task.anchor


def test_the_page_of_a_workflow_knows_that_its_run_waits_for_an_answer() -> None:
    task = task_of(workflow := make_scheduled())
    Task.objects.filter(pk=task.pk).update(active_run=make_run(task.conversation, status="waiting_for_user"))

    assert schedule_of(workflow)["waits"]


def test_without_a_zone_the_schedule_keeps_to_the_one_that_its_owner_has_now() -> None:
    workflow = make_scheduled(schedule="daily@09:00", time_zone="")

    assert (workflow.time_zone, task_of(workflow).time_zone) == ("UTC", "UTC")


def test_a_workflow_that_goes_again_and_again_is_due_at_once() -> None:
    task = task_of(make_scheduled(execution_mode="continuous", schedule=""))

    assert (task.continuous, task.schedule, task.next_due_at) == (True, "", task.starts_at)


@pytest.mark.parametrize(
    "fields", [{"description": "Better"}, {"overlap": "allow"}, {"steps": [{"key": "b", "agent": "x", "prompt": "y"}]}]
)
def test_a_change_of_anything_else_leaves_the_next_time(fields: dict[str, Any]) -> None:
    workflow = make_scheduled()
    if "steps" in fields:
        fields = {"steps": [{**fields["steps"][0], "agent": str(workflow.steps.get().agent_id)}]}
    before = task_of(workflow)

    change(workflow, **fields)

    after = task_of(workflow)
    assert (after.pk, after.next_due_at, after.starts_at) == (before.pk, before.next_due_at, before.starts_at)
    assert after.overlap == fields.get("overlap", "skip")


def test_a_change_of_the_schedule_makes_the_old_times_void() -> None:
    workflow = make_scheduled()
    queued = waiting(task_of(workflow))

    change(workflow, schedule="every 2 hours")

    task = task_of(workflow)
    assert task.next_due_at == task.starts_at + timedelta(hours=2)
    queued.refresh_from_db()
    assert (queued.state, queued.reason) == ("cancelled", "The schedule of the workflow was changed.")


def test_a_rename_goes_through_to_the_task_and_its_conversation() -> None:
    workflow = make_scheduled()

    change(workflow, name="Digest")

    task = task_of(workflow)
    assert (task.title, task.conversation.title) == ("Digest", "Task: Digest")


def test_a_rename_leaves_a_conversation_that_somebody_named() -> None:
    workflow = make_scheduled()
    Conversation.objects.update(title="News")

    change(workflow, name="Digest")

    assert task_of(workflow).conversation.title == "News"


def test_a_workflow_that_stops_running_by_itself_keeps_its_history() -> None:
    workflow = make_scheduled()
    queued = waiting(task_of(workflow))

    change(workflow, execution_mode="manual")

    task = task_of(workflow)
    assert (task.status, task.next_due_at, workflow.schedule) == (TaskStatus.CANCELLED, None, "every 10 minutes")
    queued.refresh_from_db()
    assert queued.state == OccurrenceState.CANCELLED


def test_a_workflow_that_is_scheduled_again_goes_on_with_its_task() -> None:
    workflow = make_scheduled()
    before = task_of(workflow)
    planning.pause(before, by=workflow.owner)
    change(workflow, execution_mode="manual")

    change(workflow, execution_mode="schedule")

    task = task_of(workflow)
    assert (task.pk, task.status, task.enabled, task.ended_at) == (before.pk, TaskStatus.PENDING, True, None)
    assert task.next_due_at == task.starts_at + timedelta(minutes=10)


@pytest.mark.parametrize("fields", [{"description": "Better"}, {"schedule": "every 2 hours"}])
def test_a_paused_schedule_stays_paused(fields: dict[str, Any]) -> None:
    workflow = make_scheduled()
    planning.pause(task_of(workflow), by=workflow.owner)

    change(workflow, **fields)

    task = task_of(workflow)
    assert (task.enabled, task.next_due_at) == (False, None)


def test_a_roll_back_brings_the_old_schedule_back() -> None:
    workflow = make_scheduled()
    change(workflow, schedule="daily@09:00")

    editing.roll_back(editing.revision_of(workflow, 1), by=workflow.owner)

    assert task_of(workflow).schedule == "every 10 minutes"


def test_a_deleted_workflow_takes_its_task_with_it() -> None:
    workflow = make_scheduled()

    editing.delete(workflow)

    assert not Task.objects.exists()


def test_a_scheduled_workflow_at_work_is_not_deleted() -> None:
    workflow = make_scheduled()
    make_run(make_conversation(workflow.owner), status=RunStatus.RUNNING, workflow=workflow, lane="run")

    with pytest.raises(ConflictError, match="pause its schedule"):
        editing.delete(workflow)

    assert task_of(workflow).status == TaskStatus.PENDING


def test_a_failure_to_follow_leaves_the_save_and_is_repaired(caplog: pytest.LogCaptureFixture) -> None:
    workflow = make_scheduled()
    with patch("tasks.mirror.follow", side_effect=IntegrityError("no")):
        change(workflow, name="Digest", schedule="daily@09:00")
    assert "Error calling" in caplog.text
    assert (Workflow.objects.get().name, task_of(workflow).schedule) == ("Digest", "every 10 minutes")

    repaired = mirror.repair()

    assert (repaired, mirror.repair()) == (1, 0)
    assert (task_of(workflow).title, task_of(workflow).schedule) == ("Digest", "daily@09:00")


@pytest.mark.parametrize(
    "fields",
    [
        *({"title": "Other"}, {"schedule": "daily@10:00"}, {"time_zone": "Asia/Tokyo"}, {"overlap": "allow"}, {"misfire": "none"}),
        *({"grace_seconds": 1}, {"continuous": True}, {"status": TaskStatus.CANCELLED}),
    ],
)
def test_a_task_that_is_not_as_its_workflow_says_is_repaired(fields: dict[str, Any]) -> None:
    workflow = make_scheduled()
    before = {name: getattr(task_of(workflow), name) for name in fields}
    Task.objects.update(**fields)

    assert mirror.repair() == 1

    assert {name: getattr(task_of(workflow), name) for name in fields} == before


def test_a_missing_task_and_one_too_many_are_repaired() -> None:
    workflow, manual = make_scheduled(), make_scheduled()
    Task.objects.filter(managed_by=workflow).delete()
    Workflow.objects.filter(pk=manual.pk).update(execution_mode="manual")

    assert mirror.repair() == 2

    assert (task_of(workflow).status, task_of(manual).status) == (TaskStatus.PENDING, TaskStatus.CANCELLED)


def test_a_workflow_has_at_most_one_managed_task() -> None:
    workflow = make_scheduled()

    with pytest.raises(IntegrityError), transaction.atomic():
        mirror.begin(workflow, workflow.owner, None, timezone.now())

    assert Task.objects.count() == 1


@pytest.mark.parametrize("verb", ["update", "cancel", "delete"])
def test_a_managed_task_is_changed_where_its_schedule_stands(verb: str) -> None:
    workflow = make_scheduled()
    calls: dict[str, Any] = {
        "update": lambda task: planning.update(task, Changes(title="Mine"), by=workflow.owner),
        "cancel": lambda task: planning.cancel(task, by=workflow.owner),
        "delete": lambda task: planning.delete(task, by=workflow.owner),
    }

    with pytest.raises(NotAllowedError, match=f"schedule of the workflow “{workflow.name}”"):
        calls[verb](task_of(workflow))


def test_a_managed_task_can_be_paused_resumed_and_run() -> None:
    workflow = make_scheduled()
    task, by = task_of(workflow), workflow.owner

    planning.pause(task, by=by)
    planning.resume(task, by=by)
    planning.run_now(task, by=by)

    task.refresh_from_db()
    assert (task.enabled, task.next_due_at is not None, task.occurrences.get().by_hand) == (True, True, True)


def test_the_tasks_of_a_person_tell_which_workflow_manages_them(owner: User) -> None:
    workflow = make_scheduled(owner=owner)

    assert reading.told(reading.listed(owner).get())["managed_by"] == workflow.name
    assert not reading.listed(make_user()).exists()
