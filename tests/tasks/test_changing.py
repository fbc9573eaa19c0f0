"""Changes of tasks: what they keep of a due time that waits, and what they refuse."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tasks import planning
from tasks.drafts import Changes
from tasks.models import Occurrence, OccurrenceState, Task
from tests.factories import make_run, make_user
from tests.tasks.test_planning import NOW, add
from workflows.errors import InvalidError, NotAllowedError
from workflows.models import Run, RunStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_user("owner")


def waiting_once(owner: User) -> Task:
    """A task that has come due a minute ago and waits for another one."""
    task = add(owner, text="Then", depends_on=[add(owner).pk])
    at = timezone.now() - timedelta(minutes=1)
    Task.objects.filter(pk=task.pk).update(run_at=at, next_due_at=None)
    Occurrence.objects.create(task=task, due_at=at, state=OccurrenceState.QUEUED, not_before=at)
    return task


@pytest.mark.parametrize("change", [{"time_zone": "Asia/Tokyo"}, {"enabled": True}])
def test_a_change_that_keeps_the_instant_keeps_what_waits(owner: User, change: dict[str, Any]) -> None:
    task = waiting_once(owner)

    changed = planning.update(task, Changes(**change), by=owner)

    assert (changed.next_due_at, Occurrence.objects.get(task=task).state) == (None, OccurrenceState.QUEUED)


def test_enabled_is_changed_by_the_rules_of_pause_and_resume(owner: User) -> None:
    late, daily = waiting_once(owner), add(owner, delay_minutes=None, schedule="daily@09:00")
    paused = planning.update(late, Changes(enabled=False), by=owner)
    Task.objects.filter(pk=daily.pk).update(enabled=False, failures=5, paused_because="It failed 5 times in a row.")

    assert (paused.paused_because, Occurrence.objects.get(task=late).state) == ("owner paused it.", OccurrenceState.CANCELLED)
    with pytest.raises(InvalidError, match="Its time passed while it was paused"):
        planning.update(late, Changes(enabled=True), by=owner)
    resumed = planning.update(daily, Changes(enabled=True), by=owner)
    assert (resumed.failures, resumed.paused_because, bool(resumed.next_due_at)) == (0, "", True)
    assert planning.update(late, Changes(enabled=True, delay_hours=1), by=owner).next_due_at


def test_an_instant_that_was_cancelled_waits_again_in_its_row(owner: User) -> None:
    task = add(owner)
    Occurrence.objects.create(task=task, due_at=NOW, state=OccurrenceState.CANCELLED)

    changed = planning.update(task, Changes(run_at=NOW.isoformat()), by=owner, now=NOW)

    row = Occurrence.objects.get(task=task)
    assert (changed.next_due_at, row.state, row.not_before) == (None, OccurrenceState.QUEUED, NOW)


def test_a_task_with_an_open_run_goes_on_recurring(owner: User) -> None:
    task = add(owner, delay_minutes=None, schedule="daily@09:00")
    run = make_run(task.conversation, status=RunStatus.RUNNING, task_id=task.pk)
    Task.objects.filter(pk=task.pk).update(active_run=run)

    with pytest.raises(NotAllowedError, match="A run of this task is not over"):
        planning.update(task, Changes(delay_hours=1), by=owner)
    Run.objects.filter(pk=run.pk).update(status=RunStatus.SUCCEEDED, finished_at=NOW)
    assert planning.update(task, Changes(delay_hours=1), by=owner).active_run is None


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"time_zone": None}, "time_zone", "Give a time zone such as Europe/Berlin."),
        ({"time_zone": ""}, "time_zone", "Give a time zone such as Europe/Berlin."),
        ({"schedule": None, "time_zone": "UTC"}, "schedule", "Give a schedule, or a time at which it happens once."),
        ({"run_at": None}, "run_at", "Give a schedule, or a time at which it happens once."),
    ],
)
def test_a_change_leaves_a_task_its_time(owner: User, change: dict[str, Any], field: str, sentence: str) -> None:
    task = add(owner, delay_minutes=None, schedule="daily@09:00")

    with pytest.raises(InvalidError) as refused:
        planning.update(task, Changes(**change), by=owner)

    assert refused.value.fields == {field: sentence}


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        (planning.pause, "The task was paused."),
        (planning.cancel, "The task was cancelled."),
        (lambda task, by: planning.update(task, Changes(schedule="daily@09:00"), by=by), "The task was changed."),
        (lambda task, by: planning.update(task, Changes(enabled=False), by=by), "The task was changed."),
    ],
)
def test_times_that_passed_while_no_clock_looked_are_not_forgotten(owner: User, what: Any, reason: str) -> None:
    task, now = add(owner, delay_minutes=None, schedule="every 1 hour"), timezone.now()
    Task.objects.filter(pk=task.pk).update(starts_at=now - timedelta(hours=5), next_due_at=now - timedelta(hours=2))

    what(task, by=owner)

    rows = Occurrence.objects.filter(task=task)
    assert {(row.state, row.reason) for row in rows} == {(OccurrenceState.CANCELLED, reason)}
    assert rows.count() == 3
