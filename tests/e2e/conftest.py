"""A browser, and Agentron as `up` starts it: with the model that needs nothing, or with a scripted one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.e2e import chromium
from tests.e2e.site import Site
from tests.fakes import model_server

# In ms. A busy machine may be slow; how fast a page has to be is measured by tests/bench.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)

# What Chromium and htmx's extension write while a server cannot be reached.
AWAY = ("WebSocket connection", "net::ERR_", "[object Event]", "htmx:sendError", "htmx:afterRequest")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for all tests."""
    if chromium.path() is None:
        if os.environ.get("CI"):
            pytest.fail(f"There is no chromium, and in CI nothing is skipped: {chromium.HINT}.")
        pytest.skip(f"There is no chromium here: {chromium.HINT}.")
    with chromium.opened() as found:
        yield found


@pytest.fixture(scope="session")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Agentron with nothing configured."""
    with Site.up(tmp_path_factory.mktemp("offline")) as site:
        yield site


@pytest.fixture(scope="session")
def slow_model() -> Iterator[model_server.ModelServer]:
    """A model that takes its time between words, so that there is something to watch and to stop."""
    with model_server.running("--stream-chunk-delay-ms", "40") as server:
        yield server


@pytest.fixture(scope="session")
def _scripted(tmp_path_factory: pytest.TempPathFactory, migrated: Path, slow_model: model_server.ModelServer) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("scripted")
    with Site.up(folder, migrated, AGENTRON_MODEL="openai-chat:some-model", **slow_model.env) as site:
        yield site


@pytest.fixture
def scripted(_scripted: Site, slow_model: model_server.ModelServer) -> Site:
    """Agentron with a scripted model that has nothing to say yet."""
    slow_model.reset()
    return _scripted


class Complaints(list[str]):
    """What the browser complains about; must be empty at the end of a test."""

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.append(f"{message.text} {message.location['url']}" if "Failed to load" in message.text else message.text)

    @contextmanager
    def about_the_network(self) -> Iterator[None]:
        """Within the block the server is away, and the browser may say so."""
        before = len(self)
        yield
        self[before:] = [text for text in self[before:] if not any(word in text for word in AWAY)]


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    found = Complaints()
    yield found
    assert not found


@pytest.fixture
def context(browser: Browser, complaints: Complaints) -> Iterator[BrowserContext]:
    """A browser of its own, with nothing in it."""
    found = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", timezone_id="Asia/Kolkata")
    found.set_default_timeout(PATIENCE)
    found.on("console", complaints.hear)
    found.on("weberror", lambda error: complaints.append(str(error.error)))
    yield found
    found.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
