"""After a downtime every due time has its row: the newest happens, and the task's own policy decides about the others."""

import time
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart

from tasks import clock, settling
from tasks.misfires import MOST_MADE_UP, MOST_ROWS
from tasks.models import Occurrence, Task, TaskStatus
from tests.factories import make_user, make_workflow
from tests.tasks.clockwork import HOUR, MINUTE, due_task, fire, moved, only, put, runs, said, states
from workflows.llm.offline import latest_reminder
from workflows.models import RunStatus

pytestmark = pytest.mark.django_db
# Too late to be simply late.
LONG_AGO = timedelta(minutes=5)


def missed(policy: str, late: timedelta = LONG_AGO, downtime: timedelta = 2 * HOUR, **fields: Any) -> Task:
    """A reminder every ten minutes, after a downtime that ended so long after the newest due time."""
    task = due_task(mode="notify", schedule="every 10 minutes", misfire=policy, **fields)
    newest = timezone.now() - late
    return moved(task, starts_at=newest - downtime, next_due_at=newest - downtime + 10 * MINUTE)


def late_hours(task: Task) -> Task:
    """Let all be made up for, with time enough between."""
    for _ in range(2 * MOST_MADE_UP):
        wake = clock.next_wake()
        if not Occurrence.objects.filter(task=task, state="queued").exists():
            break
        assert wake
        task = fire(task, wake)
    return task


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("latest", ["coalesced"] * 11 + ["fired"]), ("all", ["missed"] * 2 + ["fired"] * 10), ("none", ["missed"] * 12)],
)
def test_two_hours_down(policy: str, expected: list[str]) -> None:
    task = late_hours(fire(missed(policy)))

    assert states(task) == expected
    assert len([message for message in said(task) if message.payload.get("reminder")]) == expected.count("fired")
    assert all(Occurrence.objects.filter(task=task).exclude(state="fired").values_list("reason", flat=True))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("latest", ["coalesced"] * 11 + ["fired"]), ("all", ["missed"] + ["queued"] * 10 + ["fired"]), ("none", ["missed"] * 11 + ["fired"])],
)
def test_the_newest_happens_at_once_when_it_is_at_most_a_minute_old(policy: str, expected: list[str]) -> None:
    assert states(fire(missed(policy, late=timedelta(seconds=55)))) == expected


def test_nothing_older_than_the_grace_is_made_up_for() -> None:
    task = fire(missed("latest", grace_seconds=60))

    assert states(task) == ["missed"] * 12
    assert task.next_due_at
    assert task.next_due_at > timezone.now()


def test_what_was_missed_is_said_once_in_plain_words() -> None:
    task = fire(missed("none"))

    (message,) = said(task)
    assert message.payload == {"missed": 12}
    assert "missed 12 times" in message.text
    assert message.reply_to == task.anchor


def test_what_is_merged_into_one_that_happens_is_no_news() -> None:
    task = fire(missed("latest", late=timedelta(seconds=5)))

    assert [message.payload for message in said(task)] == [{"reminder": True}]


def test_times_that_the_clock_met_a_little_late_are_merged_and_not_called_missed() -> None:
    task = due_task(mode="notify", schedule="every 10 seconds", time_zone="UTC")
    newest = timezone.now()
    task = fire(moved(task, starts_at=newest - MINUTE, next_due_at=newest - timedelta(seconds=10)), newest + timedelta(seconds=1))

    merged = Occurrence.objects.get(task=task, state="coalesced")
    assert merged.reason == f"The clock was late: it is merged into the one of {newest:%H:%M:%S}."


def test_what_is_made_up_for_says_so_though_it_had_to_wait_for_others() -> None:
    task = fire(due_task(HOUR, mode="notify", text="Tea!", time_zone="UTC"))
    Occurrence.objects.update(reason="Another task is made up for at this moment.")

    task = late_hours(task)

    row, (message,) = only(task), said(task)
    assert (row.state, row.reason) == ("fired", "Nothing was running at that time: it is made up for.")
    assert message.text.startswith("Tea!\n\n(This was due ")
    assert message.text.endswith(f"at {f'{row.due_at:%H:%M:%S}'.removesuffix(':00')}; nothing was running then.)")
    again: list[ModelMessage] = [ModelRequest.user_text_prompt("[A reminder was due.]"), ModelResponse([TextPart(message.text)])]
    assert latest_reminder(again) == "Tea!"
    assert message.payload["reminder"]
    assert 3590 < message.payload["late_s"] < 3700
    assert message.payload["due"].startswith(f"{row.due_at:%Y-%m-%dT%H:%M:%S}")


