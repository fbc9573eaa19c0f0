"""Hostile texts wherever a page shows words: nothing runs, nothing leaves, and the page can still be read and used."""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, WebSocketRoute, expect

from chat.fragments import delta_html, message_html, state_html
from chat.frames import of_message
from tests.e2e.hostile import CORPUS
from tests.e2e.hostile.guard import Guard, audit
from tests.e2e.hostile.rows import LAST_WORDS, SAID, Kind, message
from tests.e2e.site import Chat, Site
from tests.machine import ROOT

pytestmark = pytest.mark.e2e

WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=380, height=720)
SITE = (
    "/",
    "/runs/",
    "/questions/",
    "/workflows/",
    "/scheduled/",
    "/scheduled/month/",
    "/chats/archived/",
    "/profile/",
    "/settings/models/",
    "/admin/",
)


class Haunted:
    """Agentron full of hostile rows, and the browser of the person they belong to."""

    def __init__(self, site: Site, pages: dict[str, str], browser: Browser) -> None:
        self.site, self.pages = site, pages
        self.guard = Guard(site.address)
        self.context = browser.new_context(viewport=WIDE, reduced_motion="reduce")
        self.guard.watch(self.context)
        page = self.context.new_page()
        page.goto(site.link(pages["user"]))
        page.get_by_role("button", name="Sign in").click()

    def open(self, path: str, frames: Iterable[str] | None = None, tab: Page | None = None) -> Page:
        """A page in a tab of its own, or in `tab`; `frames` come over its socket instead of the server's."""
        page = tab or self.context.new_page()
        if frames is not None:
            page.route_web_socket(re.compile("/ws/"), lambda socket: send(socket, frames))
        answer = page.goto(self.site.address + path)
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"
        return page

    def findings(self, page: Page, *sizes: ViewportSize) -> list[str]:
        """What is wrong with a page, wide and narrow, and what the browser complained of since the last time."""
        found = []
        for size in sizes or (WIDE, NARROW):
            page.set_viewport_size(size)
            found += audit(page)
        return found + self.guard.findings(page)


def send(socket: WebSocketRoute, frames: Iterable[str]) -> None:
    """Be the server's side of a socket."""
    for frame in frames:
        socket.send(frame)


@pytest.fixture(scope="module")
def haunted(browser: Browser, tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Haunted]:
    with Site.up(tmp_path_factory.mktemp("hostile"), migrated) as site:
        command = [sys.executable, "-m", "tests.e2e.hostile.seed"]
        done = subprocess.run(command, cwd=ROOT, env=site.machine.env, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        found = Haunted(site, json.loads(done.stdout), browser)
        yield found
        found.context.close()


@pytest.mark.parametrize("name", [name for name in SAID if name != "none"])
def test_hostile_words_in_a_conversation_do_nothing(haunted: Haunted, name: str) -> None:
    page = haunted.open(haunted.pages[f"chat: {name}"])
    chat = Chat(page)
    chat.is_live()
    chat.scroll_up()

    assert not haunted.findings(page)
    page.get_by_text(LAST_WORDS).scroll_into_view_if_needed()
    expect(page.get_by_text(LAST_WORDS)).to_be_in_viewport()
    page.close()


def test_hostile_words_that_are_still_being_written_do_nothing(haunted: Haunted) -> None:
    page = haunted.open(haunted.pages["chat: none"], growing())

    expect(page.locator("#drafts").get_by_text(LAST_WORDS)).to_be_attached()
    assert not haunted.findings(page)
    page.close()


def growing() -> Iterator[str]:
    """Frames that show each text as it grows; every stage stays, as a step of its own."""
    stages = [text[: len(text) * part // 4] for text in CORPUS.values() for part in range(1, 5)]
    for step, text in enumerate([*stages, LAST_WORDS]):
        yield delta_html({"run_id": "run", "step": step, "version": 1, "text": text})


def test_hostile_words_that_come_over_the_socket_do_nothing(haunted: Haunted) -> None:
    page = haunted.open(haunted.pages["chat: none"], map("".join, batched(coming(), 100)))

    expect(page.locator("#log > .entry").last).to_contain_text(LAST_WORDS)
    expect(page.locator("#signals > *")).to_have_count(0)
    assert not haunted.findings(page)
    page.close()


def coming() -> Iterator[str]:
    """Frames with messages of all kinds, each text in one of them, and refusals that repeat what they refuse."""
    texts = list(CORPUS.values())
    for text in texts:
        yield state_html("refused", {"client_id": text, "detail": text})
    posted = [one for place, say in enumerate(SAID.values()) for one in say(texts[place :: len(SAID) - 1])]
    for seq, one in enumerate([*posted, message(Kind.MESSAGE, LAST_WORDS)], start=2):
        one.seq = seq
        yield message_html(of_message(one).data)


def batched(frames: Iterator[str], size: int) -> Iterator[list[str]]:
    """In bundles, for the page goes through its whole log after each."""
    while bundle := list(islice(frames, size)):
        yield bundle


def test_hostile_titles_and_words_in_what_a_search_found_do_nothing(haunted: Haunted) -> None:
    page = haunted.open(haunted.pages["chat: none"])
    page.get_by_role("searchbox").fill("owned")
    found = page.locator("#found li")
    expect(found.first).to_be_visible()

    while page.get_by_role("button", name="Look further back").count():
        page.get_by_role("button", name="Look further back").click()
        page.wait_for_function("() => !document.querySelector('.htmx-request')")

    assert not haunted.findings(page)
    assert found.count() > 30
    page.close()


def test_hostile_names_on_the_site_do_nothing(haunted: Haunted) -> None:
    titled = [path for name, path in haunted.pages.items() if name.startswith(("title", "run", "site"))]

    assert not visited(haunted, [*SITE, *titled], WIDE, NARROW)


def test_hostile_names_in_the_admin_do_nothing(haunted: Haunted) -> None:
    # On a phone some of the theme's forms are wider than the screen, whatever they show.
    assert not visited(haunted, [path for name, path in haunted.pages.items() if name.startswith("admin")], WIDE)


def visited(haunted: Haunted, paths: Iterable[str], *sizes: ViewportSize) -> dict[str, list[str]]:
    """Open each page; what is wrong, by path."""
    wrong = {}
    tab = haunted.context.new_page()
    for path in paths:
        if found := haunted.findings(haunted.open(path, tab=tab), *sizes):
            wrong[path] = found
    tab.close()
    return wrong
