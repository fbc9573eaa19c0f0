"""A step that goes round in circles asks whether to go on, once for each circle."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic_ai.models import Model

from chat.models import Message
from tests.factories import make_agent, make_turn
from tests.fakes.script import scripted
from tests.workflows import toolbox
from workflows import engine
from workflows.models import Agent, HelpRequest, Run, RunStatus

pytestmark = pytest.mark.django_db(transaction=True)

Use = Callable[[Model], Model]
Drain = Callable[[], None]
AGAIN: Any = [("look", '{"what": "grass"}', "c1")]
ELSEWHERE: Any = [("look", '{"what": "sky"}', "c1")]


@pytest.fixture(autouse=True)
def _assistant() -> None:
    Agent.objects.filter(is_default=True).exists() or make_agent(is_default=True)


def decide(decision: str) -> None:
    request = HelpRequest.objects.open().get()
    engine.respond(request, by=request.run.owner, via=Message.Via.WEB, decision=decision)


def test_the_third_time_the_owner_is_asked(model: Use, drain: Drain) -> None:
    model(scripted(AGAIN, AGAIN, AGAIN, AGAIN, "done"))
    run = make_turn()

    drain()

    run.refresh_from_db()
    question = "It has called “look” three times in a row with the same result. Shall it go on?"
    assert (HelpRequest.objects.get().question, run.status) == (question, RunStatus.WAITING_FOR_USER)
    assert len(toolbox.calls) == 3


def test_who_says_yes_is_not_asked_again_about_the_same_circle(model: Use, drain: Drain) -> None:
    model(scripted(AGAIN, AGAIN, AGAIN, AGAIN, AGAIN, "done"))
    run = make_turn()
    drain()

    decide("yes")
    drain()

    run.refresh_from_db()
    assert (run.status, len(toolbox.calls)) == (RunStatus.SUCCEEDED, 5)


def test_another_circle_is_asked_about_anew(model: Use, drain: Drain) -> None:
    model(scripted(AGAIN, AGAIN, AGAIN, ELSEWHERE, ELSEWHERE, ELSEWHERE, "done"))
    make_turn()
    drain()

    decide("yes")
    drain()

    assert HelpRequest.objects.count() == 2


def test_who_says_stop_has_it_stopped_and_a_retry_asks_again(model: Use, drain: Drain) -> None:
    model(scripted(AGAIN, AGAIN, AGAIN, "done"))
    run = make_turn()
    drain()

    decide("stop")
    drain()
    again = engine.retry(Run.objects.get(pk=run.pk), by=run.owner)
    drain()

    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    assert HelpRequest.objects.open().get().run == again


def test_calls_that_differ_are_no_circle(model: Use, drain: Drain) -> None:
    model(scripted(AGAIN, ELSEWHERE, AGAIN, ELSEWHERE, AGAIN, "done"))
    run = make_turn()

    drain()

    run.refresh_from_db()
    assert run.status == RunStatus.SUCCEEDED
