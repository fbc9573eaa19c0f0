"""What a careful visitor looks for on each page: weight, strangers, complaints, names, headings, a phone's width, contrast."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.e2e.axe import serious
from tests.e2e.conftest import Complaints
from tests.e2e.site import Chat, Site

pytestmark = pytest.mark.e2e

# Bytes over the wire of a first visit, with everything the page loads.
MOST_BYTES = 250_000
WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=380, height=720)
SIGNED_IN = {
    "chat": "{chat}",
    "empty chat": "{empty}",
    "archived": "/chats/archived/",
    "home": "/",
    "runs": "/runs/",
    "run": "{run}",
    "questions": "/questions/",
    "workflows": "/workflows/",
    "new workflow": "/workflows/new/",
    "workflow": "{workflow}",
    "changing a workflow": "{workflow}edit/",
    "version of a workflow": "{workflow}versions/1/",
    "run of a workflow": "{flow}",
    "what a model was sent": "{sent}",
    "scheduled": "/scheduled/",
    "all tasks": "/scheduled/?show=all",
    "new task": "/scheduled/new/?say=every+weekday+at+9+tell+me+the+news",
    "task": "{task}",
    "changing a task": "{task}edit/",
    "month": "/scheduled/month/",
    "chat of a task": "{task_chat}",
    "profile": "/profile/",
    "models": "/settings/models/",
    "new model": "/settings/models/add/?like=openai",
    "nothing here": "/nothing/",
}
ADMIN = {
    "front page": "/admin/",
    "runs": "/admin/workflows/run/",
    "run": "/admin/workflows/run/{admin_run}/change/",
    "tasks": "/admin/tasks/task/",
    "task": "/admin/tasks/task/{admin_task}/change/",
    "new task": "/admin/tasks/task/add/",
    "questions": "/admin/workflows/helprequest/",
    "conversations": "/admin/chat/conversation/",
    "users": "/admin/auth/user/",
    "nothing here": "/admin/nothing/",
}
OUTSIDE = {"sign in": "/login/", "link": "{link}", "used link": "/sign-in/used/"}
PROSE = """
from chat.models import Conversation, Message
from chat.log import post
text = "# Plan\\n\\n1. *one*\\n2. `two`\\n\\n```python\\nprint(1)\\n```\\n\\n| a | b |\\n|---|---|\\n| 1 | 2 |\\n\\n> said [so](https://example.com)\\n\\n---"
talk = Conversation.objects.order_by("-updated_at").first()
post(talk.pk, Message(kind="message", author="assistant", via="run", text=text), Message(kind="thought", author="assistant", via="run", text="hm"))
"""
FLOW = """
from django.contrib.auth.models import User
from workflows import editing, engine
from workflows.definition import Definition
from workflows.models import Agent
owner = User.objects.get(username="admin")
agent = Agent.objects.of(owner).first().name
first = {"key": "ask", "agent": agent, "prompt": "what time is it in {{ input.city }}?"}
when = {"step": "ask", "op": "contains", "value": "nothing"}
steps = [first, {**first, "key": "tell", "after": ["ask"]}, {**first, "key": "never", "after": ["ask"], "when": when}]
inputs = [{"name": "city", "description": "Where", "default": "Tokyo"}]
workflow = editing.save(Definition.model_validate({"name": "Time", "inputs": inputs, "steps": steps}), owner=owner, by=owner)
print(workflow.pk, engine.execute(workflow, by=owner, trigger="cli").pk)
"""
TASKS = """
from datetime import timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from chat.log import post
from chat.models import Message
from tasks import planning
from tasks.drafts import Draft
from tasks.models import Occurrence
owner = User.objects.get(username="admin")
def add(**said):
    return planning.add(Draft.model_validate(said), owner=owner, via=Message.Via.WEB).task
task = add(text="tell me the news", schedule="0 9 * * 1-5", time_zone="America/New_York")
planning.pause(add(text="water the plants", mode="notify", schedule="daily@18:00"), by=owner)
planning.cancel(add(text="call Anna", mode="notify", delay_hours=3), by=owner)
for days, state in enumerate(("fired", "missed", "skipped", "coalesced", "blocked", "cancelled"), 1):
    Occurrence.objects.create(task=task, due_at=timezone.now() - timedelta(days=days), state=state, reason="So it was.", count=days)
for n in range(5):
    said = {"via": "schedule", "task_id": task.pk}
    post(task.conversation_id, Message(author="user", user=owner, text="news?", payload={"prompt": True}, **said))
    post(task.conversation_id, Message(author="assistant", text="None.", payload={"paused": n == 4}, **said))
print(task.pk, task.conversation_id)
"""
ERROR = "from django.template.loader import render_to_string; print(render_to_string('{}.html'))"
HEADINGS = "() => [...document.querySelectorAll('h1')].filter((one) => one.checkVisibility()).length"
SIDEWAYS = "() => document.documentElement.scrollWidth - innerWidth"


class House:
    """Agentron after a first morning of use, and how its owner's browser is signed in."""

    def __init__(self, site: Site, browser: Browser) -> None:
        self.site = site
        context = browser.new_context()
        page = context.new_page()
        self.paths = {"link": site.link()[len(site.address) :], **live_in(site, page), **work_in(site, page), **plan_in(site)}
        self.state = context.storage_state()
        context.close()

    def visit(self, context: BrowserContext, path: str) -> tuple[Page, "Traffic"]:
        """A page in a new tab, once everything it loads is there, and what went over the wire for it."""
        page = context.new_page()
        traffic = Traffic(page)
        page.goto(self.site.address + path.format(**self.paths))
        page.wait_for_load_state("load")
        if page.locator("#connection").count():
            Chat(page).is_live()
        return page, traffic


