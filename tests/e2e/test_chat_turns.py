"""A turn as it is seen and steered: by keyboard, in two tabs, tried again, read out, in light and dark, wide and narrow."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from tests.e2e.axe import serious
from tests.e2e.conftest import Complaints
from tests.e2e.site import Chat, Site
from tests.fakes.model_server import ModelServer

pytestmark = pytest.mark.e2e

STORY = " ".join(f"word{n}" for n in range(60))
SIZES = {"wide": (1280, 800), "narrow": (380, 740)}


@pytest.fixture(params=[(size, scheme) for size in SIZES for scheme in ("light", "dark")], ids="-".join)
def looks(request: pytest.FixtureRequest, browser: Browser, complaints: Complaints) -> Iterator[Page]:
    """A page on a wide or narrow screen, light or dark."""
    size, scheme = request.param
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB")
    context.on("console", complaints.hear)
    yield context.new_page()
    context.close()


def test_everything_a_turn_shows_can_be_read_by_everybody(scripted: Site, slow_model: ModelServer, looks: Page) -> None:
    slow_model.call_tools(("current_time", {"time_zone": "Asia/Tokyo"})).call_tools(
        ("ask_user", {"question": "Which colour?", "options": ["Red", "Green"], "reason": "For the paint."})
    )
    looks.goto(scripted.link())
    looks.get_by_role("button", name="Sign in").click()
    looks.goto(f"{scripted.address}/chat/")
    looks.locator("form[action='/chats/new/'] button").first.evaluate("button => button.click()")
    chat = Chat(looks)
    chat.is_live()
    assert not serious(looks)

    chat.say("paint the shed")

    expect(looks.get_by_role("button", name="Green")).to_be_visible()
    assert not serious(looks)
    assert looks.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_answer_is_read_out_once_and_whole(scripted: Site, slow_model: ModelServer, page: Page) -> None:
    slow_model.reply(STORY)
    chat = scripted.enter(page)
    page.evaluate("""() => {
        window.heard = [];
        new MutationObserver(() => heard.push(announcer.textContent)).observe(announcer, { childList: true });
    }""")

    chat.say("tell me a story")

    expect(chat.answers).to_contain_text("word59")
    chat.rests()
    assert page.evaluate("heard.filter(Boolean)") == [STORY]


def test_what_is_typed_while_an_answer_comes_stays_and_has_the_focus(scripted: Site, slow_model: ModelServer, page: Page) -> None:
    slow_model.reply(STORY)
    chat = scripted.enter(page)
    chat.say("tell me a story")
    expect(chat.draft).to_contain_text("word3")

    page.keyboard.type("meanwhile")
    page.get_by_role("button", name="Stop").click()

    chat.rests()
    expect(chat.box).to_have_value("meanwhile")
    expect(chat.box).to_be_focused()


def test_a_stopped_turn_is_tried_again_once_in_whatever_tab(
    scripted: Site, slow_model: ModelServer, page: Page, context: BrowserContext
) -> None:
    slow_model.reply(STORY)
    chat = scripted.enter(page)
    other = Chat(context.new_page())
    other.page.goto(page.url)
    other.is_live()
    chat.say("tell me a story")
    expect(chat.draft).to_contain_text("word3")
    page.get_by_role("button", name="Stop").click()
    chat.rests()
    slow_model.reset().reply("The end.")

    page.get_by_role("button", name="Try again").click()

    expect(other.answers.last).to_contain_text("The end.")
    expect(other.page.get_by_role("button", name="Try again")).to_have_count(0)
    page.reload()
    chat.is_live()
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


def test_a_question_is_answered_without_a_mouse(scripted: Site, slow_model: ModelServer, page: Page) -> None:
    slow_model.call_tools(("ask_user", {"question": "Which colour?", "options": ["Red", "Green", "Blue"]})).reply("Good.")
    chat = scripted.enter(page)
    page.keyboard.type("paint the shed")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Stop asking")).to_be_visible()

    for key in ("Shift+Tab", "Shift+Tab", "Shift+Tab", "ArrowRight", "Enter"):
        page.keyboard.press(key)

    expect(page.get_by_label("A question for you")).to_contain_text("You answered:")
    expect(chat.answers.last).to_contain_text("Good.")
    expect(chat.box).to_be_focused()


def test_stop_asking_ends_the_question(scripted: Site, slow_model: ModelServer, page: Page) -> None:
    slow_model.call_tools(("ask_user", {"question": "Which colour?"}))
    chat = scripted.enter(page)
    chat.say("paint the shed")

    page.get_by_role("button", name="Stop asking").click()

    expect(page.get_by_label("A question for you")).to_contain_text("No answer is needed any more.")
    expect(chat.box).to_have_attribute("placeholder", "Write a message…")


def test_several_questions_are_answered_in_their_cards(scripted: Site, slow_model: ModelServer, page: Page) -> None:
    slow_model.call_tools(
        ("ask_user", {"question": "Which colour?", "options": ["Red", "Green"]}), ("ask_user", {"question": "How tall?"})
    ).reply("Good.")
    chat = scripted.enter(page)
    chat.say("paint the shed")
    colour, height = page.locator(".question").filter(has_text="colour"), page.locator(".question").filter(has_text="tall")
    expect(chat.box).to_have_attribute("placeholder", "Write a message…")

    height.get_by_label("Your answer").fill("Two metres")
    height.get_by_label("Your answer").press("Enter")
    expect(height).to_contain_text("You answered: Two metres")
    colour.get_by_role("button", name="Red").click()

    expect(colour).to_contain_text("You answered: Red")
    expect(chat.answers.last).to_contain_text("Good.")


def test_enter_that_ends_a_word_of_an_input_method_sends_nothing(offline: Site, page: Page) -> None:
    chat = offline.enter(page)
    chat.box.fill("こんにちは")

    chat.box.evaluate(
        "box => box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }))"
    )

    expect(chat.box).to_have_value("こんにちは")
    expect(chat.said).to_have_count(0)


def test_each_conversation_keeps_what_was_begun_in_it(offline: Site, page: Page) -> None:
    chat = offline.enter(page, "drafter")
    chat.say("hello")
    chat.rests()
    chat.box.fill("half a thought")

    begun = offline.begin(page)
    expect(begun.box).to_have_value("")
    page.get_by_role("link", name="hello", exact=True).click()

    chat.is_live()
    expect(chat.box).to_have_value("half a thought")


def test_who_was_signed_out_is_told_and_loses_nothing(offline: Site, page: Page, context: BrowserContext, complaints: Complaints) -> None:
    chat = offline.enter(page, "leaver")
    chat.box.fill("half a thought")
    page.context.clear_cookies()
    with complaints.about_the_network():
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        offline.program.kill("agentron web")
        expect(page.get_by_role("alert")).to_contain_text("You are signed out.")

    expect(chat.box).to_be_disabled()
    expect(chat.box).to_have_value("half a thought")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def test_a_conversation_deleted_in_another_tab_is_told_gone(
    offline: Site, page: Page, context: BrowserContext, complaints: Complaints
) -> None:
    chat = offline.enter(page, "remover")
    chat.say("hello")
    chat.rests()
    other = context.new_page()
    other.goto(page.url)
    other.get_by_role("button", name="Actions for this conversation").click()
    other.get_by_role("button", name="Delete…").click()
    other.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(other).not_to_have_url(page.url)

    chat.say("are you there?")

    expect(page.get_by_role("alert")).to_contain_text("This conversation is gone")
    expect(chat.box).to_have_value("are you there?")


def test_a_connection_that_went_silent_is_replaced_by_one(offline: Site, page: Page) -> None:
    sockets: list[WebSocketRoute] = []

    def pass_on_at_first(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        server = socket.connect_to_server()
        first = len(sockets) == 1
        socket.on_message(lambda text: None if first and silent else server.send(text))
        server.on_message(lambda text: None if first and silent else socket.send(text))

    silent = False
    page.route_web_socket("**/ws/chats/**", pass_on_at_first)
    chat = offline.enter(page, "sleeper")
    silent = True

    chat.say("hello")
    page.evaluate("dispatchEvent(new Event('online'))")

    expect(chat.answers).to_contain_text("Hello!")
    chat.rests()
    expect(chat.said).to_have_count(1)
    assert len(sockets) == 2
