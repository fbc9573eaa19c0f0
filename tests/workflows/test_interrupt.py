"""What happens to a turn in the middle of an answer: its owner stops it, its worker has to end."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from django.db import connection
from django_q.models import OrmQ
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, FunctionModel

from chat.models import Draft, Message
from tests.factories import kinds, make_agent, make_turn, make_workflow, start_run
from workflows import drain as draining
from workflows import engine
from workflows.models import Agent, Run, RunStatus

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _assistant(transactional_db: None) -> Agent:
    return Agent.objects.filter(is_default=True).first() or make_agent(is_default=True)


@pytest.fixture
def told_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker process that may be told to end without ending the tests'."""
    monkeypatch.setattr(draining, "_must_stop", threading.Event())
    monkeypatch.setattr(draining, "STOP_SECONDS", 0.2)


def streaming(seconds: float) -> FunctionModel:
    """A model that says half, thinks for `seconds`, and says the rest."""

    async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str]:
        yield "Half of it "
        await asyncio.sleep(seconds)
        yield "and the rest."

    return FunctionModel(stream_function=stream)


def once_streaming(act: Callable[[], object]) -> threading.Thread:
    """Do something as soon as the first half is shown."""

    def wait() -> None:
        end = time.monotonic() + 5
        while not Draft.objects.exclude(text="").exists() and time.monotonic() < end:
            time.sleep(0.01)
        act()
        connection.close()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_a_stopped_turn_keeps_what_was_said(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(streaming(seconds=30))
    run = make_turn()
    began = time.monotonic()

    stopping = once_streaming(lambda: engine.stop_turns(run.conversation, by=run.owner))
    drain()
    stopping.join()

    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    assert kinds(run.conversation_id) == ["message", "message", "status"]
    said = Message.objects.get(conversation=run.conversation_id, author="assistant")
    assert (said.text, said.payload) == ("Half of it ", {"partial": True})
    assert time.monotonic() - began < 5


def test_a_worker_that_must_end_hands_the_turn_back(model: Callable[[Model], Any], drain: Callable[[], None], told_to_stop: None) -> None:
    model(streaming(seconds=30))
    run = make_turn()

    stopping = once_streaming(draining.stop)
    drain()
    stopping.join()

    run.refresh_from_db()
    assert (run.status, run.deaths, run.leased_by) == (RunStatus.QUEUED, 0, "")


def test_a_worker_that_must_end_leaves_a_ticket_for_what_its_last_turn_held_up(
    model: Callable[[Model], Any], drain: Callable[[], None], told_to_stop: None
) -> None:
    model(streaming(seconds=0.1))
    first = make_turn()
    make_turn(first.conversation)
    OrmQ.objects.all().delete()

    stopping = once_streaming(draining.stop)
    drain()
    stopping.join()

    first.refresh_from_db()
    assert first.status == RunStatus.SUCCEEDED
    assert OrmQ.objects.filter(key="runs").count() == 1


def test_the_next_worker_goes_on(
    model: Callable[[Model], Any], drain: Callable[[], None], told_to_stop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    model(streaming(seconds=30))
    run = make_turn()
    stopping = once_streaming(draining.stop)
    drain()
    stopping.join()
    monkeypatch.setattr(draining, "_must_stop", threading.Event())
    model(streaming(seconds=0))

    drain()

    run.refresh_from_db()
    assert run.output == "Half of it and the rest."
    assert kinds(run.conversation_id) == ["message", "message", "status"]


def test_a_worker_that_lost_its_run_writes_nothing(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(streaming(seconds=0.5))
    run = make_turn()

    stealing = once_streaming(lambda: Run.objects.filter(pk=run.pk).update(fence=9, leased_by="there:1:b"))
    drain()
    stealing.join()

    run.refresh_from_db()
    assert (run.status, run.output) == (RunStatus.RUNNING, None)
    assert kinds(run.conversation_id) == ["message"]


def test_a_run_that_comes_back_to_the_worker_that_lost_it_can_still_be_stopped(
    model: Callable[[Model], Any], drain: Callable[[], None]
) -> None:
    calls: list[float] = []

    async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str]:
        calls.append(time.monotonic())
        yield "Half of it "
        await asyncio.sleep(0.3 if len(calls) == 1 else 30)

    def lose_then_stop() -> None:
        wait_for(lambda: len(calls) == 1)
        Run.objects.filter(pk=run.pk).update(status=RunStatus.QUEUED, leased_by="", lease_expires_at=None)
        wait_for(lambda: len(calls) == 2)
        time.sleep(0.5)  # By now the first driver has learned that the run is not its own any more.
        engine.cancel(run, by=run.owner)
        connection.close()

    model(FunctionModel(stream_function=stream))
    run = start_run(make_workflow({"key": "write"}))
    thread = threading.Thread(target=lose_then_stop)
    thread.start()
    drain()
    thread.join()

    run.refresh_from_db()
    assert (run.status, run.error) == (RunStatus.CANCELLED, "")


def wait_for(come_true: Callable[[], bool]) -> None:
    """Until it is so, for five seconds at most."""
    end = time.monotonic() + 5
    while not come_true() and time.monotonic() < end:
        time.sleep(0.01)
