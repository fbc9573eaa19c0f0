"""An engine in one process: a scripted model, a registry of test tools, and a worker that drains when told to."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from pydantic_ai.models import Model

from tests.workflows import toolbox
from workflows import drain as draining
from workflows import tools


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Callable[[Model], Model]:
    """Call it with the model that every run shall use."""

    def use(chosen: Model) -> Model:
        async def build(name: str = "") -> Model:
            return chosen

        monkeypatch.setattr("workflows.llm.step.build", build)
        monkeypatch.setattr("workflows.beginnings.default_name", lambda: "test:scripted")
        return chosen

    return use


@pytest.fixture(autouse=True)
def toolbox_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test tools, for the length of a test."""
    known = dict(tools.load()) | toolbox.TOOLS
    monkeypatch.setattr(tools, "REGISTRY", known)
    toolbox.calls.clear()


@pytest.fixture
def drain(transactional_db: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], object]]:
    """Drive everything that is ready, as a worker process would."""
    monkeypatch.setattr(draining, "LINGER_SECONDS", 0)
    monkeypatch.setattr(draining, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(draining, "HINT_SECONDS", 0.005)
    yield draining.drain
    if draining._runner is not None:
        draining._runner.run(sync_to_async(connections.close_all)())
        draining._runner.close()
        draining._runner = None
