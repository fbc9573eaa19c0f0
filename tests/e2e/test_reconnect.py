"""A tab whose server goes away, comes back, or was far away: nothing is lost, nothing comes twice, and the tab says what is going on."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from tests.e2e.conftest import Complaints
from tests.e2e.site import Chat, Site
from tests.fakes.model_server import ModelServer
from tests.machine import Program, until

pytestmark = pytest.mark.e2e

STORY = " ".join(f"word{n}" for n in range(90))
NEWS = 1_200
MISSED = """
from chat.models import Conversation, Message
from chat.log import post
talk = Conversation.objects.get(pk={!r})
post(talk.pk, *(Message(kind="message", author="assistant", via="run", text=f"news {{n}}") for n in range({})))
"""


def kill_web(program: Program) -> None:
    """kill -9 the web process, as soon as there is one."""
    until(lambda: "agentron web" in program.processes(), 15, "a web process")
    program.kill("agentron web")


def seqs(page: Page) -> list[int]:
    """The seqs of the log, as it shows them."""
    found: list[int] = page.evaluate("() => [...document.querySelectorAll('#log .entry')].map((one) => Number(one.dataset.seq))")
    return found


def connection(page: Page, state: str) -> None:
    """Wait until the page says that its connection is in `state`."""
    expect(page.locator("#connection")).to_have_attribute("data-state", state)


def test_a_web_process_killed_again_and_again_loses_and_doubles_nothing(
    scripted: Site, slow_model: ModelServer, page: Page, context: BrowserContext, complaints: Complaints
) -> None:
    slow_model.reply(STORY)
    chat = scripted.enter(page)
    other = Chat(context.new_page())
    other.page.goto(page.url)
    other.is_live()
    chat.say("tell me a story")

    with complaints.about_the_network():
        for word in ("word3", "word30", "word60"):
            expect(chat.draft).to_contain_text(word)
            kill_web(scripted.program)
            expect(page.locator("#connection")).to_contain_text(re.compile("Offline|Connecting"))
            chat.is_live()

    for tab in (chat, other):
        expect(tab.answers.locator(".prose")).to_have_text(STORY)
        tab.rests()
        assert seqs(tab.page) == list(range(1, len(seqs(page)) + 1))
        expect(tab.page.get_by_text("word89")).to_have_count(1)


def test_what_is_sent_while_the_server_is_away_goes_out_once(
    scripted: Site, slow_model: ModelServer, page: Page, complaints: Complaints
) -> None:
    slow_model.reply("One answer.").reply("A second one.", times=None)
    chat = scripted.enter(page)

    with complaints.about_the_network():
        kill_web(scripted.program)
        connection(page, "offline")
        chat.say("are you there?")
        expect(page.locator("#pending")).to_contain_text("are you there?")
        # Written down in the tab: it outlives the page, too.
        page.reload()
        chat.is_live()

    expect(chat.answers).to_have_text(re.compile("One answer."))
    chat.rests()
    expect(chat.said).to_have_count(1)
    assert seqs(page) == list(range(1, len(seqs(page)) + 1))


def test_a_tab_that_was_away_for_long_gets_all_it_missed_in_order(offline: Site, page: Page) -> None:
    away = False
    sockets: list[WebSocketRoute] = []

    def connect(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        if away:
            socket.close(code=1013)
        else:
            socket.connect_to_server()

    page.route_web_socket(re.compile("/ws/"), connect)
    chat = offline.enter(page)
    chat.say("hello")
    chat.rests()
    before = len(seqs(page))

    away = True
    sockets[-1].close(code=1013)
    connection(page, "offline")
    offline.machine.tell(MISSED.format(page.url.rstrip("/").rpartition("/")[2], NEWS))
    away = False

    chat.is_live()
    expect(page.locator("#log .entry")).to_have_count(before + NEWS)
    assert seqs(page) == list(range(1, before + NEWS + 1))
    texts = page.locator("#log .entry .prose").all_text_contents()
    assert [text.strip() for text in texts[-NEWS:]] == [f"news {n}" for n in range(NEWS)]


def test_a_restart_in_the_middle_of_an_answer_finishes_the_answer(
    tmp_path: Path, migrated: Path, slow_model: ModelServer, page: Page, complaints: Complaints
) -> None:
    slow_model.reset().reply(STORY, times=None)
    with Site.up(tmp_path, migrated, AGENTRON_MODEL="openai-chat:some-model", **slow_model.env) as site:
        chat = site.enter(page)
        chat.say("tell me a story")
        expect(chat.draft).to_contain_text("word9")

        with complaints.about_the_network():
            site.program.stop()
            connection(page, "offline")
            site.machine.start("up", "--port", site.address.rpartition(":")[2])
            chat.is_live()

        expect(chat.answers.locator(".prose")).to_have_text(STORY)
        chat.rests()
        expect(page.get_by_text("word89")).to_have_count(1)
        assert seqs(page) == list(range(1, len(seqs(page)) + 1))
        page.close()