def test_times_that_are_made_up_for_are_spread_for_each_owner() -> None:
    owner = make_user()
    for _ in range(3):
        fire(missed("latest", owner=owner))
    fire(missed("latest"))

    starts = [row.not_before for row in Occurrence.objects.filter(state="queued", task__owner=owner).order_by("not_before")]

    assert all(later - earlier >= timedelta(seconds=2) for earlier, later in pairwise(starts) if earlier and later)
    assert len(starts) == 3


def test_runs_that_are_made_up_for_happen_one_after_the_other() -> None:
    workflow = make_workflow({"key": "one"})
    task = due_task(owner=workflow.owner, mode="run_workflow", text="", workflow=str(workflow.pk), schedule="every 1 hour", misfire="all")
    task = fire(moved(task, starts_at=timezone.now() - 4.5 * HOUR, next_due_at=timezone.now() - 3.5 * HOUR))

    task = fire(task, timezone.now() + 10 * MINUTE)
    assert states(task) == ["fired", "queued", "queued", "queued"]
    put(task.active_run, RunStatus.SUCCEEDED)
    task = fire(task, timezone.now() + 20 * MINUTE)

    assert states(task) == ["fired", "fired", "queued", "queued"]
    assert len(runs(task)) == 2


def test_ten_years_of_seconds_are_counted_at_once() -> None:
    task = due_task(mode="notify", schedule="1")
    years, then = timedelta(days=3650), timezone.now() - timedelta(days=3650)
    task = moved(task, starts_at=then, next_due_at=then + timedelta(seconds=1))
    begun = time.monotonic()

    task = fire(task)

    rows = Occurrence.objects.filter(task=task)
    shared = rows.get(count__gt=1)
    assert rows.count() == MOST_ROWS + 1
    assert shared.until
    assert (shared.until - shared.due_at).total_seconds() == shared.count - 1
    assert rows.aggregate(n=Sum("count"))["n"] in (years.total_seconds(), years.total_seconds() + 1)
    assert time.monotonic() - begun < 5


def test_years_of_a_cron_expression_are_counted_at_once() -> None:
    task = due_task(mode="notify", schedule="* * * * *", time_zone="Europe/Berlin")
    begun, down = timezone.now().replace(second=0, microsecond=0), timedelta(days=3 * 365)
    task = fire(moved(task, next_due_at=begun - down), begun + timedelta(seconds=1))

    assert Occurrence.objects.filter(task=task).aggregate(n=Sum("count"))["n"] == down / MINUTE + 1


@pytest.mark.parametrize(
    ("policy", "late", "status"), [("latest", HOUR, "succeeded"), ("none", HOUR, "failed"), ("latest", 25 * HOUR, "failed")]
)
def test_a_task_that_happens_once(policy: str, late: timedelta, status: str) -> None:
    task = late_hours(fire(due_task(late, mode="notify", misfire=policy)))

    assert task.status == status
    assert bool(task.last_error) == (status == "failed")


def test_a_missed_task_blocks_those_that_depend_on_it() -> None:
    owner = make_user()
    first = due_task(HOUR, owner=owner, mode="notify", misfire="none")
    second = due_task(owner=owner, mode="notify", depends_on=[first.pk])

    fire(first)
    fire(second)

    assert (only(second).state, TaskStatus(fire(second).status)) == ("blocked", TaskStatus.FAILED)


def test_a_time_that_its_schedule_does_not_have_happens_too() -> None:
    task = due_task(mode="notify", schedule="0 9 1 1 *")
    task = fire(moved(task, next_due_at=timezone.now() - timedelta(seconds=1)))

    assert states(task) == ["fired"]


def test_a_paused_task_misses_nothing() -> None:
    task = moved(missed("all"), enabled=False)

    settling.repair()

    assert states(fire(task)) == []


def test_nothing_is_made_up_for_while_a_run_waits_for_a_person_and_others_are_skipped() -> None:
    workflow = make_workflow({"key": "one"})
    task = due_task(owner=workflow.owner, mode="run_workflow", text="", workflow=str(workflow.pk), schedule="every 1 hour")
    task = fire(task)
    put(task.active_run, RunStatus.WAITING_FOR_USER)

    task = late_hours(fire(task, timezone.now() + 3 * HOUR + LONG_AGO))

    assert states(task) == ["fired", "coalesced", "coalesced", "skipped"]
