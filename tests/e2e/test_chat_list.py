"""The list of conversations: find, rename, archive, delete, and see what is new."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e.conftest import Complaints
from tests.e2e.site import Chat, Site

pytestmark = pytest.mark.e2e

# Somebody with 70 conversations, in the oldest of which lamb is talked about.
MANY = """
from datetime import timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from chat import log
from chat.models import Conversation, Message
user = User.objects.create(username="keeper")
for number in range(70, 0, -1):
    talk = Conversation.objects.create(owner=user, title=f"Talk {number}")
    words = "How long does lamb roast?" if number == 70 else f"Words {number}"
    log.post(talk.pk, Message(author="assistant", text=words, via="run"))
    Conversation.objects.filter(pk=talk.pk).update(updated_at=timezone.now() - timedelta(hours=number), unread=number == 3)
"""


@pytest.fixture(scope="module")
def kept(offline: Site) -> Site:
    offline.machine.tell(MANY)
    return offline


@pytest.fixture
def keeper(kept: Site, page: Page) -> Page:
    """The page of somebody with many conversations."""
    page.goto(kept.link("keeper"))
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{kept.address}/chat/")
    Chat(page).is_live()
    return page


def row(page: Page, title: str) -> Locator:
    return page.locator("#conversations li").filter(has=page.get_by_role("link", name=title, exact=True))


def open_menu(page: Page, title: str) -> None:
    row(page, title).hover()
    page.get_by_role("button", name=f"Actions for {title}", exact=True).click()


def test_a_title_is_written_where_it_stands(offline: Site, page: Page) -> None:
    chat = offline.enter(page, "renamer")
    chat.say("hello")
    chat.rests()

    open_menu(page, "hello")
    page.keyboard.press("Enter")
    page.get_by_label("Title of the conversation").fill("A better <b>title</b>")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("A better <b>title</b>")
    expect(row(page, "A better <b>title</b>")).to_have_count(1)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("A better <b>title</b>")


def test_escape_keeps_the_title(offline: Site, page: Page) -> None:
    chat = offline.enter(page, "keeper of titles")
    chat.say("hello")
    chat.rests()
    page.get_by_role("button", name="Actions for this conversation").click()
    page.get_by_role("button", name="Rename").click()

    page.get_by_label("Title of the conversation").fill("Never mind")
    page.keyboard.press("Escape")

    expect(page.get_by_role("heading", level=1)).to_have_text("hello")
    expect(row(page, "hello")).to_have_count(1)


def test_what_is_archived_leaves_the_list_and_comes_back(offline: Site, page: Page) -> None:
    chat = offline.enter(page, "archivist")
    chat.say("hello")
    chat.rests()

    open_menu(page, "hello")
    page.get_by_role("button", name="Archive", exact=True).click()

    expect(page.get_by_text("This conversation is archived.")).to_be_visible()
    expect(row(page, "hello")).to_have_count(0)
    page.get_by_role("link", name="Archived conversations").click()
    page.get_by_role("button", name="Unarchive hello").click()
    expect(row(page, "hello")).to_have_count(1)
    expect(page.get_by_text("Nothing is archived")).to_be_visible()


def test_deleting_asks_first(offline: Site, page: Page) -> None:
    chat = offline.enter(page, "tidy")
    chat.say("hello")
    chat.rests()
    address = page.url
    open_menu(page, "hello")
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Cancel").click()
    expect(row(page, "hello")).to_have_count(1)

    open_menu(page, "hello")
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    expect(row(page, "hello")).to_have_count(0)
    assert page.url != address


def test_what_is_at_work_is_not_deleted(offline: Site, page: Page, complaints: Complaints) -> None:
    chat = offline.enter(page, "busy")
    chat.say("ask me something")
    expect(page.get_by_label("A question for you")).to_be_visible()

    open_menu(page, "ask me something")
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    expect(page.get_by_role("alert").filter(has_text="stop it first")).to_be_visible()
    expect(row(page, "ask me something")).to_have_count(1)
    complaints.clear()  # Browsers report an answer of 409.


def test_more_of_the_list_comes_as_one_scrolls(keeper: Page) -> None:
    rows = keeper.locator("#conversations li[id]")
    expect(rows).to_have_count(60)

    rows.last.scroll_into_view_if_needed()

    expect(rows).to_have_count(70)
    expect(row(keeper, "Talk 70")).to_have_count(1)


def test_only_what_was_not_seen_is_marked(keeper: Page) -> None:
    expect(keeper.locator("#conversations .unread")).to_have_count(1)

    keeper.get_by_role("link", name="Talk 3 unread").click()

    expect(keeper.get_by_role("heading", level=1)).to_have_text("Talk 3")
    expect(keeper.locator("#conversations .unread")).to_have_count(0)


def test_a_search_leads_to_the_very_message(keeper: Page) -> None:
    keeper.keyboard.press("Control+k")
    keeper.keyboard.type("LAMB roast")
    expect(keeper.locator("#found mark").first).to_have_text("lamb")
    expect(keeper.locator("#conversations")).to_be_hidden()

    keeper.keyboard.press("ArrowDown")
    keeper.keyboard.press("Enter")

    expect(keeper.get_by_role("heading", level=1)).to_have_text("Talk 70")
    expect(keeper.locator(".entry.pointed")).to_contain_text("How long does lamb roast?")


def test_a_search_finds_titles_and_says_when_there_is_nothing(keeper: Page) -> None:
    box = keeper.get_by_role("searchbox", name="Search conversations")
    box.fill("talk 42")
    expect(keeper.locator("#found li")).to_have_count(1)

    box.fill("unheard of")

    expect(keeper.get_by_text("Nothing found for “unheard of”")).to_be_visible()
    box.press("Escape")
    expect(keeper.locator("#conversations")).to_be_visible()


def test_a_conversation_that_changes_elsewhere_moves_up_and_disturbs_nothing(offline: Site, page: Page, context: BrowserContext) -> None:
    chat = offline.enter(page, "mover")
    chat.say("hello")
    chat.rests()
    here = offline.begin(page)
    here.say("what can you do?")
    here.rests()
    open_menu(page, "hello")
    other = Chat(context.new_page())
    other.page.goto(page.url)
    other.page.get_by_role("link", name="hello", exact=True).click()
    other.is_live()
    other.say("hello again")
    other.rests()

    page.evaluate("htmx.trigger(document.body, 'conversations-changed')")

    expect(page.locator("#conversations li").first).to_contain_text("hello")
    expect(page.locator("#row-menu")).to_be_visible()


def test_a_list_that_did_not_change_is_not_sent_again(offline: Site, page: Page) -> None:
    offline.enter(page, "quiet")

    with page.expect_response(lambda response: "/chats/?" in response.url) as answer:
        page.evaluate("htmx.trigger(document.body, 'conversations-changed')")

    assert answer.value.status == 204


def test_nobody_finds_what_is_somebody_elses(kept: Site, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    kept.enter(page, "curious")

    page.get_by_role("searchbox", name="Search conversations").fill("lamb")

    expect(page.get_by_text("Nothing found")).to_be_visible()
    expect(page.locator("#conversations")).not_to_contain_text("Talk")
    context.close()
