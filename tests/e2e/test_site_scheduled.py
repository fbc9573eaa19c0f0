"""The page Scheduled: tasks are made in a sentence, watched, paused, run and cancelled there, and it keeps itself up to date."""

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.e2e.conftest import Complaints
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e


def plan(page: Page, site: Site, sentence: str) -> None:
    """Make a task of a sentence, and go to its page."""
    page.goto(f"{site.address}/scheduled/new/")
    page.get_by_label("What shall happen, and when?").fill(sentence)
    page.get_by_role("button", name="Schedule it").click()
    expect(page.get_by_text("is scheduled.")).to_be_visible()


def listed(page: Page, site: Site, title: str, query: str = "") -> Locator:
    """The row of a task in the list."""
    page.goto(f"{site.address}/scheduled/{query}")
    return page.locator(".row", has_text=title)


def confirm(page: Page, verb: str) -> None:
    page.get_by_role("dialog").get_by_role("button", name=verb).click()


def test_a_sentence_is_understood_while_it_is_typed_and_happens_when_it_says(offline: Site, page: Page) -> None:
    offline.enter(page, "planner")
    page.goto(f"{offline.address}/scheduled/")
    page.get_by_role("link", name="every weekday at 9").click()
    understood = page.locator("#understood")
    expect(understood).to_contain_text("Weekdays at 09:00")
    expect(understood.locator("[data-countdown]")).to_have_count(3)
    page.get_by_label("What shall happen, and when?").fill("in 4 seconds remind me to stretch")
    expect(understood).to_contain_text("Remind: stretch")

    page.get_by_label("What shall happen, and when?").press("Enter")

    expect(page.get_by_role("heading", name="stretch", exact=True)).to_be_visible()
    expect(page.locator("#history .badge")).to_have_text("Done", timeout=20_000)
    page.locator("#history").get_by_role("link", name="Message").click()
    expect(page.locator(".entry.pointed")).to_contain_text("stretch")


def test_a_mistake_stands_at_its_field_and_what_was_typed_stays(offline: Site, page: Page) -> None:
    offline.enter(page, "stumbler")
    page.goto(f"{offline.address}/scheduled/new/")
    page.get_by_text("Say each part exactly").click()
    page.get_by_text("Ask the agent").click()
    page.get_by_label("What", exact=True).fill("tell me the news")
    page.get_by_text("Again and again").click()
    page.get_by_label("Schedule", exact=True).fill("daily@25:00")
    expect(page.locator("#understood")).to_contain_text("hours go from 0 to 23")

    page.get_by_role("button", name="Schedule it").click()

    schedule = page.get_by_label("Schedule", exact=True)
    expect(schedule).to_be_focused()
    expect(schedule).to_have_value("daily@25:00")
    expect(schedule).to_have_accessible_description(re.compile("hours go from 0 to 23"))
    expect(page.get_by_label("What", exact=True)).to_have_value("tell me the news")
    schedule.fill("daily@09:15")
    schedule.press("Enter")
    expect(page.locator(".facts")).to_contain_text("every day at 09:15")


def test_a_task_is_paused_and_cancelled_with_the_keyboard_alone(offline: Site, page: Page) -> None:
    offline.enter(page, "typist")
    plan(page, offline, "every day at 7 remind me to feed the cat")
    row = listed(page, offline, "feed the cat")

    row.get_by_role("button", name="Pause “feed the cat”").press("Enter")

    expect(page.locator("#told")).to_contain_text("“feed the cat” is paused.")
    expect(page.locator("#paused")).to_contain_text("feed the cat")
    row.get_by_role("button", name="Resume “feed the cat”").press("Enter")
    expect(row.locator("[data-countdown]")).to_be_visible()
    row.get_by_role("button", name="Cancel “feed the cat”").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("It will not happen any more.")
    expect(page.get_by_role("dialog").get_by_role("button", name="Keep it")).to_be_focused()
    confirm(page, "Cancel the task")
    expect(row).to_have_count(0)
    expect(page.locator("#live")).to_be_focused()
    expect(listed(page, offline, "feed the cat", "?show=ended")).to_contain_text("Cancelled")


