"""The same assistant from the phone: one conversation, seen there and in a browser page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.phone import Phone, linked
from tests.fakes.model_server import ModelServer
from tests.fakes.telegram import ADA, BOB, STRANGER, TOKEN
from tests.fakes.telegram_faults import cut, trouble, wait
from tests.machine import until

pytestmark = pytest.mark.e2e

STORY = " ".join(f"word{n}" for n in range(120))
# Long words, for the model says one after the other.
PARAGRAPHS = "\n\n".join(f"Paragraph {n}: " + f"{'long' * 15}ing " * 7 for n in range(20)).strip()
PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\0\x05\0\1\xff"
    b"\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82"
)
TIME = ("current_time", {"time_zone": "Europe/Berlin"})


@pytest.fixture(scope="module")
def _phone(tmp_path_factory: pytest.TempPathFactory, migrated: Path, browser: Browser, slow_model: ModelServer) -> Iterator[Phone]:
    with linked(tmp_path_factory.mktemp("phone"), migrated, browser, slow_model) as phone:
        yield phone
        assert TOKEN not in phone.site.program.output


@pytest.fixture
def phone(_phone: Phone) -> Phone:
    """A linked phone, in a conversation in which nothing was said yet, and a model with nothing to say."""
    _phone.new()
    return _phone


@pytest.fixture
def page(context: BrowserContext, phone: Phone) -> Page:
    """A browser of the phone's owner."""
    page = context.new_page()
    page.goto(phone.site.link())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Message", exact=True)).to_be_visible()
    return page


def test_nobody_else_is_served(phone: Phone) -> None:
    before = len(phone.model.requests())

    phone.say("/tasks", by=STRANGER)
    phone.say("hello", by=BOB)
    phone.telegram.wait(lambda: phone.telegram.texts(STRANGER.chat) and phone.telegram.texts(BOB.chat), 20, "the refusals")

    assert len(phone.model.requests()) == before
    assert len(phone.telegram.texts(STRANGER.chat)) == 1


def test_an_answer_grows_on_the_phone_and_on_the_page(phone: Phone, page: Page) -> None:
    phone.model.call_tools(TIME).reply(STORY)

    said = phone.say("Tell me **a story**")
    phone.heard("word3")
    chat = phone.open(page)
    answer = phone.heard("word119")

    expect(chat.said).to_contain_text("Tell me **a story**")
    expect(chat.said).to_contain_text("via Telegram")
    expect(chat.answers.locator(".prose")).to_have_text(STORY)
    chat.rests()
    assert answer.text == STORY
    assert phone.telegram.texts(ADA.chat).count(STORY) == 1
    assert [version for version in answer.versions if "word3" in version and "word119" not in version]
    assert said.reaction == "👀"
    assert phone.telegram.calls("sendChatAction", ADA.chat)


def test_what_is_being_done_stands_in_one_line_that_changes(phone: Phone) -> None:
    # The first delay is that of the call.
    phone.model.call_tools(TIME).delay(0.1).delay(4).reply("It is late.")

    phone.say("What time is it?")

    phone.telegram.wait(lambda: [one for one in phone.telegram.said() if "urrent time" in " ".join(one.versions)], 20, "the status line")
    phone.heard("It is late.")
    phone.telegram.wait(lambda: not [text for text in phone.telegram.texts(ADA.chat) if "urrent time" in text], what="the end of the line")


def test_what_is_said_on_the_page_stands_on_the_phone_too(phone: Phone, page: Page) -> None:
    phone.model.reply("Hello phone.").reply("Hello page.")
    phone.say("I am on the phone")
    phone.heard("Hello phone.")
    chat = phone.open(page)

    chat.say("now I am at the desk")

    expect(chat.answers.last).to_contain_text("Hello page.")
    phone.heard("Hello page.")
    assert phone.heard("now I am at the desk").silent


def test_a_question_is_answered_by_a_button_and_says_so_everywhere(phone: Phone, page: Page) -> None:
    phone.model.call_tools(("ask_user", {"question": "Which colour?", "options": ["Red", "Green"]})).reply("Painted green.")
    phone.say("paint the shed")
    question = phone.heard("Which colour?")
    chat = phone.open(page)
    asked = page.get_by_label("A question for you")
    expect(asked).to_contain_text("Which colour?")

    query = phone.telegram.press(question, "2. Green")

    expect(asked).to_contain_text("You answered: Green")
    expect(chat.answers.last).to_contain_text("Painted green.")
    assert "Green" in phone.telegram.toast(query)
    phone.becomes(question, "Answered by admin on Telegram: Green")
    assert not question.buttons
    phone.heard("Painted green.")


def test_other_takes_words_and_a_second_answer_is_refused(phone: Phone) -> None:
    phone.model.call_tools(("ask_user", {"question": "Which paint?", "options": ["Red", "Green"]})).reply("Painted blue.")
    phone.say("paint the shed")
    question = phone.heard("Which paint?")
    red = question.data("1. Red")

    phone.telegram.press(question, "Other…")
    opened = phone.heard("Write your answer")
    assert opened.force_reply
    phone.say("Blue, please", reply_to=opened)

    phone.heard("Painted blue.")
    phone.becomes(question, "Blue, please")
    late = phone.telegram.press(question, "", data=red)
    assert "already" in phone.telegram.toast(late) or "answered" in phone.telegram.toast(late)


