"""The pages about runs as HTML; tests/e2e has them in a browser."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chat.models import Conversation
from tests.factories import make_conversation, make_question, make_run, make_user
from workflows.diagnosis import diagnosis
from workflows.models import CallState, Run, RunStatus, StepRun, ToolCall
from workflows.trace import trace


@pytest.fixture
def conversation(db: None) -> Conversation:
    return make_conversation(make_user("owner"), title="The house")


@pytest.fixture
def browser(conversation: Conversation, client: Client) -> Client:
    client.force_login(conversation.owner)
    return client


def page(browser: Client, address: str) -> str:
    return browser.get(address).content.decode()


def test_the_list_tells_what_was_asked_and_what_became_of_it(browser: Client, conversation: Conversation) -> None:
    make_run(conversation, "wash the car", RunStatus.FAILED, error="No water.", input_tokens=1200)
    make_run(make_conversation(), "somebody else's")

    html = page(browser, "/runs/")

    for words in ("wash the car", "The house", "No water.", "1,200 tokens", "Try again"):
        assert words in html
    assert "somebody else" not in html


@pytest.mark.parametrize(
    ("query", "found"),
    [("", "car yard"), ("?status=failed", "car"), ("?q=YARD", "yard"), ("?status=failed&q=yard", ""), ("?q=%00%25", "")],
)
def test_the_list_can_be_narrowed(browser: Client, conversation: Conversation, query: str, found: str) -> None:
    make_run(conversation, "wash the car", RunStatus.FAILED)
    make_run(conversation, "sweep the yard")

    html = page(browser, f"/runs/{query}")

    assert " ".join(word for word in ("car", "yard") if f"the {word}</a>" in html) == found


@pytest.mark.parametrize("query", ["?status=nonsense", "?before=yesterday", "?before=1-" + "g" * 32])
def test_an_address_that_means_nothing_is_400(browser: Client, query: str) -> None:
    assert browser.get(f"/runs/{query}").status_code == 400


def test_the_list_is_leafed_through_without_gap_or_double(browser: Client, conversation: Conversation) -> None:
    now = timezone.now()
    for n in range(60):
        make_run(conversation, f"thing {n:02}.", queued_at=now - timedelta(seconds=n))

    first = browser.get("/runs/")
    second = page(browser, first.context["older"])

    assert [n for n in range(60) if f"thing {n:02}." in first.content.decode()] == list(range(50))
    assert [n for n in range(60) if f"thing {n:02}." in second] == list(range(50, 60))


def test_the_list_takes_a_fixed_number_of_queries(
    browser: Client, conversation: Conversation, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for status in (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.QUEUED) * 10:
        make_run(make_conversation(conversation.owner), status=status)

    with django_assert_max_num_queries(9):
        page(browser, "/runs/")


def test_a_run_shows_its_questions_and_what_happened(browser: Client, conversation: Conversation) -> None:
    request = make_question(conversation, question="Which colour?", options=["Red", "<b>Green</b>"])

    html = page(browser, f"/runs/{request.run_id}/")

    for words in ("Which colour?", 'value="Red"', "&lt;b&gt;Green", "Waiting for you", "Cancel", "every 2s"):
        assert words in html
    assert "Try again" not in html


@pytest.mark.parametrize("part", ["", "cancel/", "retry/"])
def test_a_stranger_gets_404(client: Client, conversation: Conversation, part: str) -> None:
    run = make_run(conversation)
    client.force_login(make_user())

    for pk in (run.pk, uuid4()):
        answer = client.post(f"/runs/{pk}/{part}") if part else client.get(f"/runs/{pk}/")
        assert answer.status_code == 404


def test_cancel_ends_what_waits_and_refuses_what_has_ended(browser: Client, conversation: Conversation) -> None:
    run = make_run(conversation, status=RunStatus.QUEUED)

    first, second = (browser.post(f"/runs/{run.pk}/cancel/") for _ in range(2))

    run.refresh_from_db()
    assert (first.status_code, run.status) == (204, RunStatus.CANCELLED)
    assert (second.status_code, b"nothing to cancel" in second.content) == (409, True)


def test_a_run_is_tried_again_once(browser: Client, conversation: Conversation) -> None:
    run = make_run(conversation, status=RunStatus.FAILED)

    first, second = (browser.post(f"/runs/{run.pk}/retry/", {"then": "open"}) for _ in range(2))

    again = Run.objects.get(retry_of=run)
    assert first.headers["HX-Redirect"] == f"/runs/{again.pk}/"
    assert second.status_code == 409
    assert "Try again" not in page(browser, f"/runs/{run.pk}/")


def test_the_diagnosis_tells_what_happened_and_not_what_was_said(conversation: Conversation) -> None:
    run = make_run(conversation, "my-secret", RunStatus.FAILED, error="No answer.", output="my-secret")
    step = StepRun.objects.create(run=run, key="turn", status="failed", prompt="my-secret")
    ToolCall.objects.create(
        step_run=step, reply=1, call_id="c", tool="fetch_url", effect="read", state=CallState.FAILED, error="my-secret", result="my-secret"
    )

    text = diagnosis(trace(run))

    assert "fetch_url: failed" in text
    assert "No answer." in text
    assert "my-secret" not in text
