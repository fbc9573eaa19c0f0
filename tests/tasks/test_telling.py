"""What models are told of turns that were scheduled, and of what tasks put into the log."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chat import log
from chat.models import Message
from tasks import planning
from tasks.drafts import Draft
from tasks.models import Occurrence, Task
from tests.factories import make_conversation, make_user, say
from workflows import engine
from workflows.history import history
from workflows.models import Run, Trigger
from workflows.prepare import prompt_of

pytestmark = pytest.mark.django_db


def make_task(text: str = "Check the PR", **fields: object) -> Task:
    owner = make_user()
    draft = Draft.model_validate({"text": text, "time_zone": "Asia/Tokyo", "schedule": "daily@09:00", **fields})
    return planning.add(draft, owner=owner, via=Message.Via.API).task


def due(task: Task, **late: float) -> Run:
    """The turn of a task that was due a while ago."""
    message = Message(author="user", user=task.owner, text=task.text, via=Message.Via.SCHEDULE, task_id=task.pk, payload={"prompt": True})
    log.post(task.conversation_id, message)
    run = engine.enqueue_turn(message, trigger=Trigger.SCHEDULE)
    Occurrence.objects.create(task=task, due_at=timezone.now() - timedelta(**late), state="fired", run=run)
    return run


def test_the_model_is_told_that_the_turn_was_scheduled_and_the_log_is_not() -> None:
    run = due(make_task(title="The PR"))

    note, text = prompt_of(run).split("\n")

    assert note.startswith("[Scheduled: it is time for the task “The PR”. It was due on ")
    assert "(Asia/Tokyo). It recurs: every day at 09:00, Asia/Tokyo. The person is not watching" in note
    assert run.asked_seq
    assert (text, Message.objects.get(seq=run.asked_seq, conversation=run.conversation).text) == ("Check the PR", "Check the PR")


def test_the_model_is_told_how_late_it_is() -> None:
    assert ", 2 hours ago: it is late." in prompt_of(due(make_task(), hours=2))


def test_a_message_of_a_person_is_put_to_the_model_as_it_is() -> None:
    said = say(make_conversation(), "hello")

    assert said.run_id
    assert prompt_of(Run.objects.get(pk=said.run_id)) == "hello"


def test_later_turns_do_not_take_what_tasks_say_for_the_persons_words() -> None:
    task = make_task()
    due(task)
    log.post(
        task.conversation_id, Message(author="assistant", text="Stretch!", via="schedule", task_id=task.pk, payload={"reminder": True})
    )

    said = [turn.text for turn in history(task.conversation, 99)]

    assert said[0].startswith("[The person scheduled this without asking you:]\nScheduled: Check the PR")
    assert said[2].startswith("[It was time for what had been scheduled earlier")
    assert said[4:] == ["[A reminder was due. The person was shown:]", "Stretch!"]


def test_a_promise_names_the_date_of_today_and_tomorrow() -> None:
    task = make_task(schedule=None, delay_minutes=1)
    at = timezone.localtime(task.run_at, task.zone)

    promise = Message.objects.get(conversation=task.conversation, seq=task.anchor or 0).text

    assert f", {at:%a} {at.day} {at:%b %Y}, at {at:%H:%M:%S}".removesuffix(":00") in promise
    assert promise.endswith(", Asia/Tokyo")