def test_a_question_that_the_page_answers_loses_its_buttons(phone: Phone, page: Page) -> None:
    phone.model.call_tools(("ask_user", {"question": "Which size?", "options": ["S", "L"]})).reply("Large it is.")
    phone.say("order a shirt")
    question = phone.heard("Which size?")
    phone.open(page)

    page.get_by_label("A question for you").get_by_role("button", name="L", exact=True).click()

    phone.becomes(question, "Answered by admin on the page: L")
    assert not question.buttons
    phone.heard("Large it is.")


def test_what_was_promised_comes_as_a_reply_to_the_promise(phone: Phone, page: Page) -> None:
    later = {"mode": "prompt_agent", "text": "check the oven", "delay_seconds": 4}
    phone.model.call_tools(("schedule_task", later)).reply("I will look again.").reply("The oven is hot.")

    phone.say("check the oven in 4 seconds")

    promise, followed = phone.heard("I will look again."), phone.heard("The oven is hot.")
    assert followed.reply_to == promise.id
    chat = phone.open(page)
    expect(chat.answers.last).to_contain_text("The oven is hot.")
    expect(chat.answers.last.locator(".quote")).to_contain_text("I will look again.")


def test_what_is_scheduled_is_listed_with_numbers_and_cancelled_by_a_button(phone: Phone, page: Page) -> None:
    phone.say("/schedule 3h water the plants")
    phone.heard("Scheduled: water the plants")

    phone.say("/scheduled")
    shown = phone.heard("1. water the plants")
    query = phone.telegram.press(shown, "Cancel 1")

    assert phone.telegram.toast(query) == "Cancelled: water the plants"
    phone.heard("Nothing is scheduled")
    page.goto(f"{phone.site.address}/scheduled/?show=ended")
    expect(page.locator(".row.task", has_text="water the plants")).to_contain_text("Cancelled")


def test_a_reminder_set_on_the_phone_rings_there_and_answers_its_promise(phone: Phone) -> None:
    phone.say("/schedule 3s stretch")

    promise = phone.heard("Scheduled: stretch")
    rung = phone.telegram.wait(
        lambda: next((one for one in phone.telegram.sent(ADA.chat) if "stretch" in one.text and one.id > promise.id), None),
        30,
        "the reminder",
    )
    assert (rung.reply_to, rung.silent) == (promise.id, False)


def test_an_album_and_a_document_are_files_of_the_conversation(phone: Phone, page: Page) -> None:
    phone.model.reply("Two photos.").reply("A list.")

    phone.telegram.album([PNG, PNG], "my garden")
    phone.heard("Two photos.")
    phone.telegram.document("list.txt", b"Milk and honey\n", caption="what is this?")
    phone.heard("A list.")

    chat = phone.open(page)
    expect(page.locator(".card.file img")).to_have_count(2)
    expect(chat.said).to_have_count(2)
    expect(chat.said.first).to_contain_text("my garden")
    assert page.locator(".card.file img").first.evaluate("async (one) => { await one.decode(); return one.naturalWidth }") == 1
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Download list.txt")).click()
    assert download.value.path().read_bytes() == b"Milk and honey\n"
    assert "> Milk and honey" in phone.asked_of_model()


def test_what_telegram_does_not_take_arrives_later_and_in_order(phone: Phone) -> None:
    phone.model.reply("First.").reply("Second.")
    phone.telegram.fault("sendMessage", wait(2), trouble(), cut())

    phone.say("one")
    phone.say("two")

    phone.heard("Second.")
    answers = [text for text in phone.telegram.texts(ADA.chat) if text in ("First.", "Second.")]
    assert answers == ["First.", "Second."]


def test_what_cannot_be_kept_is_refused_in_words(phone: Phone) -> None:
    phone.telegram.document("game.exe", b"MZ\x90\0\3\0", "application/octet-stream")

    phone.heard("of a kind that is not kept")


def test_a_long_answer_comes_in_parts_and_whole(phone: Phone, page: Page) -> None:
    phone.model.reply(PARAGRAPHS)

    phone.say("tell me everything")
    last = phone.heard("Paragraph 19:")

    parts = [one for one in phone.telegram.sent(ADA.chat) if "Paragraph" in one.text and one.id <= last.id]
    assert len(parts) > 1
    assert all(len(one.text) <= 4096 for one in parts)
    assert " ".join(" ".join(one.text for one in parts).split()) == " ".join(PARAGRAPHS.split())
    chat = phone.open(page)
    expect(chat.answers.last).to_contain_text("Paragraph 19:")


def test_a_question_of_a_scheduled_run_outlives_a_restart(
    tmp_path: Path, migrated: Path, browser: Browser, slow_model: ModelServer
) -> None:
    slow_model.reset()
    with linked(tmp_path, migrated, browser, slow_model) as phone:
        slow_model.call_tools(("ask_user", {"question": "Shall it be red or green?", "options": ["Red", "Green"]})).reply(
            "The fence is green."
        )
        made = phone.site.machine.run("tasks", "add", "paint the fence", "--in", "2s", "--user", "admin")
        assert made.returncode == 0, made.stderr
        question = phone.heard("red or green?")

        assert phone.site.program.stop() < 10
        again = phone.site.machine.start("up", "--port", phone.site.address.rsplit(":", 1)[1])
        query = phone.telegram.press(question, "2. Green")

        phone.becomes(question, "Answered by admin on Telegram: Green")
        assert "Green" in phone.telegram.toast(query)
        phone.heard("The fence is green.")
        until(lambda: '"succeeded"' in phone.site.machine.run("runs", "list", "--json", "--user", "admin").stdout, 30, "the run's end")
        assert TOKEN not in again.output
