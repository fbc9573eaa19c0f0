"""A running Agentron, and what a person does on its page."""

import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Locator, Page, expect

from tests.machine import Machine, Program, free_port, until

NEW_LINKS = """
from django.contrib.auth.models import User
from chat.models import SignInLink
user, _ = User.objects.get_or_create(username={!r})
for _ in range(20):
    print(SignInLink.issue(user))
"""


@dataclass
class Site:
    """Agentron under its supervisor, on a data folder and a port of its own."""

    machine: Machine
    program: Program
    address: str
    # A command takes seconds to start, so links are made in advance.
    secrets: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    # Of those who have signed in, by name.
    cookies: dict[str, list[Any]] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def up(cls, folder: Path, migrated: Path | None = None, /, **settings: str) -> Iterator[Self]:
        if migrated is not None:
            shutil.copy(migrated, folder)
        port = free_port()
        machine = Machine(folder, **settings)
        try:
            program = machine.start("up", "--port", str(port))
            until(lambda: "Ctrl-C stops it" in program.output, 60, "the start")
            yield cls(machine, program, f"http://127.0.0.1:{port}")
        finally:
            machine.close()

    def link(self, user: str = "admin") -> str:
        """The address of a fresh one-time sign-in link; the user is made when there is none of that name."""
        if not self.secrets[user]:
            self.secrets[user] = self.machine.tell(NEW_LINKS.format(user)).split()
        return f"{self.address}/sign-in/{self.secrets[user].pop()}/"

    def enter(self, page: Page, user: str = "admin") -> "Chat":
        """Sign in by a link, or come back as who has signed in before, and begin a conversation."""
        if user in self.cookies:
            page.context.add_cookies(self.cookies[user])
            page.goto(f"{self.address}/chat/")
        # Who has signed out everywhere meanwhile stands before the door again.
        if user not in self.cookies or "/login/" in page.url:
            page.goto(self.link(user))
            page.get_by_role("button", name="Sign in").click()
            expect(page).to_have_url(re.compile("/chats?/"))
            self.cookies[user] = page.context.cookies()
        return self.begin(page)

    def begin(self, page: Page) -> "Chat":
        """Begin a conversation, as somebody who is signed in."""
        page.get_by_role("button", name="New conversation", exact=True).click()
        chat = Chat(page)
        chat.is_live()
        return chat


@dataclass
class Chat:
    """The chat page in one tab."""

    page: Page

    def is_live(self) -> None:
        expect(self.page.locator("#connection")).to_have_attribute("data-state", "live")

    @property
    def box(self) -> Locator:
        return self.page.get_by_label("Message", exact=True)

    @property
    def answers(self) -> Locator:
        return self.page.locator("#log .entry.message.by-assistant")

    @property
    def said(self) -> Locator:
        return self.page.locator(".entry.message.by-user:visible")

    @property
    def draft(self) -> Locator:
        return self.page.locator("#drafts .draft")

    def say(self, text: str) -> None:
        self.box.fill(text)
        self.box.press("Enter")

    def rests(self) -> None:
        """Wait until nothing is going on and nothing is on its way."""
        expect(self.page.locator("#pending .entry")).to_have_count(0)
        expect(self.page.locator("#activity")).to_be_hidden()

    def scroll_up(self) -> int:
        """Scroll until there is nothing earlier; how many entries there are."""
        earlier = self.page.locator("#log .earlier")
        while earlier.count():
            before = earlier.get_attribute("hx-get")
            self.page.evaluate("() => document.querySelector('#log .earlier').scrollIntoView()")
            # Cheap, for it is asked with every frame.
            self.page.wait_for_function("before => document.querySelector('#log .earlier')?.getAttribute('hx-get') !== before", arg=before)
        return self.page.locator("#log .entry").count()

    def entries(self) -> list[str]:
        """What the log shows, times aside."""
        texts = self.page.locator("#log .entry:visible").all_inner_texts()
        return [re.sub(r"\s+", " ", re.sub(r"\d{1,2}:\d\d( [AP]M)?", "", text)).strip() for text in texts]
