"""A workflow in a browser: written in the form, run with a scripted model, asked about, and reported."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Complaints
from tests.e2e.site import Site
from tests.fakes.model_server import ModelServer

pytestmark = pytest.mark.e2e

ASK = {"kind": "choice", "question": "How long?", "options": ["One page", "Five pages"]}


def write(page: Page, site: Site) -> None:
    """Write a workflow of two steps in the form, the wrong way first."""
    page.goto(f"{site.address}/workflows/new/")
    page.get_by_role("button", name="Add an input").click()
    expect(page.locator("#i0-name")).to_be_focused()
    page.locator("#i0-name").fill("topic")
    page.get_by_role("button", name="Add a step").click()
    expect(page.locator("#s1-key")).to_be_focused()
    page.locator("#s0-prompt").fill("Look up {{ input.topic }}.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It has none: give it one")).to_have_count(2)
    page.get_by_label("Name", exact=True).first.fill("Tea report")
    page.locator("#s1-prompt").fill("Write about {{ steps.step_1.output }}.")
    page.locator("#s1-prompt").blur()
    expect(page.get_by_text("It has none: give it one")).to_have_count(0)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Duplicate")).to_be_visible()


def test_a_workflow_is_written_run_answered_and_reported(scripted: Site, slow_model: ModelServer, page: Page) -> None:
    slow_model.call_tools(("request_user_help", ASK)).reply("Tea is a leaf.").reply("All about **tea**.")
    scripted.enter(page, "weaver")
    write(page, scripted)

    page.locator("#now-topic").fill("tea")
    page.get_by_role("button", name="Run now").click()
    box = page.locator(".graph .box", has_text="step_1")
    expect(box).to_have_attribute("data-status", "waiting")
    run = page.url
    page.get_by_role("link", name=re.compile("Questions")).click()
    page.get_by_role("button", name="One page").click()
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    page.goto(run)
    expect(box).to_have_attribute("data-status", "succeeded")
    expect(page.locator("#result")).to_contain_text("All about tea.")
    page.locator("main").get_by_role("link", name="Conversation").click()

    expect(page.locator(".run-card .badge")).to_have_text("Succeeded")
    expect(page.locator(".run-steps li")).to_have_text(["step_1: Succeeded", "step_2: Succeeded"])
    expect(page.locator(".entry.message", has_text="All about tea.").get_by_role("link", name="Run", exact=True)).to_be_visible()


def test_an_answer_given_elsewhere_clears_the_question_and_the_badge(scripted: Site, slow_model: ModelServer, page: Page) -> None:
    slow_model.call_tools(("ask_user", {"question": "Which one?", "options": ["Left", "Right"]})).reply("Fine.")
    chat = scripted.enter(page, "twotabs")
    chat.say("ask me")
    other = page.context.new_page()
    other.goto(f"{scripted.address}/questions/")
    expect(other.get_by_text("Which one?")).to_be_visible()

    page.get_by_role("button", name="Left", exact=True).click()

    expect(other.get_by_text("Nothing waits for you")).to_be_visible(timeout=4000)
    expect(other.locator("#waiting")).to_be_hidden()


POLICY = "from workflows.models import Agent; Agent.objects.update(tool_policy={!r})"


@pytest.fixture
def careful(scripted: Site) -> Iterator[None]:
    """Every agent asks before it remembers something."""
    scripted.machine.tell(POLICY.format({"remember": "ask"}))
    yield
    scripted.machine.tell(POLICY.format({}))


def test_a_call_is_approved_with_other_arguments(
    scripted: Site, careful: None, slow_model: ModelServer, page: Page, complaints: Complaints
) -> None:
    slow_model.call_tools(("remember", {"key": "tea", "value": "green"})).reply("Kept.")
    chat = scripted.enter(page, "careful")
    chat.say("remember my tea")
    expect(page.get_by_label("A question for you")).to_be_visible()
    page.goto(f"{scripted.address}/questions/")

    page.get_by_text("Change the arguments").click()
    page.get_by_label("Arguments as JSON").fill('{"key": "tea"')
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("alert").filter(has_text="not JSON")).to_be_visible()
    page.get_by_label("Arguments as JSON").fill('{"key": "tea", "value": "black"}')
    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    page.goto(f"{scripted.address}/runs/")
    page.locator("main .rows a.name").first.click()
    page.locator(".trace summary", has_text="Remember").click()
    expect(page.locator(".trace pre").first).to_contain_text("black")
    complaints[:] = [text for text in complaints if "422" not in text]  # What was refused on purpose.