def test_news_take_nobodys_place(offline: Site, page: Page, context: BrowserContext) -> None:
    offline.enter(page, "watcher")
    for n in range(12):
        plan(page, offline, f"every day at {n + 8} remind me to do thing {n}")
    page.goto(f"{offline.address}/scheduled/")
    last = page.locator(".row").last.get_attribute("id")
    button = page.locator(f"#{last}").get_by_role("button", name="Pause")
    button.focus()
    before = page.locator(".scroll").evaluate("one => one.scrollTop")
    other = context.new_page()

    plan(other, offline, "in 2 hours remind me to do something new")

    expect(page.locator(".row", has_text="something new")).to_be_visible()
    expect(button).to_be_focused()
    assert before > 0
    place = page.evaluate("() => document.activeElement.getBoundingClientRect()")
    assert 0 < place["top"] < 800


def test_the_countdown_goes_on_by_itself(offline: Site, page: Page) -> None:
    offline.enter(page, "counter")
    plan(page, offline, "in 90 seconds remind me to drink tea")
    left = listed(page, offline, "tea").locator("[data-countdown]")

    expect(left).to_have_text(re.compile(r"in 1 min \d+ s"))
    expect(left).to_have_text(re.compile(r"in \d\d s"), timeout=50_000)


def test_a_task_is_run_now_changed_and_deleted(offline: Site, page: Page) -> None:
    offline.enter(page, "keeper")
    plan(page, offline, "every Monday at 8:30 remind me to send the report")

    page.get_by_role("button", name="Run now").click()

    expect(page.locator("#history")).to_contain_text("by hand")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Schedule", exact=True).fill("0 10 * * 5")
    expect(page.locator("#understood")).to_contain_text("Fridays at 10:00")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".facts")).to_contain_text("Fridays at 10:00")
    page.get_by_role("button", name="Cancel").click()
    confirm(page, "Cancel the task")
    page.get_by_role("button", name="Delete").click()
    confirm(page, "Delete")
    expect(page.get_by_text("is deleted.")).to_be_visible()


def test_what_changed_meanwhile_is_told_in_words(offline: Site, page: Page, context: BrowserContext, complaints: Complaints) -> None:
    offline.enter(page, "twice")
    plan(page, offline, "every day at 7 remind me to stretch")
    other = context.new_page()
    other.goto(page.url)
    # It does not look again, as if its network were slow.
    other.route("**/scheduled/**", lambda route: route.fulfill(status=204) if "looks=" in route.request.url else route.continue_())
    page.get_by_role("button", name="Cancel").click()
    confirm(page, "Cancel the task")
    expect(page.locator(".facts")).to_contain_text("Cancelled")

    other.get_by_role("button", name="Pause").click()

    expect(other.locator("#told")).to_contain_text("This task is cancelled: only a pending one can be paused.")
    complaints.clear()  # The browser tells of the 409.


def test_a_month_is_a_sheet_and_on_a_phone_a_list(offline: Site, page: Page) -> None:
    offline.enter(page, "monthly")
    plan(page, offline, "every day at 7 remind me to stretch")
    page.goto(f"{offline.address}/scheduled/month/")
    page.get_by_role("link", name="The month after").click()
    mark = page.locator(".month .mark[data-status=coming]").first
    expect(mark).to_contain_text("stretch")
    expect(page.locator(".agenda:visible")).to_have_count(0)

    page.locator(".month td:not(.outside) a.number").first.click()
    expect(page.locator(".agenda:visible")).to_have_count(1)
    page.set_viewport_size({"width": 380, "height": 720})

    assert page.locator(".agenda:visible").count() >= 28
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
