"""The first page as HTML; tests/e2e has it in a browser."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chat.models import Conversation, Message
from tests.factories import make_conversation, make_question, make_run
from workflows.models import Heartbeat, HelpStatus, RunStatus

HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(owner: User, client: Client) -> Client:
    client.force_login(owner)
    return client


def page(browser: Client, address: str = "/") -> str:
    return browser.get(address).content.decode()


def test_it_shows_what_waits_what_runs_and_what_came_of_it(browser: Client, conversation: Conversation) -> None:
    make_question(conversation, question="Which colour?")
    make_run(conversation, "sweep the yard", RunStatus.RUNNING, started_at=timezone.now())
    make_run(conversation, "wash the car", RunStatus.FAILED, error="No water.")

    html = page(browser)

    for words in ("Which colour?", "sweep the yard", "wash the car", "No water.", "Cancel", "Try again"):
        assert words in html


@pytest.mark.parametrize("address", ["/", "/questions/"])
def test_a_long_question_is_cut_in_a_list_and_whole_on_the_runs_page(browser: Client, conversation: Conversation, address: str) -> None:
    request = make_question(conversation, question=f"Which one? {'really ' * 100}")

    html = page(browser, address)

    assert html.count("really") < 100
    assert f'<a href="/runs/{request.run_id}/">Read all of the question</a>' in html
    assert page(browser, f"/runs/{request.run_id}/").count("really") == 100


def test_whoever_has_nothing_yet_is_shown_how_to_begin(browser: Client) -> None:
    assert "Nothing waits for you" in page(browser)
    assert 'value="What can you do?"' in page(browser)


def test_nobody_sees_what_is_somebody_elses(client: Client, stranger: User, conversation: Conversation) -> None:
    request = make_question(conversation, question="Which colour?")
    client.force_login(stranger)

    assert "Which colour?" not in page(client)
    assert client.post(f"/questions/{request.pk}/answer/", {"response": "red"}).status_code == 404
    assert client.post(f"/runs/{request.run_id}/cancel/").status_code == 404


def test_an_answer_wins_once_and_a_later_one_is_told_so(browser: Client, conversation: Conversation) -> None:
    request = make_question(conversation, question="Which colour?")
    address = f"/questions/{request.pk}/answer/"

    first, second = (browser.post(address, {"response": colour}, headers=HTMX) for colour in ("red", "blue"))

    request.refresh_from_db()
    assert (first.status_code, request.status, request.response) == (204, HelpStatus.ANSWERED, "red")
    assert second.status_code == 409
    assert second.content.startswith(b"This question was already answered by owner")


def test_a_page_that_looks_the_same_is_not_sent_again(browser: Client, conversation: Conversation) -> None:
    looks = re.search(r'"looks": "(\w+)"', page(browser))
    assert looks

    same = browser.get(f"/?looks={looks[1]}", headers=HTMX)
    make_run(conversation, "sweep the yard", RunStatus.QUEUED)
    other = browser.get(f"/?looks={looks[1]}", headers=HTMX)

    assert same.status_code == 204
    assert other.content.strip().startswith(b'<div id="live"')


def test_it_says_when_nobody_works(browser: Client) -> None:
    assert "no worker is running" in page(browser)

    Heartbeat.beat(Heartbeat.Kind.WORKER, "here")

    assert "no worker is running" not in page(browser)


def test_a_prompt_begins_a_conversation(browser: Client, owner: User) -> None:
    answer = browser.post("/begin/", {"text": "What can you do?"})

    said = Message.objects.get(owner=owner)
    assert said.text == "What can you do?"
    assert answer.headers["Location"] == f"/chats/{said.conversation_id}/"


def test_an_empty_prompt_is_refused_with_a_sentence(browser: Client) -> None:
    answer = browser.post("/begin/", {"text": " "}, follow=True)

    assert b"The text is empty: write something." in answer.content


def test_what_waits_to_be_tried_again_comes_up_later(browser: Client, conversation: Conversation) -> None:
    make_run(conversation, "sweep the yard", RunStatus.QUEUED, not_before=timezone.now() + timedelta(minutes=5))

    html = page(browser)

    assert html.index("Coming up") < html.index("sweep the yard")
    assert "again in 4 min" in html


def test_it_takes_a_fixed_number_of_queries(browser: Client, owner: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for status in RunStatus.values * 3:
        conversation = make_conversation(owner)
        make_run(conversation, "sweep the yard", status)
        make_question(conversation)

    with django_assert_max_num_queries(15):
        page(browser)
