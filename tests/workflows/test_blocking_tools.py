"""A tool that is not async may block for as long as it likes: its step goes on in time, and nothing else waits for it."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic_ai.models import Model

from tests.factories import make_agent, make_turn
from tests.fakes.script import by_prompt, last_result, scripted
from workflows import threads, tools
from workflows.models import Agent, Effect, HelpRequest, Run, RunStatus, ToolCall
from workflows.tools import Tool, ToolContext

pytestmark = pytest.mark.wide

Use = Callable[[Model], Model]
Drain = Callable[[], None]


class Door:
    """What the tool waits for."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.at_it: list[threading.Thread] = []

    def wait(self, context: ToolContext) -> str:
        """Wait for the door to be opened."""
        self.at_it.append(threading.current_thread())
        # The tool's own reading of rows needs no transaction, and leaves none open.
        assert Run.objects.filter(pk=context.run_id).exists()
        self.opened.wait(30)
        return "open"

    def open(self) -> None:
        self.opened.set()
        for thread in self.at_it:
            thread.join()


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    door = Door()
    known = tools.load() | {"wait": Tool("wait", door.wait, Effect.READ, timeout=0.3, atomic=False)}
    monkeypatch.setattr(tools, "REGISTRY", known)
    yield door
    door.open()


@pytest.fixture(autouse=True)
def _assistant(transactional_db: None) -> Agent:
    return Agent.objects.filter(is_default=True).first() or make_agent(is_default=True)


def test_its_step_goes_on_in_time_with_a_sentence_that_names_it(model: Use, drain: Drain, door: Door) -> None:
    model(scripted([("wait", "{}", "c1")], last_result))
    run = make_turn()

    drain()

    run.refresh_from_db()
    assert (run.status, str(run.output).strip()) == (RunStatus.SUCCEEDED, "wait did not answer within 0.3 seconds.")
    assert ToolCall.objects.get().state == "failed"


def test_the_workers_other_runs_go_on_meanwhile(model: Use, drain: Drain, door: Door) -> None:
    other: Any = [("look", '{"what": "grass"}', "c1")]
    model(by_prompt({"wait here": [[("wait", "{}", "c1")], "done"], "look there": [other, last_result]}))
    slow, quick = make_turn(text="wait here"), make_turn(text="look there")

    drain()

    slow.refresh_from_db()
    quick.refresh_from_db()
    assert (quick.status, str(quick.output).strip()) == (RunStatus.SUCCEEDED, "grass is green")
    assert quick.finished_at
    assert slow.finished_at
    assert quick.finished_at < slow.finished_at


def test_its_thread_counts_until_it_returns(model: Use, drain: Drain, door: Door, caplog: pytest.LogCaptureFixture) -> None:
    model(scripted([("wait", "{}", "c1")], "done"))
    make_turn()

    drain()

    assert threads.abandoned() == 1
    assert "wait has not returned, and its thread is abandoned: 1 hang in this process" in caplog.text
    door.open()
    assert threads.abandoned() == 0


def test_too_many_that_hang_are_no_more_tried(model: Use, drain: Drain, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "MOST_ABANDONED", 1)
    model(scripted([("wait", "{}", "c1")], [("wait", "{}", "c2")], last_result))
    run = make_turn()

    drain()

    run.refresh_from_db()
    assert "1 calls of tools hang in this worker" in str(run.output)
    assert len(door.at_it) == 1


def test_one_that_acts_once_and_has_not_returned_is_asked_about(
    model: Use, drain: Drain, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tools.REGISTRY, "wait", Tool("wait", door.wait, Effect.ONCE, timeout=0.3, atomic=False))
    Agent.objects.update(tool_policy={"wait": "allow"})
    model(scripted([("wait", "{}", "c1")], last_result))
    make_turn()

    drain()

    request = HelpRequest.objects.get()
    assert (request.decisions, len(door.at_it)) == (["done", "again", "stop"], 1)
