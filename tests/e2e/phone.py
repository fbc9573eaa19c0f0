"""Agentron with a bot, and a phone that is linked to it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.e2e.site import Chat, Site
from tests.fakes import telegram as fake
from tests.fakes.model_server import ModelServer
from tests.fakes.telegram import ADA, Telegram
from tests.fakes.telegram_chats import Sent
from tests.machine import until


@dataclass
class Phone:
    """Ada's phone, and the site on the other side."""

    site: Site
    telegram: Telegram
    model: ModelServer

    def say(self, text: str, **more: Any) -> Sent:
        """Write to the bot."""
        return self.telegram.say(text, **more)

    def heard(self, part: str) -> Sent:
        """The bot's newest message with `part` in it, once there is one."""
        return self.telegram.heard(part, seconds=40)

    def becomes(self, sent: Sent, part: str) -> None:
        """Wait until a message was changed to one with `part` in it."""
        self.telegram.wait(lambda: part in sent.text, 40, f"“{part}” in “{sent.text}”")

    def new(self) -> None:
        """Begin another conversation, before which nothing else is under way."""
        self.model.reset()
        said = self.say("/new")
        self.telegram.wait(lambda: [one for one in self.telegram.sent(ADA.chat) if one.id > said.id], 20, "the answer to /new")

    def open(self, page: Page) -> Chat:
        """The conversation that was used last, on the page."""
        page.goto(f"{self.site.address}/chat/")
        chat = Chat(page)
        chat.is_live()
        return chat

    def asked_of_model(self) -> str:
        """What the model was asked last, as JSON."""
        return json.dumps(self.model.requests()[-1], ensure_ascii=False)


@contextmanager
def linked(folder: Path, migrated: Path, browser: Browser, model: ModelServer) -> Iterator[Phone]:
    """Set the bot up in the admin and link the phone by the profile, as a person does both."""
    with (
        fake.running() as telegram,
        Site.up(folder, migrated, AGENTRON_MODEL="openai-chat:some-model", **model.env, **telegram.env) as site,
    ):
        context = browser.new_context(locale="en-GB")
        page = context.new_page()
        site.enter(page)
        switch_on(site, page)
        telegram.say(link_text(site, page))
        telegram.heard("This chat is linked")
        context.close()
        yield Phone(site, telegram, model)


def switch_on(site: Site, page: Page) -> None:
    """Settings → Telegram: the token comes from the environment."""
    page.goto(f"{site.address}/admin/")
    page.get_by_role("link", name="Telegram", exact=True).first.click()
    page.get_by_label("Switched on").check()
    page.get_by_role("button", name="Save and test").click()
    expect(page.get_by_text(f"Connected as @{fake.USERNAME}").first).to_be_visible()


def link_text(site: Site, page: Page) -> str:
    """What the profile says is to be sent to the bot."""
    button = page.get_by_role("button", name="Link Telegram")
    # The telegram process looks at the settings every second.
    until(lambda: page.goto(f"{site.address}/profile/") and button.count(), 20, "the connection")
    button.click()
    return page.get_by_label("The message that links your account").input_value()
