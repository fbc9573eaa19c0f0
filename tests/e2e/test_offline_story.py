"""The first five minutes, with nothing configured."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.site import Chat, Site

pytestmark = pytest.mark.e2e


def test_a_link_signs_in_and_hello_is_answered(offline: Site, page: Page) -> None:
    chat = offline.enter(page)

    chat.say("hello")

    expect(chat.answers).to_contain_text("Hello!")
    chat.rests()
    expect(chat.said).to_have_count(1)
    expect(chat.box).to_be_focused()
    expect(page.get_by_role("heading", level=1)).to_have_text("hello")


def test_a_sign_in_link_works_once(offline: Site, page: Page, context: BrowserContext) -> None:
    link = offline.link()
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    context.clear_cookies()

    page.goto(link)

    expect(page.get_by_role("heading")).to_have_text("This link does not work any more")
    expect(page.get_by_role("button", name="Sign in")).to_have_count(0)


@pytest.mark.parametrize(
    ("example", "shown"),
    [
        ("What can you do?", "#log .by-assistant .prose:has-text('remember')"),
        ("Remind me in 1 minute to stretch", "#log .by-assistant .prose:has-text('I will remind you: “stretch”')"),
        ("Ask me to choose between red, green or blue", "#log .question .choice:has-text('green')"),
    ],
)
def test_the_examples_work(offline: Site, page: Page, example: str, shown: str) -> None:
    offline.enter(page)

    page.get_by_role("button", name=example).click()

    expect(page.locator(shown)).to_be_visible()
    expect(page.get_by_role("heading", name="What can I do for you?")).to_be_hidden()


def test_a_tool_call_is_one_card_that_opens(offline: Site, page: Page) -> None:
    chat = offline.enter(page)
    chat.say("what time is it in Tokyo?")
    chat.rests()

    card = page.locator("#log .card:visible")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("Current time")
    expect(card).to_contain_text("done")
    card.locator("summary").click()
    expect(card.locator("section pre").last).to_contain_text("Asia/Tokyo")


def test_a_reload_shows_the_same(offline: Site, page: Page) -> None:
    chat = offline.enter(page)
    chat.say("what time is it in Tokyo?")
    chat.rests()
    chat.say("ask me something")
    expect(page.get_by_label("A question for you")).to_be_visible()
    before = chat.entries()

    page.reload()

    chat.is_live()
    assert chat.entries() == before


def test_two_tabs_show_the_same(offline: Site, page: Page, context: BrowserContext) -> None:
    chat = offline.enter(page)
    other = Chat(context.new_page())
    other.page.goto(page.url)
    other.is_live()

    chat.say("hello")
    other.say("what can you do?")

    expect(chat.answers).to_have_count(2)
    expect(other.answers).to_have_count(2)
    chat.rests()
    other.rests()
    assert chat.entries() == other.entries()


def test_a_question_is_answered_in_the_message_box(offline: Site, page: Page) -> None:
    chat = offline.enter(page)
    chat.say("ask me something")
    question = page.get_by_label("A question for you")
    expect(chat.box).to_have_attribute("placeholder", "Write your answer…")

    chat.say("I like <b>tea</b>")

    expect(question).to_contain_text("You answered: I like <b>tea</b>")
    expect(chat.answers.last).to_contain_text("tea")
    expect(chat.said).to_have_count(1)


def test_shift_enter_makes_a_new_line(offline: Site, page: Page) -> None:
    chat = offline.enter(page)
    chat.box.fill("hello")
    chat.box.press("Shift+Enter")
    chat.box.press_sequentially("again")
    expect(chat.box).to_have_value("hello\nagain")

    chat.box.press("Enter")

    expect(chat.said.first).to_contain_text("hello\nagain", use_inner_text=True)


def test_times_are_in_the_readers_zone(offline: Site, page: Page) -> None:
    chat = offline.enter(page)
    chat.say("hello")
    chat.rests()

    stamp = page.locator("#log time").first
    local = page.evaluate(
        "at => new Date(at).toLocaleTimeString('en-GB', {hour: '2-digit', minute: '2-digit'})", stamp.get_attribute("datetime")
    )
    expect(stamp).to_have_text(local)
    expect(stamp).to_have_attribute("title", re.compile("India|GMT\\+5:30"))


def test_what_is_too_long_is_told_before_it_is_sent(offline: Site, page: Page) -> None:
    chat = offline.enter(page)

    chat.say("x" * 20_001)

    expect(page.get_by_role("alert")).to_contain_text("at most 20,000 characters")
    expect(page.locator("#room")).to_have_text("1 character too many")
    expect(chat.box).to_have_value("x" * 20_001)
    expect(chat.said).to_have_count(0)


def test_a_stranger_sees_nothing_of_it(offline: Site, page: Page, context: BrowserContext, complaints: list[str]) -> None:
    offline.enter(page)
    address = page.url
    context.clear_cookies()
    offline.enter(page, "stranger")

    answer = page.goto(address)

    assert answer is not None
    assert answer.status == 404
    complaints.clear()  # Browsers report a page that is a 404.


def test_the_list_opens_on_a_narrow_screen(offline: Site, page: Page) -> None:
    chat = offline.enter(page)
    chat.say("hello")
    chat.rests()
    page.set_viewport_size({"width": 380, "height": 720})
    expect(page.get_by_role("complementary")).to_be_hidden()

    page.get_by_role("button", name="Menu").click()

    expect(page.get_by_role("link", name="hello").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
