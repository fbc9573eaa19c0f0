"""Home: what waits is answered there, what runs is stopped there, and it keeps itself up to date."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import Complaints
from tests.e2e.site import Chat, Site
from tests.fakes.model_server import ModelServer

pytestmark = pytest.mark.e2e

STORY = " ".join(f"word{n}" for n in range(400))


def begin(page: Page, text: str) -> None:
    """Hand something over on the page itself."""
    page.get_by_label("What can I do for you?").fill(text)
    page.get_by_label("What can I do for you?").press("Enter")
    Chat(page).is_live()


def home(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/")
    expect(page.get_by_role("heading", name="Running now")).to_be_visible()


def test_an_example_leads_to_its_answer(offline: Site, page: Page) -> None:
    offline.enter(page, "newcomer")
    home(page, offline)

    page.get_by_role("button", name="Remind me in 1 minute to stretch").click()

    expect(Chat(page).answers.last).to_contain_text("I will remind you")


def test_a_question_is_answered_at_home(scripted: Site, slow_model: ModelServer, page: Page, context: BrowserContext) -> None:
    slow_model.call_tools(("ask_user", {"question": "Which colour?", "options": ["Red", "Green"]})).reply("Good.")
    scripted.enter(page, "painter")
    home(page, scripted)
    begin(page, "paint the shed")
    chat = context.new_page()
    chat.goto(page.url)
    home(page, scripted)
    question = page.get_by_label("A question for you")

    question.get_by_label("Another answer").fill("Green")
    question.get_by_label("Another answer").press("Enter")

    expect(page.locator("#told")).to_contain_text("Answered")
    expect(question).to_have_count(0)
    expect(page.locator("#live")).to_be_focused()
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.locator(".row", has_text="paint the shed")).to_contain_text("Succeeded")
    expect(chat.get_by_label("A question for you")).to_contain_text("You answered: Green")


def test_what_is_typed_survives_news_and_a_late_answer_is_told_so(
    scripted: Site, slow_model: ModelServer, page: Page, context: BrowserContext, complaints: Complaints
) -> None:
    slow_model.call_tools(("ask_user", {"question": "Which colour?"})).reply("Good.")
    scripted.enter(page, "typist")
    home(page, scripted)
    begin(page, "paint the shed")
    expect(page.get_by_label("A question for you")).to_be_visible()
    other = context.new_page()
    home(other, scripted)
    mine = other.get_by_label("Your answer")
    mine.press_sequentially("a shade of bl")

    page.get_by_label("Message", exact=True).fill("red")
    page.get_by_label("Message", exact=True).press("Enter")

    expect(other.locator(".row", has_text="paint the shed")).to_contain_text("Succeeded")
    expect(mine).to_have_value("a shade of bl")
    expect(mine).to_be_focused()
    mine.press("Enter")
    expect(other.locator("#told")).to_contain_text("already answered by typist")
    expect(mine).to_have_count(0)
    complaints.clear()  # The browser tells of the 409.


def test_a_run_is_stopped_at_home(scripted: Site, slow_model: ModelServer, page: Page) -> None:
    slow_model.reply(STORY)
    scripted.enter(page, "stopper")
    home(page, scripted)
    begin(page, "tell me a story")
    expect(Chat(page).draft).to_contain_text("word3")
    home(page, scripted)
    row = page.locator(".row", has_text="tell me a story")

    row.get_by_role("button", name="Cancel").click()

    expect(row).to_contain_text("Cancelled")
    expect(row.get_by_role("button", name="Try again")).to_be_visible()


def test_what_failed_is_tried_again_on_its_page(scripted: Site, slow_model: ModelServer, page: Page) -> None:
    slow_model.fail(401)
    scripted.enter(page, "retrier")
    home(page, scripted)
    begin(page, "say hello")
    expect(page.locator(".problem")).to_be_visible()
    slow_model.reset().reply("Here I am.")
    page.goto(f"{scripted.address}/runs/?status=failed")
    page.locator("main").get_by_role("link", name="say hello", exact=True).first.click()
    expect(page.get_by_role("alert")).to_contain_text("refused the key")
    failed = page.url

    page.get_by_role("button", name="Try again").click()

    expect(page.locator(".trace")).to_contain_text("Here I am.")
    expect(page.locator(".facts")).to_contain_text("Succeeded")
    page.get_by_role("link", name="Run ", exact=False).last.click()
    expect(page).to_have_url(failed)
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
