"""The profile and the models, as a person sets them."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.site import Chat, Site
from tests.fakes.model_server import KEY, ModelServer, running

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def quick_model() -> Iterator[ModelServer]:
    with running() as server:
        yield server


def confirm(page: Page, verb: str) -> None:
    page.get_by_role("dialog").get_by_role("button", name=verb).click()


def test_the_theme_holds_at_once_and_after_a_reload(offline: Site, page: Page) -> None:
    offline.enter(page, "owl")
    page.goto(f"{offline.address}/profile/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")

    with page.expect_response("**/profile/theme/"):
        page.get_by_text("Dark").click()

    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()
    assert light != dark == page.evaluate("getComputedStyle(document.body).backgroundColor")
    expect(page.get_by_label("Dark")).to_be_checked()


def test_times_are_told_in_the_zone_that_was_chosen(offline: Site, page: Page) -> None:
    chat = offline.enter(page, "traveller")
    chat.say("hello")
    chat.rests()
    page.goto(f"{offline.address}/profile/")

    page.get_by_label("Time zone").fill("Pacific/Kiritimati")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    page.goto(f"{offline.address}/runs/")
    expect(page.locator(".row time").first).to_have_attribute("title", re.compile(r"\+14$"))


def test_a_zone_that_is_none_is_told_in_its_place(offline: Site, page: Page) -> None:
    offline.enter(page, "dreamer")
    page.goto(f"{offline.address}/profile/")

    page.get_by_label("Time zone").fill("Middle/Earth")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_label("Time zone")).to_have_accessible_description(re.compile("“Middle/Earth” is not a time zone"))
    page.get_by_role("button", name="Use this device’s zone").click()
    expect(page.get_by_label("Time zone")).to_have_value(re.compile("Asia/(Kolkata|Calcutta)"))


def test_a_token_lets_a_program_in_until_it_is_revoked(offline: Site, page: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    offline.enter(page, "programmer")
    page.goto(f"{offline.address}/profile/")

    page.get_by_label("What will use it?").fill("backup script")
    page.get_by_role("button", name="Make a token").click()
    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    secret = page.evaluate("navigator.clipboard.readText()")
    assert secret == page.get_by_label("The new token").input_value()
    with httpx.Client(base_url=offline.address, headers={"Authorization": f"Bearer {secret}"}) as program:
        assert program.get("/api/runs").status_code == 200
        page.get_by_role("button", name="Revoke backup script").click()
        confirm(page, "Revoke")
        expect(page.get_by_text("is revoked")).to_be_visible()
        assert program.get("/api/runs").status_code == 401


def test_a_provider_is_connected_tested_and_answers(offline: Site, page: Page, quick_model: ModelServer) -> None:
    offline.enter(page)
    page.goto(f"{offline.address}/")
    page.get_by_role("link", name="Connect a model").click()
    page.get_by_role("link", name="Another service").click()
    page.get_by_label("Address").fill(f"{quick_model.url}/v1")
    page.get_by_label("API key").fill("not-the-key")
    page.get_by_label("Default model").fill("some-model")
    page.get_by_role("button", name="Save").click()

    quick_model.fail(401)
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator(".tested")).to_contain_text("refused the key")
    page.get_by_role("link", name="Edit compatible").click()
    page.get_by_label("API key").fill(KEY)
    page.get_by_role("button", name="Save").click()
    quick_model.reset().reply("ready")
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator(".tested")).to_contain_text("It answered: “ready”")
    expect(page.locator(".answering")).to_contain_text("compatible:some-model")

    quick_model.reply("Hello from a real model.")
    chat = offline.begin(page)
    chat.say("hello")
    expect(Chat(page).answers.last).to_contain_text("Hello from a real model.")
    page.goto(f"{offline.address}/settings/models/")
    page.get_by_role("link", name="Edit compatible").click()
    page.get_by_role("button", name="Delete compatible").click()
    confirm(page, "Delete")
    expect(page.locator(".answering")).to_contain_text("offline assistant")


def test_who_may_not_see_models_is_told_so(offline: Site, page: Page, complaints: list[str]) -> None:
    offline.enter(page, "plain")

    answer = page.goto(f"{offline.address}/settings/models/")

    assert answer is not None
    assert answer.status == 403
    expect(page.get_by_text("ask your administrator")).to_be_visible()
    complaints.clear()  # Browsers report a page that is a 403.
