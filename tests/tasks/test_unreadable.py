"""Rows that cannot be read, for they were edited in the database: they can be seen, mended and ended."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tasks import planning, reading
from tasks.drafts import Changes
from tasks.models import Task
from tests.factories import make_task, make_user
from tests.tasks.clockwork import due_task, fire, moved, only
from workflows.errors import InvalidError

pytestmark = [pytest.mark.wide, pytest.mark.django_db]
DAILY: dict[str, Any] = {"schedule": "daily@09:00", "time_zone": "Europe/Berlin"}
SAID = {
    "zone": ({"time_zone": "Mars/X"}, "its time zone “Mars/X” cannot be read: give it another, such as Europe/Berlin"),
    "zone once": ({"time_zone": "Mars/X"}, "; its time zone “Mars/X” cannot be read: give it another, such as Europe/Berlin"),
    "no zone": ({"time_zone": ""}, "its time zone “” cannot be read: give it another, such as Europe/Berlin"),
    "schedule": ({"schedule": "every fortnight"}, "its schedule “every fortnight” cannot be read: give it another, such as daily@09:00"),
    "words": ({"mode": "sing", "overlap": "odd", "misfire": "odd"}, ""),
    "no objects": ({"metadata": ["a"], "inputs": []}, ""),
    "ended": ({"time_zone": "Mars/X", "schedule": "every fortnight", "status": "failed", "next_due_at": None}, "cannot be read"),
}


@pytest.fixture
def boss() -> User:
    return make_user(is_superuser=True, is_staff=True)


@pytest.mark.parametrize(("wrong", "said"), SAID.values(), ids=SAID)
def test_a_row_that_cannot_be_read_is_shown_with_what_is_wrong(
    client: Client, boss: User, request: pytest.FixtureRequest, wrong: dict[str, Any], said: str
) -> None:
    client.force_login(boss)
    task = moved(make_task(boss, title="Odd one", **({} if "once" in request.node.name else DAILY)), **wrong)

    listed = client.get("/api/tasks").json()["items"][0]
    pages = ["/scheduled/", "/scheduled/?show=all", "/scheduled/month/", f"/scheduled/{task.pk}/", f"/scheduled/{task.pk}/edit/", "/"]
    pages += [reverse("admin:tasks_task_changelist"), reverse("admin:tasks_task_change", args=[task.pk])]

    assert said in listed["description"]
    assert isinstance(listed["metadata"], dict)
    assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)
    if task.mode == "sing":
        assert client.post(f"/api/tasks/{task.pk}/run").status_code == 422
    if task.status == "pending":
        assert client.patch(f"/api/tasks/{task.pk}", json.dumps({"title": "New"}), content_type="application/json").status_code == 200
        assert client.post(f"/api/tasks/{task.pk}/cancel").status_code == 200


def test_a_row_that_cannot_be_read_is_resumed_only_when_it_is_mended() -> None:
    task = planning.pause(make_task(**DAILY), by=make_user())
    task = moved(task, time_zone="Mars/X", schedule="every fortnight")

    with pytest.raises(InvalidError, match="time zone “Mars/X” cannot be read"):
        planning.resume(task, by=task.owner)
    planning.update(task, Changes(time_zone="Europe/Rome", schedule="daily@10:00"), by=task.owner)

    assert planning.resume(task, by=task.owner).next_due_at
    assert reading.description(Task.objects.get()) == "every day at 10:00, Europe/Rome"


@pytest.mark.parametrize(
    "said", [{"time_zone": "localtime", "schedule": "daily@09:00"}, {"text": "\u200b\u2060 \ufe0f"}], ids=["zone", "text"]
)
def test_the_clock_of_a_machine_and_words_that_nobody_sees_are_refused(said: dict[str, Any]) -> None:
    with pytest.raises(InvalidError) as refused:
        make_task(**said)

    assert refused.value.fields.keys() <= {"time_zone", "text"}


@pytest.mark.parametrize(("fields", "status"), [(DAILY, "pending"), ({}, "failed")], ids=["recurs", "once"])
def test_nothing_is_done_for_an_owner_who_may_not_sign_in(fields: dict[str, Any], status: str) -> None:
    task = due_task(**fields)
    User.objects.filter(pk=task.owner_id).update(is_active=False)

    task = fire(task)

    assert (only(task).state, only(task).reason, task.status) == ("blocked", "Its owner may not sign in.", status)
