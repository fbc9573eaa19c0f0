"""A long conversation: older messages come as one scrolls up, days are told apart, and nothing jumps."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.site import Chat, Site

pytestmark = pytest.mark.e2e

# Somebody with 250 messages of five days, each of which is a line or several.
LONG = """
from datetime import timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from chat import log
from chat.models import Conversation, Message, Profile
user = User.objects.create(username="reader")
Profile.objects.create(user=user, time_zone="America/New_York")
talk = Conversation.objects.create(owner=user, title="A long one")
begun = timezone.now() - timedelta(days=5)
log.post(talk.pk, *(
    Message(author="assistant", text=f"**number {n}** " + "word " * (n % 7 * 20) + ("saffron" if n == 77 else ""), via="run", at=begun + timedelta(days=n / 50))
    for n in range(1, 251)
))
"""
# The place of an entry on the screen. Scrolling goes by whole pixels and lines are of broken height, so less than one is the same place.
TOP = "id => document.getElementById(id).getBoundingClientRect().top"
IN_SIGHT = """() => {
    const top = document.getElementById('scroll').getBoundingClientRect().top;
    return [...document.querySelectorAll('#log .entry')].find((one) => one.getBoundingClientRect().top > top).id;
}"""


@pytest.fixture(scope="module")
def kept(offline: Site) -> Site:
    offline.machine.tell(LONG)
    return offline


@pytest.fixture
def reader(kept: Site, page: Page) -> Page:
    """The page of somebody with a long conversation."""
    page.goto(kept.link("reader"))
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{kept.address}/chat/")
    page.get_by_role("link", name="A long one").click()
    Chat(page).is_live()
    return page


def scroll(page: Page, pixels: int) -> None:
    page.locator("#scroll").evaluate("(box, pixels) => (box.scrollTop = -pixels)", pixels)


def test_a_long_conversation_opens_at_its_end(reader: Page) -> None:
    expect(reader.get_by_text("number 250", exact=True)).to_be_in_viewport()
    expect(reader.get_by_text("number 150", exact=True)).to_have_count(0)


def test_older_messages_come_as_one_scrolls_up_and_nothing_moves(reader: Page) -> None:
    scroll(reader, 2_000)
    seen = reader.evaluate(IN_SIGHT)
    before = reader.evaluate(TOP, seen)

    reader.locator("#scroll").evaluate("box => (box.scrollTop -= 0)")
    while reader.locator(".earlier").count():
        reader.locator(".earlier").evaluate("place => place.scrollIntoView()")
        reader.wait_for_function("() => !document.querySelector('.htmx-request')")
    scroll(reader, 2_000)

    expect(reader.locator("#log .entry")).to_have_count(250)
    assert reader.evaluate(TOP, seen) == pytest.approx(before, abs=0.99)


def test_each_day_begins_with_its_name(reader: Page) -> None:
    while reader.locator(".earlier").count():
        reader.locator(".earlier").evaluate("place => place.scrollIntoView()")
        reader.wait_for_function("() => !document.querySelector('.htmx-request')")

    days = reader.locator("#log .day").all_text_contents()

    assert days[-1] in ("Today", "Yesterday")
    assert len(days) == len(set(days)) == 6


def test_times_are_in_the_zone_of_the_profile(reader: Page) -> None:
    stamp = reader.locator("#log time").last
    told = reader.evaluate(
        "at => new Date(at).toLocaleTimeString('en-GB', {hour: 'numeric', minute: '2-digit', timeZone: 'America/New_York'})",
        stamp.get_attribute("datetime"),
    )
    expect(stamp).to_have_text(told)


def test_who_has_scrolled_up_is_told_of_news_and_not_moved(reader: Page) -> None:
    chat = Chat(reader)
    scroll(reader, 1_500)
    expect(reader.get_by_role("button", name="Newest messages")).to_be_visible()
    seen = reader.evaluate(IN_SIGHT)
    before = reader.evaluate(TOP, seen)

    other = Chat(reader.context.new_page())
    other.page.goto(reader.url)
    other.is_live()
    other.say("hello")

    expect(reader.get_by_role("button", name="New messages")).to_be_visible()
    chat.rests()
    assert reader.evaluate(TOP, seen) == pytest.approx(before, abs=0.99)
    reader.get_by_role("button", name="New messages").click()
    expect(chat.answers.last).to_be_in_viewport()
    expect(reader.locator("#newest")).to_be_hidden()


def test_an_old_message_is_shown_among_its_neighbours(reader: Page) -> None:
    reader.get_by_role("searchbox").fill("saffron")

    reader.locator("#found a").click()

    expect(reader.locator(".entry.pointed")).to_contain_text("number 77")
    expect(reader.locator(".entry.pointed")).to_be_in_viewport()
    expect(reader.get_by_text("number 76", exact=True)).to_have_count(1)
    reader.get_by_role("link", name="Go to the newest").click()
    expect(reader.locator("#connection")).to_have_attribute("data-state", "live")
