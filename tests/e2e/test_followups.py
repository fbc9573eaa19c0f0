"""“Check this PR again in 10 seconds”: a confirmation, and ten seconds later a reply to it, on every surface."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from websockets.sync.client import ClientConnection, connect

from tests.e2e.site import Site
from tests.fakes.model_server import ModelServer

pytestmark = pytest.mark.e2e

# Ten seconds, and what a busy machine takes on top.
LATER = 40_000


@contextmanager
def socket_of(site: Site, page: Page) -> Iterator[ClientConnection]:
    """The socket of the conversation on the page, as a program opens it."""
    made = site.machine.run("tokens", "add", f"follow {time.monotonic()}", "--user", "admin")
    conversation = page.url.rstrip("/").rsplit("/", 1)[-1]
    url = f"{site.address.replace('http', 'ws')}/ws/chats/{conversation}/?after=0"
    with connect(url, additional_headers={"Authorization": f"Bearer {made.stdout.strip()}"}) as socket:
        yield socket


def said_on(socket: ClientConnection, text: str) -> dict[str, Any]:
    """The data of the first message on the socket in which `text` stands."""
    while True:
        frame = json.loads(socket.recv(timeout=LATER / 1000))
        if frame["type"] == "message" and text in frame["data"]["text"]:
            data: dict[str, Any] = frame["data"]
            return data


def is_a_reply(page: Page, text: str, to: str) -> None:
    """Expect an answer with `text` that quotes the message with `to`, and leads back to it."""
    answer = page.locator("#log .entry.message.by-assistant", has_text=text).last
    expect(answer).to_be_visible(timeout=LATER)
    quoted = page.locator("#log .entry.message.by-assistant", has_text=to).first.get_attribute("data-seq")
    expect(page.locator(f"#log [data-task] .quote[data-quote='{quoted}']").first).to_be_attached()
    expect(answer).to_have_attribute("data-task", re.compile(".+"))


def test_what_was_promised_comes_as_a_reply_to_the_promise(offline: Site, page: Page) -> None:
    chat = offline.enter(page)
    chat.say("check this PR again in 10 seconds")
    expect(chat.answers.first).to_contain_text("I will come back to it: “check this PR again”, in 10 seconds")

    with socket_of(offline, page) as socket:
        promise, answer = said_on(socket, "I will come back to it"), said_on(socket, "It is time")

    is_a_reply(page, "It is time", to="I will come back to it")
    assert answer["task_id"]
    assert answer["reply_to"] == promise["seq"]


def test_a_reminder_needs_no_key_and_no_setting(offline: Site, page: Page) -> None:
    chat = offline.enter(page)

    chat.say("remind me in 10 seconds to stretch")

    expect(chat.answers.first).to_contain_text("I will remind you: “stretch”")
    is_a_reply(page, "stretch", to="I will remind you")


def test_what_is_scheduled_is_told_and_the_second_one_cancelled(offline: Site, page: Page) -> None:
    chat = offline.enter(page, "planner")
    for request in ("remind me in 2 hours to call Ann", "every weekday at 9 remind me of the stand-up", "remind me in 3 hours to go home"):
        chat.say(request)
        chat.rests()

    chat.say("what is scheduled?")
    expect(chat.answers.last).to_contain_text("call Ann")
    chat.say("cancel the second one")
    expect(chat.answers.last).to_contain_text("Cancelled: “go home”")
    chat.say("change the first one to tomorrow at 10")
    expect(chat.answers.last).to_contain_text(", at 10:00")
    chat.say("what is scheduled?")

    expect(chat.answers.last).to_contain_text("stand-up")
    expect(chat.answers.last).not_to_contain_text("go home")


def test_a_model_does_the_same_through_the_tools(scripted: Site, slow_model: ModelServer, page: Page) -> None:
    asked = {"mode": "prompt_agent", "text": "Check whether the PR was merged", "delay_seconds": 10}
    slow_model.call_tools(("schedule_task", asked)).reply("I will look again in ten seconds.").reply("It was merged.")
    chat = scripted.enter(page)

    chat.say("check this PR again in 10 seconds")

    expect(chat.answers.first).to_contain_text("I will look again in ten seconds.")
    is_a_reply(page, "It was merged.", to="I will look again in ten seconds.")


def test_the_terminal_stays_for_what_comes_later(offline: Site) -> None:
    done = offline.machine.run("ask", "check this PR again in 10 seconds", "--follow", "20", "--user", "admin")

    assert done.returncode == 0, done.stderr
    assert done.stdout.index("I will come back to it") < done.stdout.index("It is time: “check this PR again”")
    assert "> I will come back to it" in done.stderr
