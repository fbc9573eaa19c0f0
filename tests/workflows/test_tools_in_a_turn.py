"""The engine's own tools as a model calls them: from the arguments' JSON to the journal."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from tests.factories import make_agent, make_conversation, make_turn
from tests.fakes.script import last_result, scripted
from tests.fakes.web import Web, aside, reply
from workflows.models import Agent, CallState, HelpRequest, HelpStatus, Memory, RunStatus, ToolCall

pytestmark = pytest.mark.django_db(transaction=True)
Drain = Callable[[], None]
UseModel = Callable[[Any], Any]


@pytest.fixture(autouse=True)
def _assistant(transactional_db: None) -> None:
    """The agent that answers; the seeded one is gone once another test has emptied the tables."""
    if not Agent.objects.filter(is_default=True).exists():
        make_agent(is_default=True)


@pytest.fixture
def web() -> Iterator[Web]:
    with aside() as found:
        yield found


def call(tool: str, **arguments: Any) -> list[tuple[str, str, str]]:
    """A model's reply that calls one tool."""
    return [(tool, json.dumps(arguments), f"c-{tool}")]


def test_what_one_turn_remembers_another_recalls(model: UseModel, drain: Drain) -> None:
    conversation = make_conversation()
    model(scripted(call("remember", key="Tea", value="Assam"), "Noted."))
    make_turn(conversation, "I like Assam")
    drain()
    model(scripted(call("recall", key="tea"), last_result))
    run = make_turn(conversation, "Which tea do I like?")
    drain()

    run.refresh_from_db()
    assert str(run.output).strip() == "Assam"
    assert Memory.objects.get().owner == conversation.owner


def test_a_refusal_leaves_no_row_and_tells_the_model(model: UseModel, drain: Drain) -> None:
    model(scripted(call("remember", key="tea", value=""), last_result))
    run = make_turn()

    drain()

    run.refresh_from_db()
    assert "The value is empty" in str(run.output)
    assert ToolCall.objects.get().state == CallState.FAILED
    assert not Memory.objects.exists()


def test_a_page_is_fetched_and_its_text_reaches_the_model(model: UseModel, drain: Drain, web: Web, settings: Settings) -> None:
    settings.AGENTRON_FETCH_ALLOW = ["127.0.0.1"]
    web.answers["/"] = reply("<p>Hello from the page")
    model(scripted(call("fetch_url", url=f"http://127.0.0.1:{web.port}/"), last_result))
    run = make_turn()

    drain()

    run.refresh_from_db()
    assert "> Hello from the page" in str(run.output)


def test_a_page_inside_is_not_fetched_and_the_turn_goes_on(model: UseModel, drain: Drain, web: Web) -> None:
    model(scripted(call("fetch_url", url=f"http://127.0.0.1:{web.port}/"), last_result))
    run = make_turn()

    drain()

    run.refresh_from_db()
    assert run.status == RunStatus.SUCCEEDED
    assert "only public addresses can be fetched" in str(run.output)
    assert web.requests == []


def test_a_question_parks_the_turn_with_its_options(model: UseModel, drain: Drain) -> None:
    model(scripted(call("ask_user", question="Which?", options=["a", "b"], reason="Two fit."), last_result))
    run = make_turn()

    drain()

    run.refresh_from_db()
    assert run.status == RunStatus.WAITING_FOR_USER
    asked = HelpRequest.objects.get()
    assert (asked.kind, asked.status, asked.options, asked.reason) == ("choice", HelpStatus.OPEN, ["a", "b"], "Two fit.")
