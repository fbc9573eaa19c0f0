"""The verbs of tasks: what they make of what was said, and what they refuse."""

import contextlib
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from chat.models import Message
from tasks import planning
from tasks.drafts import Changes, Draft
from tasks.models import Occurrence, OccurrenceState, Task, TaskStatus
from tests.factories import make_conversation, make_run, make_user, make_workflow
from workflows.errors import ConflictError, InvalidError, MissingError, NotAllowedError
from workflows.models import RunStatus

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 30, 22, tzinfo=UTC)


@pytest.fixture
def owner() -> User:
    return make_user()


def add(owner: User, **fields: Any) -> Task:
    """A task that the owner makes through the API."""
    draft = Draft.model_validate({"text": "Stretch", "delay_minutes": 10, **fields})
    return planning.add(draft, owner=owner, via=Message.Via.API).task


def test_a_task_without_a_conversation_gets_its_own(owner: User) -> None:
    task = add(owner, title="Legs")

    assert task.conversation.title == "Task: Legs"
    assert task.conversation.owner == owner


def test_a_task_is_announced_where_it_lives(owner: User) -> None:
    talk = make_conversation(owner)

    task = add(owner, conversation=talk.pk)

    message = Message.objects.get(conversation=talk)
    assert (message.seq, message.task_id, message.user) == (task.anchor, task.pk, owner)


def test_what_a_task_says_answers_its_announcement(owner: User) -> None:
    from chat import log

    task = add(owner)
    message = Message(author="assistant", text="Time to stretch", via="schedule", task_id=task.pk)

    log.post(task.conversation_id, message)

    assert message.reply_to == task.anchor


def test_somebody_elses_conversation_is_like_none(owner: User) -> None:
    with pytest.raises(MissingError, match="There is no conversation"):
        add(owner, conversation=make_conversation().pk)


def test_the_same_task_is_made_once(owner: User) -> None:
    first = planning.add(Draft(text="Stretch", schedule="daily@09:00"), owner=owner, via=Message.Via.API)
    again = planning.add(Draft(text="Stretch", schedule="daily@9:00", title="Other"), owner=owner, via=Message.Via.API)

    assert (first.created, again.created) == (True, False)
    assert first.task == again.task


def test_another_time_makes_another_task(owner: User) -> None:
    add(owner, delay_minutes=None, schedule="daily@09:00")
    add(owner, delay_minutes=None, schedule="daily@21:00")

    assert Task.objects.of(owner).count() == 2


def test_a_task_needs_a_time(owner: User) -> None:
    with pytest.raises(InvalidError, match="provide run_at or at least one delay input"):
        add(owner, delay_minutes=None)


def test_metadata_is_merged(owner: User) -> None:
    task = add(owner, metadata={"priority": "low", "source": "mail"})

    changed = planning.update(task, Changes(metadata={"priority": "high", "new": 1}), by=owner)

    assert changed.metadata == {"priority": "high", "source": "mail", "new": 1}


def test_a_change_keeps_what_it_does_not_name(owner: User) -> None:
    task = add(owner, title="Legs")

    changed = planning.update(task, Changes(text="Stretch longer"), by=owner)

    assert (changed.title, changed.run_at, changed.next_due_at) == ("Legs", task.run_at, task.next_due_at)


def test_a_new_time_makes_the_old_one_void(owner: User) -> None:
    task = add(owner)

    changed = planning.update(task, Changes(delay_hours=1), by=owner, now=NOW)

    assert changed.next_due_at == NOW + timedelta(hours=1)


def test_a_schedule_can_move_to_another_zone(owner: User) -> None:
    task = add(owner, delay_minutes=None, schedule="daily@09:00", time_zone="Europe/Berlin")

    changed = planning.update(task, Changes(time_zone="Asia/Tokyo"), by=owner, now=NOW)

    assert (changed.schedule, changed.next_due_at) == ("daily@09:00", datetime(2026, 3, 31, 0, tzinfo=UTC))


def test_a_new_schedule_keeps_its_zone(owner: User) -> None:
    task = add(owner, delay_minutes=None, schedule="daily@09:00", time_zone="Asia/Tokyo")

    changed = planning.update(task, Changes(schedule="daily@10:00"), by=owner, now=NOW)

    assert changed.next_due_at == datetime(2026, 3, 31, 1, tzinfo=UTC)


def test_a_title_follows_the_text_it_was_made_from(owner: User) -> None:
    task = planning.update(add(owner), Changes(text="Stretch longer"), by=owner)

    assert task.title == "Stretch longer"


def test_only_a_pending_task_can_be_changed(owner: User) -> None:
    task = add(owner)
    Task.objects.update(status=TaskStatus.RUNNING)

    with pytest.raises(NotAllowedError, match="is running"):
        planning.update(task, Changes(text="Other"), by=owner)


def test_cancelling_a_task_cancels_its_run(owner: User) -> None:
    task = add(owner)
    run = make_run(task.conversation, status=RunStatus.QUEUED, task_id=task.pk)
    Task.objects.update(status=TaskStatus.RUNNING, active_run=run)

    cancelled = planning.cancel(task, by=owner)

    run.refresh_from_db()
    assert (cancelled.status, run.status) == (TaskStatus.CANCELLED, RunStatus.CANCELLED)


