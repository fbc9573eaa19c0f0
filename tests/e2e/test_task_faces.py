"""Tasks made outside of the chat: in the terminal, for a conversation that is open; and in the admin."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.site import Site

pytestmark = pytest.mark.e2e


def test_a_task_added_in_the_terminal_shows_in_the_open_conversation(offline: Site, page: Page) -> None:
    chat = offline.enter(page, "ann")
    chat.say("hello")
    chat.rests()
    conversation = page.url.rstrip("/").rsplit("/", 1)[1]

    done = offline.machine.run(
        "tasks", "add", "Stretch your legs", "--mode", "notify", "--in", "5s", "--chat", conversation, "--user", "ann"
    )

    assert done.returncode == 0, done.stderr
    announced = chat.said.filter(has_text="Scheduled: Stretch your legs")
    expect(announced.locator(".task-badge")).to_be_visible()
    expect(announced).to_contain_text("via the terminal")
    reminder = chat.answers.filter(has_text="Stretch your legs")
    expect(reminder.locator(".task-badge")).to_contain_text("Reminder")
    expect(reminder.locator(".quote")).to_contain_text("Scheduled: Stretch your legs")


def test_the_admin_shows_what_a_schedule_means_while_it_is_typed(offline: Site, page: Page) -> None:
    offline.enter(page)
    page.goto(f"{offline.address}/admin/tasks/task/add/")
    preview = page.locator(".schedule-preview")
    expect(preview).to_be_hidden()

    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_label("Schedule").fill("0 9 * * 1-5")

    expect(preview).to_contain_text("weekdays at 09:00, Europe/Berlin")
    expect(preview.locator("li")).to_have_count(5)
    expect(preview.locator("li").first).to_contain_text(", 09:00")
