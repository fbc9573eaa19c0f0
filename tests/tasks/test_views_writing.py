"""Making and changing tasks on the page: sentences, exact fields, and mistakes at their places."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from chat.models import Conversation
from tasks.models import Mode, Task
from tests.factories import make_conversation, make_task, make_workflow
from tests.tasks.clockwork import moved

pytestmark = pytest.mark.wide

NEW = "/scheduled/new/"
ONCE = {"mode": "notify", "text": "call Anna", "when": "once", "time_zone": "Europe/Berlin"}
DAILY = {"mode": "prompt_agent", "text": "tell me the news", "when": "repeat", "schedule": "daily@09:00", "time_zone": "Europe/Berlin"}


@pytest.fixture
def browser(owner: User, client: Client) -> Client:
    client.force_login(owner)
    return client


def sent(browser: Client, address: str, data: dict[str, str]) -> str:
    """The page after the form was sent."""
    return browser.post(address, data, follow=True).content.decode()


def test_a_sentence_makes_a_task(browser: Client) -> None:
    html = sent(browser, NEW, {"say": "in 2 hours remind me to call Anna", "time_zone": "Europe/Berlin"})

    task = Task.objects.get()
    assert (task.mode, task.text) == (Mode.NOTIFY, "call Anna")
    assert timedelta(minutes=119) < task.run_at - timezone.now() <= timedelta(hours=2)  # type: ignore[operator]
    assert "is scheduled." in html


def test_what_is_filled_in_goes_before_what_the_sentence_says(browser: Client, conversation: Conversation) -> None:
    said = {"say": "every weekday at 9 tell me the news", "title": "News", "when": "repeat", "schedule": "daily@07:15"}

    sent(browser, NEW, {**said, "time_zone": "Asia/Tokyo", "conversation": str(conversation.pk)})

    task = Task.objects.get()
    assert (task.title, task.schedule, task.time_zone) == ("News", "daily@07:15", "Asia/Tokyo")
    assert task.conversation == conversation


def test_exact_fields_make_a_task(browser: Client) -> None:
    sent(browser, NEW, {**ONCE, "run_at": "2031-05-20T09:30", "misfire": "none", "grace": "5"})

    task = Task.objects.get()
    assert task.run_at
    assert task.run_at.isoformat() == "2031-05-20T07:30:00+00:00"
    assert (task.misfire, task.grace_seconds) == ("none", 300)


@pytest.mark.parametrize(
    ("data", "field", "sentence"),
    [
        ({}, "say", "Say what is to happen and when"),
        ({"say": "purple monkeys"}, "say", "purple monkeys"),
        ({**ONCE}, "run_at", "Give a date and a time."),
        ({**ONCE, "run_at": "2001-01-01T09:00"}, "run_at", "is in the past"),
        ({**ONCE, "run_at": "0001-01-01T00:00"}, "run_at", "is no time a clock reaches"),
        ({"say": "every zorg remind me of tea"}, "say", "“every zorg remind me of tea”"),
        ({**DAILY, "schedule": "daily@25:00"}, "schedule", "hours go from 0 to 23"),
        ({**DAILY, "schedule": ""}, "schedule", "Give a schedule"),
        ({**DAILY, "time_zone": "Middle/Earth"}, "time_zone", "is not a time zone"),
        ({**DAILY, "text": ""}, "text", "Say what"),
        ({**DAILY, "mode": "run_workflow"}, "workflow", "Say which workflow"),
        ({**DAILY, "grace": "a while"}, "grace", "Give whole minutes"),
        ({**DAILY, "overlap": "dance"}, "overlap", "skip"),
        ({**DAILY, "conversation": "nowhere"}, "conversation", ""),
    ],
)
def test_each_mistake_stands_at_its_field_and_nothing_typed_is_lost(
    browser: Client, data: dict[str, str], field: str, sentence: str
) -> None:
    html = sent(browser, NEW, {**data, "title": "My own title"})

    assert f'id="{field}-wrong">' in html
    assert sentence in html.split(f'id="{field}-wrong">')[1].split("</p>")[0]
    assert 'value="My own title"' in html
    assert not Task.objects.exists()


def test_a_strangers_conversation_is_refused_like_none(browser: Client) -> None:
    html = sent(browser, NEW, {**DAILY, "conversation": str(make_conversation().pk)})

    assert "There is no conversation" in html
    assert not Task.objects.exists()


def test_the_inputs_of_a_workflow_are_asked_for(browser: Client, owner: User) -> None:
    workflow = make_workflow({"key": "look", "prompt": "look at {{ input.city }}"}, owner=owner)
    wanted = {**DAILY, "mode": "run_workflow", "workflow": str(workflow.pk)}

    asked = browser.get(f"{NEW}inputs/?workflow={workflow.pk}").content.decode()
    refused = sent(browser, NEW, wanted)
    sent(browser, NEW, {**wanted, "input-city": "Porto"})

    assert 'name="input-city"' in asked
    assert 'name="input-city"' in refused
    assert Task.objects.get().inputs == {"city": "Porto"}


def test_the_same_twice_is_one_task(browser: Client) -> None:
    sent(browser, NEW, DAILY)
    html = sent(browser, NEW, DAILY)

    assert Task.objects.count() == 1
    assert "is there already" in html


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"say": "every weekday at 9 tell me the news", "time_zone": "Europe/Berlin"}, "Weekdays at 09:00, Europe/Berlin"),
        (DAILY, "Every day at 09:00, Europe/Berlin"),
        ({**DAILY, "schedule": "0 0 30 2 *"}, "there is no such date"),
        ({"say": ""}, "What was understood stands here"),
    ],
)
def test_what_was_understood_is_shown_before_it_is_saved(browser: Client, data: dict[str, str], words: str) -> None:
    html = browser.post(f"{NEW}understood/", data).content.decode()

    assert words in html
    assert html.count("data-countdown") == (3 if "at 09:00" in words else 0)
    assert not Task.objects.exists()


def test_a_task_is_changed_and_keeps_its_time(browser: Client, owner: User) -> None:
    task = moved(make_task(owner, schedule="every 2 hours", text="look"), starts_at=timezone.now() - timedelta(days=1))

    sent(browser, f"/scheduled/{task.pk}/edit/", {**DAILY, "title": "Prices", "schedule": "every 2 hours", "time_zone": task.time_zone})

    changed = Task.objects.get()
    assert (changed.title, changed.text) == ("Prices", "tell me the news")
    assert (changed.starts_at, changed.next_due_at) == (task.starts_at, task.next_due_at)


def test_a_task_that_is_at_work_is_not_changed_and_the_page_says_why(browser: Client, owner: User) -> None:
    task = moved(make_task(owner), status="running")

    html = sent(browser, f"/scheduled/{task.pk}/edit/", {**DAILY, "title": "Mine"})

    assert "only a pending one can be changed" in html
    assert 'value="Mine"' in html


def test_what_a_task_waits_for_stays_unless_it_is_unticked(browser: Client, owner: User) -> None:
    gone, other = moved(make_task(owner, title="Gone"), status="succeeded", next_due_at=None), make_task(owner, title="Other")
    task = make_task(owner, text="look", depends_on=[gone.pk])
    address, form = f"/scheduled/{task.pk}/edit/", {**DAILY, "title": "Mine", "when": "once", "run_at": "2031-05-20T09:30"}

    html = browser.get(address).content.decode()
    browser.post(address, {**form, "depends_on": [str(other.pk)], "offered": [str(other.pk)]})
    kept = set(task.depends_on.all())
    browser.post(address, {**form, "offered": [str(other.pk), str(gone.pk)]})

    assert f'value="{gone.pk}" checked' in html
    assert (kept, set(task.depends_on.all())) == ({gone, other}, set())


def test_the_list_of_conversations_stands_beside_the_forms_too(browser: Client, owner: User, conversation: Conversation) -> None:
    task = make_task(owner, text="look")

    pages = [browser.get(address).content.decode() for address in (NEW, f"/scheduled/{task.pk}/edit/")]

    assert all(f'<li id="c-{conversation.pk}"' in page for page in pages)