def test_a_task_is_cancelled_once(owner: User) -> None:
    task = planning.cancel(add(owner), by=owner)

    with pytest.raises(NotAllowedError, match="has been cancelled already"):
        planning.cancel(task, by=owner)


def test_a_paused_task_has_no_due_time(owner: User) -> None:
    task = planning.pause(add(owner), by=owner)

    assert task.next_due_at is None
    assert planning.resume(task, by=owner).next_due_at == task.run_at


def test_a_time_that_passed_while_it_was_paused_is_over(owner: User) -> None:
    task = planning.pause(add(owner), by=owner)
    Task.objects.update(run_at=NOW - timedelta(days=400))

    with pytest.raises(InvalidError, match="run it now, or give it another time"):
        planning.resume(task, by=owner)


def test_running_it_now_uses_up_its_time(owner: User) -> None:
    task = planning.run_now(add(owner), by=owner)

    row = Occurrence.objects.get(task=task)
    assert (task.status, task.next_due_at) == (TaskStatus.RUNNING, None)
    assert (row.state, row.by_hand) == (OccurrenceState.FIRED, True)


def test_running_a_recurring_task_now_keeps_its_times(owner: User) -> None:
    task = add(owner, delay_minutes=None, schedule="daily@09:00")

    ran = planning.run_now(task, by=owner)

    assert (ran.status, ran.next_due_at) == (TaskStatus.PENDING, task.next_due_at)


def test_what_is_at_work_is_not_run_again(owner: User) -> None:
    task = planning.run_now(add(owner), by=owner)

    with pytest.raises(NotAllowedError, match="already running"):
        planning.run_now(task, by=owner)


def test_a_changed_time_forgets_one_that_waits(owner: User) -> None:
    task = add(owner)
    make_run(task.conversation, status=RunStatus.QUEUED)
    planning.run_now(task, by=owner)

    planning.update(task, Changes(delay_hours=1), by=owner)

    assert Occurrence.objects.get(task=task).state == OccurrenceState.CANCELLED


def test_tasks_do_not_wait_for_each_other(owner: User) -> None:
    first = add(owner)
    second = add(owner, text="Then", depends_on=[first.pk])

    with pytest.raises(InvalidError, match="wait for each other"):
        planning.update(first, Changes(depends_on=[second.pk]), by=owner)


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_do_not_let_tasks_wait_for_each_other(owner: User) -> None:
    first, second = add(owner), add(owner, text="Then")
    together = threading.Barrier(2)

    def wait_for(task: Task, other: Task) -> None:
        together.wait()
        with contextlib.closing(connection), contextlib.suppress(InvalidError):
            planning.update(task, Changes(depends_on=[other.pk]), by=owner)

    threads = [threading.Thread(target=wait_for, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Task.objects.exclude(depends_on=None).count() == 1


def test_a_recurring_task_is_never_done(owner: User) -> None:
    first = add(owner, delay_minutes=None, schedule="daily@09:00")

    with pytest.raises(InvalidError, match="only wait for tasks that happen once"):
        add(owner, text="Then", depends_on=[first.pk])


def test_what_others_wait_for_does_not_begin_to_recur(owner: User) -> None:
    first = add(owner)
    add(owner, text="Then", depends_on=[first.pk])

    with pytest.raises(InvalidError, match="It is waited for by “Then”") as refused:
        planning.update(first, Changes(schedule="daily@09:00"), by=owner)

    assert list(refused.value.fields) == ["schedule"]


def test_what_others_wait_for_is_not_deleted_before_them(owner: User) -> None:
    first = add(owner)
    second = add(owner, text="Then", depends_on=[first.pk])

    with pytest.raises(NotAllowedError, match="“Stretch” is waited for by “Then”: change that first"):
        planning.delete(first, by=owner)

    assert list(second.depends_on.all()) == [first]
    assert planning.delete_all([first, second], by=owner) == {}
    assert not Task.objects.exists()


def test_what_a_task_needs_is_not_deleted(owner: User) -> None:
    from chat import conversations

    task = add(owner)

    with pytest.raises(ConflictError, match="Stretch"):
        conversations.delete(task.conversation)


def test_a_managed_task_is_changed_at_its_workflow(owner: User) -> None:
    task = add(owner)
    Task.objects.update(managed_by=make_workflow({"key": "one"}, owner=owner))

    with pytest.raises(NotAllowedError, match="change it there"):
        planning.cancel(task, by=owner)


def test_agents_schedule_so_much_and_no_more(owner: User) -> None:
    talk = make_conversation(owner)
    run = make_run(talk, status=RunStatus.RUNNING)
    for number in range(20):
        planning.add(Draft(text=f"{number}", delay_days=1, conversation=talk.pk), owner=owner, run=run)

    with pytest.raises(NotAllowedError, match="20 tasks that agents made"):
        planning.add(Draft(text="More", delay_days=1, conversation=talk.pk), owner=owner, run=run)


def test_a_scheduled_run_schedules_nothing(owner: User) -> None:
    task = add(owner)
    run = make_run(task.conversation, status=RunStatus.RUNNING, task_id=task.pk)

    with pytest.raises(NotAllowedError, match="scheduled runs schedule nothing more"):
        planning.add(Draft(text="More", delay_days=1, conversation=task.conversation_id), owner=owner, run=run)