class Traffic:
    """What a tab asks for."""

    def __init__(self, page: Page) -> None:
        self.page, self.weight = page, 0
        self.urls: list[str] = []
        page.on("request", lambda request: self.urls.append(request.url))
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.on("Network.loadingFinished", self.weigh)

    def weigh(self, event: dict[str, Any]) -> None:
        """Add a file with its headers, as it came: compressed."""
        self.weight += int(event["encodedDataLength"])

    def strangers(self) -> list[str]:
        """The addresses that are not the page's own site's."""
        own = self.page.url[: self.page.url.index("/", len("http://"))]
        return [url for url in self.urls if not url.startswith((own, "data:"))]


def live_in(site: Site, page: Page) -> dict[str, str]:
    """Say and ask things; where they can be seen."""
    chat = site.enter(page)
    for words in ("what time is it in Tokyo?", "Ask me to choose between red, green or blue"):
        chat.say(words)
        chat.rests() if "time" in words else expect(page.get_by_label("A question for you")).to_be_visible()
    site.machine.tell(PROSE)
    talk = page.url
    page.get_by_role("button", name="New conversation", exact=True).click()
    page.wait_for_url(lambda url: url != talk)
    empty = page.url
    page.goto(f"{site.address}/runs/")
    run = page.locator("main a[href^='/runs/']").filter(visible=True)
    found = {"chat": talk, "empty": empty, "run": next(link for link in hrefs(run) if re.search(r"/runs/[0-9a-f-]{36}/", link))}
    return {name: path.removeprefix(site.address) for name, path in found.items()} | {"admin_run": found["run"].split("/")[-2]}


def work_in(site: Site, page: Page) -> dict[str, str]:
    """Make a workflow and run it; where both can be seen."""
    workflow, run = site.machine.tell(FLOW).split()
    page.goto(f"{site.address}/runs/{run}/")
    expect(page.locator("#result")).to_be_visible()
    sent = hrefs(page.get_by_role("link", name="Raw messages", include_hidden=True))[0]
    return {"workflow": f"/workflows/{workflow}/", "flow": f"/runs/{run}/", "sent": sent}


def plan_in(site: Site) -> dict[str, str]:
    """Schedule things; where one of them can be seen, and what it said."""
    task, talk = site.machine.tell(TASKS).split()
    return {"task": f"/scheduled/{task}/", "admin_task": task, "task_chat": f"/chats/{talk}/"}


def hrefs(links: Any) -> list[str]:
    """Where links lead."""
    found: list[str] = links.evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    return found


@pytest.fixture(scope="module")
def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[House]:
    with Site.up(tmp_path_factory.mktemp("quality"), migrated) as site:
        yield House(site, browser)


@pytest.fixture
def inside(house: House, browser: Browser, complaints: Complaints) -> Iterator[BrowserContext]:
    """The owner's browser, with nothing in its cache."""
    yield from watched(browser, complaints, storage_state=house.state)


@pytest.fixture
def outside(browser: Browser, complaints: Complaints) -> Iterator[BrowserContext]:
    """A browser that nobody has signed in with."""
    yield from watched(browser, complaints)


def watched(browser: Browser, complaints: Complaints, **options: Any) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce", **options)
    context.on("console", complaints.hear)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    context.close()


@pytest.mark.parametrize("name", SIGNED_IN)
def test_a_page_is_fit_for_everybody(house: House, inside: BrowserContext, complaints: Complaints, name: str) -> None:
    assert not faults(*house.visit(inside, SIGNED_IN[name]))
    complaints[:] = [text for text in complaints if "404" not in text]  # The page of what is not there is one.


@pytest.mark.parametrize("name", ADMIN)
def test_a_page_of_the_admin_is_fit_for_everybody(house: House, inside: BrowserContext, complaints: Complaints, name: str) -> None:
    assert not barriers(house.visit(inside, ADMIN[name])[0])
    complaints[:] = [text for text in complaints if "404" not in text]


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_an_error_is_told_to_everybody(house: House, outside: BrowserContext, complaints: Complaints, status: int) -> None:
    shown = house.site.machine.tell(ERROR.format(status))
    outside.route("**/broken/", lambda route: route.fulfill(status=status, content_type="text/html", body=shown))

    page, _ = house.visit(outside, "/broken/")

    assert page.get_by_role("link", name="To the start").is_visible()
    assert not barriers(page)
    complaints[:] = [text for text in complaints if str(status) not in text]


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_way_in_is_fit_for_everybody(house: House, outside: BrowserContext, name: str) -> None:
    assert not faults(*house.visit(outside, OUTSIDE[name]))


def faults(page: Page, traffic: "Traffic") -> list[str]:
    """What is wrong with a page of the site."""
    found = [f"asks {url}" for url in traffic.strangers()]
    found += [f"weighs {traffic.weight:,} bytes"] if traffic.weight > MOST_BYTES else []
    found += [] if page.evaluate(HEADINGS) == 1 else ["not one heading of the first level"]
    return found + barriers(page)


def barriers(page: Page) -> list[str]:
    """What keeps somebody out, at both widths, in light and in dark."""
    found = [] if page.title() and page.locator("html[lang]").count() else ["no title or no language"]
    for scheme in ("light", "dark"):
        for size in (WIDE, NARROW):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.set_viewport_size(size)
            # In the dark nothing but the colours is another.
            broken = serious(page) if scheme == "light" else serious(page, runOnly=["color-contrast"])
            found += [f"{scheme}, {size['width']} px: {fault}" for fault in (*sideways(page), *broken)]
    return found


def sideways(page: Page) -> list[str]:
    """Whether one has to scroll sideways."""
    too_wide = page.evaluate(SIDEWAYS)
    return [f"{too_wide} px too wide"] if too_wide > 0 else []
