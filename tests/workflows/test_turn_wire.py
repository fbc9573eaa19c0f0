"""Turns against a real HTTP peer that speaks OpenAI's protocol, well and badly; the peer judges the client at the end."""

import time
from collections.abc import Callable

import pytest
from pytest_django import Settings

from chat.models import Message
from tests.factories import kinds, make_agent, make_turn
from tests.fakes.model_server import ModelServer
from workflows import engine
from workflows.models import Agent, Run, RunStatus

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]

MODEL = "openai-chat:gpt-test"


@pytest.fixture(autouse=True)
def _assistant(transactional_db: None) -> Agent:
    Agent.objects.all().delete()
    return make_agent(is_default=True, model=MODEL)


@pytest.fixture
def turn(model_server: ModelServer, drain: Callable[[], None], settings: Settings) -> Callable[[], Run]:
    """Call it to answer one message; the run as it ended."""
    settings.AGENTRON_MODEL_TIMEOUT = 1

    def answer() -> Run:
        run = make_turn(text="go")
        drain()
        run.refresh_from_db()
        return run

    return answer


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.drive.random.uniform", lambda low, high: 0.01)


def test_a_streamed_tool_loop(model_server: ModelServer, turn: Callable[[], Run]) -> None:
    model_server.call_tools(("look", {"what": "grass"}), text="Let me look.").reply("It is green.")

    run = turn()

    assert (run.status, run.output) == (RunStatus.SUCCEEDED, "It is green.")
    assert kinds(run.conversation_id) == ["message", "message", "tool_use", "tool_result", "message", "status"]
    assert run.input_tokens > 0
    assert run.output_tokens > 0
    assert model_server.verdict()["findings"] == []


def test_rate_limits_are_waited_out_as_long_as_they_ask(model_server: ModelServer, turn: Callable[[], Run]) -> None:
    model_server.rate_limit(0.3, times=2).reply("At last.")
    began = time.monotonic()

    run = turn()

    assert (run.status, run.output) == (RunStatus.SUCCEEDED, "At last.")
    assert time.monotonic() - began >= 0.6
    assert len(model_server.requests()) == 3
    assert model_server.verdict()["findings"] == []


def test_a_server_that_stays_broken_fails_the_turn_after_five_tries(
    model_server: ModelServer, turn: Callable[[], Run], short_waits: None
) -> None:
    model_server.fail(500, times=None)

    run = turn()

    assert run.status == RunStatus.FAILED
    assert "try again" in run.error.lower()
    assert len(model_server.requests()) == 5


def test_the_failed_turn_can_be_tried_again(
    model_server: ModelServer, turn: Callable[[], Run], short_waits: None, drain: Callable[[], None]
) -> None:
    model_server.fail(500, times=5).reply("Here I am.")
    run = turn()

    again = engine.retry(run, by=run.owner)
    drain()

    again.refresh_from_db()
    assert again.output == "Here I am."


@pytest.mark.parametrize("fault", ["truncate", "disconnect", "stall"])
def test_half_an_answer_is_no_answer(model_server: ModelServer, turn: Callable[[], Run], short_waits: None, fault: str) -> None:
    getattr(model_server, fault)().reply("This is a whole answer with several words.", times=None)

    run = turn()

    assert (run.status, run.output) == (RunStatus.SUCCEEDED, "This is a whole answer with several words.")
    assert len(model_server.requests()) == 2
    said = Message.objects.filter(conversation=run.conversation_id, author="assistant", kind="message")
    assert [message.text for message in said] == [run.output]


def test_a_refused_key_is_not_tried_again(model_server: ModelServer, turn: Callable[[], Run]) -> None:
    model_server.fail(401, message="bad key sk-secret")

    run = turn()

    assert (run.status, len(model_server.requests())) == (RunStatus.FAILED, 1)
    assert "key" in run.error
    assert "sk-secret" not in run.error
