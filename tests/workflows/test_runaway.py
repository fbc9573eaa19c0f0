"""Runs that would never end by themselves: stopped by caps, and their owner asked or told."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from pydantic_ai.models import Model
from pytest_django import Settings

from chat.models import Message
from tests.factories import make_user, make_workflow, start_run
from tests.fakes.script import by_prompt, last_result
from tests.workflows import toolbox
from workflows import beginnings, engine
from workflows.models import HelpRequest, Run, RunStatus, ToolCall

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]

Use = Callable[[Model], Model]
Drain = Callable[[], None]


def starting(workflow: str) -> Any:
    """A reply that starts a run."""
    return [("execute_workflow", json.dumps({"workflow": workflow}), "c1")]


def drain_all(drain: Drain) -> None:
    """Until nothing is ready; runs that were started meanwhile too."""
    while Run.objects.ready().exists():
        drain()


def test_an_endless_loop_of_tools_asks_at_the_cap_on_calls(model: Use, drain: Drain, settings: Settings) -> None:
    settings.AGENTRON_CAP_CALLS = 5
    numbers = count()
    model(by_prompt({"loop": [lambda _: [("look", json.dumps({"what": str(next(numbers))}), "c1")]]}))
    run = start_run(make_workflow({"key": "loop"}))

    drain()

    run.refresh_from_db()
    assert (run.status, len(toolbox.calls)) == (RunStatus.WAITING_FOR_USER, 5)
    assert "has made 5 tool calls" in HelpRequest.objects.get(run=run).question


def test_two_workflows_that_run_each_other_come_to_an_end(model: Use, drain: Drain) -> None:
    owner = make_user()
    make_workflow({"key": "ping"}, owner=owner, name="ping", max_concurrent=5)
    make_workflow({"key": "pong"}, owner=owner, name="pong", max_concurrent=5)
    model(by_prompt({"ping": [starting("pong"), last_result], "pong": [starting("ping"), last_result]}))

    start_run(owner.workflows.get(name="ping"))
    drain_all(drain)

    assert Run.objects.count() == beginnings.MAX_DEPTH + 1
    assert "at most 3 deep" in str(Run.objects.latest("queued_at").output)


def test_a_run_that_starts_runs_is_told_when_it_is_enough(model: Use, drain: Drain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beginnings, "MAX_OFFSPRING", 3)
    owner = make_user()
    make_workflow({"key": "work"}, owner=owner, name="work", max_concurrent=5)
    model(by_prompt({"breed": [*[starting("work")] * 5, "enough"], "work": ["done"]}))

    start_run(make_workflow({"key": "breed"}, owner=owner))
    drain_all(drain)

    assert Run.objects.count() == 4
    refused = ToolCall.objects.filter(tool="execute_workflow", state="failed")
    assert "ask the person before you start more" in refused.first().error  # type: ignore[union-attr]


def test_runs_that_came_of_one_share_its_cap_and_wait_with_it(model: Use, drain: Drain, settings: Settings) -> None:
    settings.AGENTRON_CAP_REPLIES = 4
    owner = make_user()
    make_workflow({"key": "ping"}, owner=owner, name="ping", max_concurrent=5)
    make_workflow({"key": "pong"}, owner=owner, name="pong", max_concurrent=5)
    model(by_prompt({"ping": [starting("pong"), "done"], "pong": [starting("ping"), "done"]}))
    start_run(owner.workflows.get(name="ping"))

    drain_all(drain)
    asked = HelpRequest.objects.open().filter(arguments__cap="run.replies")
    assert asked.exists()
    for request in asked[:1]:
        engine.respond(request, by=owner, via=Message.Via.WEB, decision="stop")
    drain_all(drain)

    assert sum(Run.objects.values_list("replies", flat=True)) <= 6
    assert Run.objects.filter(status=RunStatus.CANCELLED).exists()
