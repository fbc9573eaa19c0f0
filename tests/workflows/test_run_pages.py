"""The pages about runs as HTML; tests/e2e has them in a browser."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chat.models import Conversation
from tests.factories import make_conversation, make_question, make_run, make_user, make_workflow, start_run
from workflows.diagnosis import diagnosis
from workflows.lines import waiting_for
from workflows.models import CallState, Run, RunStatus, StepRun, ToolCall
from workflows.trace import trace

pytestmark = pytest.mark.wide


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


def test_what_follows_a_runs_end_up_is_named_after_its_workflow(browser: Client, conversation: Conversation) -> None:
    begun = start_run(make_workflow({"key": "work"}, owner=conversation.owner, name="Tea report"))
    make_run(conversation, f"[The run {begun.pk} of “Tea report”, which you started, has failed.]", parent=begun)

    html = page(browser, "/runs/")

    assert "Follow-up to “Tea report”</a>" in html
    assert "which you started" not in html


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


def test_a_workflows_run_is_drawn_and_told_step_by_step(browser: Client, conversation: Conversation) -> None:
    run = start_run(make_workflow({"key": "look"}, {"key": "tell", "after": ["look"]}, owner=conversation.owner))
    now = timezone.now()
    StepRun.objects.create(run=run, key="look", status="succeeded", output="found it", started_at=now, finished_at=now)
    StepRun.objects.create(run=run, key="tell", status="failed", error="No ink.", started_at=now, finished_at=now)

    html = page(browser, f"/runs/{run.pk}/")

    for words in (
        f"<h2>{run.workflow}</h2>",
        f"<title>{run.workflow} ·",
        'href="#step-look"',
        'data-status="failed"',
        "found it",
        "No ink.",
        "next in line",
    ):
        assert words in html


def test_an_ended_run_is_run_again_with_other_inputs(browser: Client, conversation: Conversation) -> None:
    run = start_run(make_workflow({"key": "tell", "prompt": "{{ input.what }}"}, owner=conversation.owner), what="tea")
    Run.objects.filter(pk=run.pk).update(status=RunStatus.FAILED)

    html = page(browser, f"/runs/{run.pk}/")
    refused = browser.post(f"/runs/{run.pk}/again/", {"input-what": " "}).content.decode()
    answer = browser.post(f"/runs/{run.pk}/again/", {"input-what": "milk"})

    assert ">tea</textarea>" in html
    assert "This is needed." in refused
    assert answer.headers["Location"] == f"/runs/{Run.objects.exclude(pk=run.pk).get(input__inputs__what='milk').pk}/"


def test_what_waits_is_listed_with_what_happens_without_an_answer(browser: Client, conversation: Conversation) -> None:
    make_question(conversation, question="First?", asked_at=timezone.now() - timedelta(days=1))
    make_question(conversation, question="Second?", default="tea", expires_at=timezone.now() + timedelta(hours=1))
    make_question(make_conversation(), question="Somebody else's?")

    html = page(browser, "/questions/")

    assert html.index("First?") < html.index("waits as long as it takes") < html.index("Second?") < html.index("goes on with “tea”")
    assert "Somebody" not in html


def test_the_badge_answers_only_when_something_changed(browser: Client, conversation: Conversation) -> None:
    first = browser.get("/questions/badge/?seen=")
    seen = waiting_for(conversation.owner).version
    second = browser.get(f"/questions/badge/?seen={seen}")
    make_question(conversation)
    third = browser.get(f"/questions/badge/?seen={seen}")

    assert [answer.status_code for answer in (first, second, third)] == [200, 204, 200]
    assert "changed" in third.headers["HX-Trigger"]


@pytest.mark.parametrize(
    ("given", "status", "arguments"),
    [
        ({"decision": "approve", "arguments": '{"key": "a", "value": "c"}'}, 204, {"key": "a", "value": "c"}),
        ({"decision": "approve", "arguments": '{"value": "b", "key": "a"}'}, 204, {"key": "a", "value": "b"}),
        ({"decision": "approve", "arguments": '{"key": "a"'}, 422, None),
        ({"decision": "approve", "arguments": "[1]"}, 422, None),
        ({"decision": "deny", "response": "Not now.", "arguments": "nonsense"}, 204, {"key": "a", "value": "b"}),
    ],
)
def test_a_call_is_approved_as_it_stands_or_with_other_arguments(
    browser: Client, conversation: Conversation, given: dict[str, str], status: int, arguments: dict[str, str] | None
) -> None:
    asked = make_question(
        conversation, kind="approval", tool="remember", arguments={"key": "a", "value": "b"}, args_hash="x", decisions=["approve", "deny"]
    )

    answer = browser.post(f"/questions/{asked.pk}/answer/", {"args_hash": "x", **given})

    asked.refresh_from_db()
    assert (answer.status_code, asked.arguments if asked.decision else None) == (status, arguments)
