"""Tasks in their conversation: a card under the promise, badges and quotes above what comes of it, long series that fold."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.site import Chat, Site

pytestmark = pytest.mark.e2e

MADE = """
from chat.models import Conversation, Message
from tasks import planning
from tasks.drafts import Draft
talk = Conversation.objects.get(pk={talk!r})
task = planning.add(Draft(text={text!r}, mode="notify", conversation=talk.pk, {when}), owner=talk.owner, via=Message.Via.CLI).task
"""
SERIES = """
from chat.log import post
def say(author, text, **payload):
    post(talk.pk, Message(author=author, user=talk.owner, via="schedule", text=text, task_id=task.pk, payload=payload))
for n in range(6):
    say("user", f"question {n}", prompt=True)
    say("assistant", f"answer {n}")
"""
PAUSED = """
from chat.log import post
from tasks.models import Task
Task.objects.filter(pk=task.pk).update(enabled=False, next_due_at=None, paused_because="It failed 5 times in a row.", failures=5)
post(talk.pk, Message(author="assistant", via="schedule", text="It is paused.", task_id=task.pk, payload={"paused": True}))
"""


def talk_of(page: Page) -> str:
    found = re.search(r"/chats/([0-9a-f-]{36})/", page.url)
    assert found
    return found[1]


def do(site: Site, page: Page, text: str, when: str, more: str = "") -> None:
    """Let a task be made in the conversation of the page, from the terminal."""
    site.machine.tell(MADE.format(talk=talk_of(page), text=text, when=when) + more)


def test_what_a_task_says_wears_its_badge_and_leads_back_to_the_promise(offline: Site, page: Page) -> None:
    chat = offline.enter(page, "rememberer")
    chat.say("hello")
    chat.rests()

    do(offline, page, "stretch", "delay_seconds=15")

    promise = page.locator(".entry[data-scheduled]")
    expect(promise.locator(".task-badge")).to_contain_text("Scheduled")
    expect(promise.locator(".task-card [data-countdown]")).to_have_text(re.compile(r"in \d+ s"))
    reminder = chat.answers.last
    expect(reminder.locator(".task-badge")).to_contain_text("Reminder", timeout=40_000)
    expect(reminder.locator(".quote")).to_contain_text("Scheduled: stretch")
    expect(promise.locator(".task-card")).to_contain_text("Succeeded")
    reminder.locator(".quote").click()
    expect(promise).to_have_class(re.compile("pointed"))
    expect(promise).to_be_focused()
    reminder.locator(".task-badge").click()
    expect(page.get_by_role("heading", name="stretch", exact=True)).to_be_visible()


def test_a_quote_leads_to_a_promise_that_is_not_on_the_page(offline: Site, page: Page) -> None:
    chat = offline.enter(page, "historian")
    filler = '\nfrom chat.log import post\npost(talk.pk, *(Message(author="assistant", via="run", text=f"line {n}") for n in range(150)))\n'
    tell = 'post(talk.pk, Message(author="assistant", via="schedule", text="now", task_id=task.pk, payload={"reminder": True}))\n'
    do(offline, page, "look back", "delay_days=3", filler + tell)
    page.reload()
    chat.is_live()

    page.locator(".quote", has_text="Scheduled: look back").click()

    expect(page).to_have_url(re.compile(r"\?at=1$"))
    expect(page.locator(".entry.pointed")).to_contain_text("Scheduled: look back")


def test_a_task_is_paused_resumed_and_cancelled_under_its_promise(offline: Site, page: Page) -> None:
    offline.enter(page, "changer")
    do(offline, page, "stretch", "schedule='daily@09:00'")
    card = page.locator(".task-card")

    card.get_by_role("button", name="Pause “stretch”").click()

    expect(card).to_contain_text("Paused")
    card.get_by_role("button", name="Resume “stretch”").click()
    expect(card.locator("[data-countdown]")).to_be_visible()
    card.get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the task").click()
    expect(card).to_contain_text("Cancelled")
    expect(card.get_by_role("button")).to_have_count(0)


def test_a_task_that_failed_too_often_is_resumed_where_it_says_so(offline: Site, page: Page) -> None:
    chat = offline.enter(page, "resumer")
    do(offline, page, "stretch", "schedule='daily@09:00'", PAUSED)
    told = chat.answers.last

    told.get_by_role("button", name="Resume").click()

    expect(told.get_by_role("button", name="Resume")).to_be_hidden()
    expect(page.locator(".task-card [data-countdown]")).to_be_visible()
    page.reload()
    chat.is_live()
    expect(page.locator(".task-card")).to_be_visible()
    expect(told.get_by_role("button", name="Resume")).to_be_hidden()


def test_a_long_series_folds_and_unfolds(offline: Site, page: Page) -> None:
    chat: Chat = offline.enter(page, "subscriber")
    do(offline, page, "news", "delay_days=3", SERIES)
    expect(chat.answers.last).to_contain_text("answer 5")
    page.reload()
    chat.is_live()

    expect(page.get_by_text("answer 5")).to_be_visible()
    expect(page.get_by_text("question 5")).to_be_visible()
    expect(page.get_by_text("answer 2")).to_be_hidden()

    page.get_by_role("button", name=re.compile(r"Show \d+ earlier entries of this task")).click()

    expect(page.get_by_text("answer 2")).to_be_visible()
    expect(page.locator(".fold")).to_have_count(0)


def test_a_question_that_was_pushed_up_is_one_press_away(offline: Site, page: Page) -> None:
    chat = offline.enter(page, "asked")
    chat.say("Ask me to choose between red, green or blue")
    expect(page.get_by_label("A question for you")).to_be_visible()
    show = page.get_by_role("button", name="Show the question")
    expect(show).to_be_hidden()
    do(offline, page, "stretch", "delay_seconds=0")

    show.click()

    expect(page.get_by_role("button", name="red", exact=True)).to_be_focused()


def test_a_tasks_question_is_answered_in_its_card(offline: Site, page: Page) -> None:
    chat = offline.enter(page, "chooser")
    chat.is_live()
    when = 'delay_seconds=0, mode="prompt_agent"'
    made = MADE.replace('mode="notify", ', "").format(talk=talk_of(page), text="Ask me to choose between red, green or blue", when=when)
    offline.machine.tell(made)
    question = page.get_by_label("A question for you")
    expect(page.locator("#answering")).to_contain_text("Which one do you choose?")

    question.get_by_role("button", name="green").click()

    expect(question).to_contain_text("You answered: green")
    expect(page.locator("#activity")).to_be_hidden()
