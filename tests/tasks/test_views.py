"""The pages about what is scheduled as HTML; tests/e2e has them in a browser."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chat.models import Conversation, Profile
from tasks import planning
from tasks.models import Occurrence, OccurrenceState, Task, TaskStatus
from tests.factories import make_conversation, make_run, make_task, make_user, make_workflow
from tests.tasks.clockwork import moved
from workflows.models import RunStatus

pytestmark = pytest.mark.wide


@pytest.fixture
def browser(owner: User, client: Client) -> Client:
    client.force_login(owner)
    return client


def page(browser: Client, address: str) -> str:
    return browser.get(address).content.decode()


def ended(task: Task, status: TaskStatus = TaskStatus.SUCCEEDED) -> Task:
    return moved(task, status=status, ended_at=timezone.now(), next_due_at=None)


def test_the_list_tells_what_is_coming_and_how_it_went_last(browser: Client, owner: User, conversation: Conversation) -> None:
    task = make_task(owner, title="News", schedule="0 9 * * 1-5", time_zone="Europe/Berlin")
    run = make_run(conversation, status=RunStatus.FAILED)
    Occurrence.objects.create(task=task, due_at=timezone.now() - timedelta(hours=3), state=OccurrenceState.FIRED, run=run)
    make_task(text="somebody else's")

    html = page(browser, "/scheduled/")

    for words in ("News", "weekdays at 09:00, Europe/Berlin", "data-countdown", f'/runs/{run.pk}/" data-status="failed"', "3 h ago"):
        assert words in html
    assert "somebody else" not in html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "once daily paused"),
        ("?show=recurring", "daily"),
        ("?show=paused", "paused"),
        ("?show=ended", "over"),
        ("?show=all", "once daily paused over"),
        ("?q=DAI", "daily"),
        ("?show=all&q=%00over", "over"),
        ("?q=%25", ""),
    ],
)
def test_the_list_can_be_narrowed(browser: Client, owner: User, query: str, found: str) -> None:
    make_task(owner, title="once")
    make_task(owner, title="daily", schedule="daily@09:00")
    planning.pause(make_task(owner, title="paused"), by=owner)
    ended(make_task(owner, title="over"))

    html = page(browser, f"/scheduled/{query}")

    assert " ".join(word for word in ("once", "daily", "paused", "over") if f"</span>{word}</a>" in html) == found


@pytest.mark.parametrize("address", ["?show=nonsense", "?from=yesterday", "month/?m=2026-13", "month/?m=0001-01", "month/?m=soon"])
def test_an_address_that_means_nothing_is_400(browser: Client, address: str) -> None:
    assert browser.get(f"/scheduled/{address}").status_code == 400


@pytest.mark.parametrize("show", ["", "all"])
def test_the_list_is_leafed_through_without_gap_or_double(browser: Client, owner: User, show: str) -> None:
    kept: dict[str, Any] = {"owner": owner, "conversation": make_conversation(owner), "time_zone": "UTC"}
    at = timezone.now() + timedelta(hours=1)
    times = [at + timedelta(hours=n // 2) for n in range(40)]
    Task.objects.bulk_create(Task(**kept, title=f"thing {n:02}.", run_at=due, next_due_at=due) for n, due in enumerate(times))

    first = browser.get(f"/scheduled/?show={show}")
    second = page(browser, first.context["onward"])

    names = [f"thing {n:02}." for n in range(40)]
    assert [(name in first.content.decode()) + (f"</span>{name}</a>" in second) for name in names] == [1] * 40


def test_what_is_at_work_stands_first_and_what_waits_says_so(browser: Client, owner: User, conversation: Conversation) -> None:
    run = make_run(conversation, status=RunStatus.WAITING_FOR_USER)
    moved(make_task(owner), status=TaskStatus.WAITING_FOR_USER, next_due_at=None, active_run=run)

    html = page(browser, "/scheduled/")

    assert 'id="going-title"' in html
    assert "Waiting for you" in html


def test_the_task_of_a_workflow_names_it_and_is_changed_there(browser: Client, owner: User) -> None:
    workflow = make_workflow({"key": "look"}, owner=owner, execution_mode="schedule", schedule="daily@09:00", time_zone="UTC")
    task = Task.objects.get(managed_by=workflow)

    html = page(browser, "/scheduled/") + page(browser, f"/scheduled/{task.pk}/")

    assert f"by the workflow {workflow.name}" in html
    assert f"/workflows/{workflow.pk}/edit/" in html
    for verb in ("edit", "cancel", "delete"):
        assert f"/scheduled/{task.pk}/{verb}/" not in html
    assert f"/scheduled/{task.pk}/pause/" in html


def test_nothing_scheduled_shows_what_one_could_say(browser: Client) -> None:
    assert "/scheduled/new/?say=every%20weekday%20at%209" in page(browser, "/scheduled/")


def test_the_pages_take_a_fixed_number_of_queries(
    browser: Client, owner: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    tasks = [make_task(owner, schedule="every 2 hours") for _ in range(6)]
    planning.pause(make_task(owner), by=owner)
    now = timezone.now()
    Occurrence.objects.bulk_create(
        Occurrence(task=task, due_at=now - timedelta(hours=n), state=OccurrenceState.MISSED, run=make_run(task.conversation))
        for task in tasks
        for n in range(1, 4)
    )

    for address, most in (("/scheduled/", 13), ("/scheduled/?show=all", 10), ("/scheduled/month/", 10), (f"/scheduled/{tasks[0].pk}/", 13)):
        with django_assert_max_num_queries(most):
            browser.get(address)


@pytest.mark.parametrize("part", ["", "edit/", "pause/", "resume/", "run/", "cancel/", "delete/"])
def test_a_stranger_gets_404(client: Client, stranger: User, owner: User, part: str) -> None:
    task = make_task(owner)
    client.force_login(stranger)
    ask = client.get if part in ("", "edit/") else client.post

    assert ask(f"/scheduled/{task.pk}/{part}").status_code == 404
    assert ask(f"/scheduled/{uuid4()}/{part}").status_code == 404


def test_a_stranger_sees_no_tasks_of_a_conversation(client: Client, stranger: User, conversation: Conversation) -> None:
    client.force_login(stranger)

    assert client.get(f"/scheduled/in/{conversation.pk}/").status_code == 404


def test_buttons_do_what_they_say(browser: Client, owner: User) -> None:
    task = make_task(owner, title="News", schedule="daily@09:00")

    paused = browser.post(f"/scheduled/{task.pk}/pause/")
    was = Task.objects.get(pk=task.pk).enabled
    browser.post(f"/scheduled/{task.pk}/resume/")
    resumed = Task.objects.get(pk=task.pk).enabled
    browser.post(f"/scheduled/{task.pk}/cancel/")

    assert "is paused" in paused.headers["HX-Trigger"]
    assert (was, resumed, Task.objects.get(pk=task.pk).status) == (False, True, TaskStatus.CANCELLED)


def test_what_cannot_be_done_any_more_is_said_in_words(browser: Client, owner: User) -> None:
    task = ended(make_task(owner))

    answer = browser.post(f"/scheduled/{task.pk}/cancel/")

    assert answer.status_code == 409
    assert answer.content.decode() == "This task has succeeded already: there is nothing to cancel."


def test_a_deleted_task_is_gone_and_one_at_work_stays(browser: Client, owner: User, conversation: Conversation) -> None:
    gone, stays = ended(make_task(owner)), make_task(owner, schedule="daily@09:00")
    moved(stays, active_run=make_run(conversation, status=RunStatus.RUNNING))

    browser.post(f"/scheduled/{gone.pk}/delete/")
    refused = browser.post(f"/scheduled/{stays.pk}/delete/", follow=True)

    assert list(Task.objects.values_list("pk", flat=True)) == [stays.pk]
    assert "cancel it first" in refused.content.decode()


def test_a_task_shows_what_became_of_each_time_and_why(browser: Client, owner: User, conversation: Conversation) -> None:
    task = make_task(owner, schedule="daily@09:00")
    now = timezone.now()
    run = make_run(conversation, status=RunStatus.FAILED, error="No ink.")
    missed = now - timedelta(days=9)
    kept = [
        Occurrence(task=task, due_at=now - timedelta(days=1), state="fired", run=run, fired_at=now - timedelta(days=1, seconds=-95)),
        Occurrence(task=task, due_at=now - timedelta(days=2), state="skipped", reason="The run before it waits for an answer."),
        Occurrence(task=task, due_at=missed, until=now - timedelta(days=3), count=40, state="missed", reason="Nothing ran."),
    ]
    Occurrence.objects.bulk_create(kept)

    html = page(browser, f"/scheduled/{task.pk}/")

    for words in ("No ink.", f"/runs/{run.pk}/", "1 min late", "The run before it waits for an answer.", "40 times"):
        assert words in html


def test_the_next_times_tell_of_a_change_of_the_clock(browser: Client, owner: User) -> None:
    task = make_task(owner, schedule="daily@02:30", time_zone="Europe/Berlin")
    moved(task, next_due_at=datetime(2027, 3, 27, 1, 30, tzinfo=UTC))

    html = page(browser, f"/scheduled/{task.pk}/")

    assert "02:30 does not exist on this day: the clock goes forward to 03:00." in html
    assert html.count('class="at"') == 5


def test_the_month_shows_what_happened_and_what_is_to_come(browser: Client, owner: User) -> None:
    task = make_task(owner, title="News", schedule="daily@09:00", time_zone="UTC")
    often = make_task(owner, title="Site", schedule="every 10 minutes")
    moved(task, next_due_at=datetime(2031, 5, 20, 9, tzinfo=UTC))
    moved(make_task(owner, title="Late", schedule="daily@23:00", time_zone="UTC"), next_due_at=datetime(2031, 5, 31, 23, tzinfo=UTC))
    moved(often, next_due_at=datetime(2031, 5, 31, 22, 5, tzinfo=UTC), starts_at=datetime(2031, 5, 1, 0, 5, tzinfo=UTC))
    Occurrence.objects.create(task=task, due_at=datetime(2031, 5, 18, 9, tzinfo=UTC), state="fired", fired_at=timezone.now())
    Occurrence.objects.create(task=task, due_at=datetime(2031, 5, 19, 9, tzinfo=UTC), state="missed", reason="Nothing ran.")

    cells = {cell.day: cell for week in browser.get("/scheduled/month/?m=2031-05").context["weeks"] for cell in week}

    told = {day.day: [(mark.title, mark.label, mark.count) for mark in cells[day].marks] for day in cells if day.month == 5}
    assert (told[17], told[18], told[19]) == ([], [("News", "Done", 1)], [("News", "Missed", 1)])
    assert told[20] == [("News", "Coming", 1)]
    assert told[31] == [("News", "Coming", 1), ("Site", "Coming", 12), ("Late", "Coming", 1)]


def test_a_month_is_told_in_the_readers_zone(browser: Client, owner: User) -> None:
    Profile.objects.create(user=owner, time_zone="Pacific/Auckland")
    moved(make_task(owner, title="Late"), next_due_at=datetime(2031, 5, 20, 18, tzinfo=UTC))

    cells = {cell.day.day: cell for week in browser.get("/scheduled/month/?m=2031-05").context["weeks"] for cell in week if cell.inside}

    assert [day for day, cell in cells.items() if cell.marks] == [21]


def test_each_task_of_a_conversation_has_a_card_with_its_anchor(browser: Client, owner: User, conversation: Conversation) -> None:
    task = make_task(owner, title="News", conversation=conversation.pk)
    make_task(owner, title="Elsewhere")

    html = page(browser, f"/scheduled/in/{conversation.pk}/")

    assert f'id="a-{task.pk}" class="task-card" data-anchor="1"' in html
    assert "Elsewhere" not in html


def test_home_tells_what_comes_next(browser: Client, owner: User) -> None:
    make_task(make_user(), title="somebody else's")
    make_task(owner, title="News", schedule="daily@09:00")

    html = page(browser, "/")

    assert "News</a>" in html
    assert "somebody else" not in html
