"""The story of the pictures: a summer party is planned, and then every other page is looked at."""

from playwright.sync_api import expect

from tests.fakes.model_server import ModelServer
from tests.screenshots.camera import Camera

FINDINGS = """\
Three places have room for 41 people. With six vegans in mind:

| Place | A head | Vegan menu | Free in June |
|---|---|---|---|
| **Quinta do Vale** | €48 | yes, four dishes | 18th, 19th |
| Mercado Norte | €39 | two starters | 19th |
| Casa da Praia | €62 | on request | all of it |

Quinta do Vale stays below your €2,400 and has no boat anywhere near it."""
CODE = """\
This adds up what each team spent:

```python
from collections import Counter

def spent(rows):
    total = Counter()
    for team, amount in rows:
        total[team] += amount
    return total.most_common()
```

Call it with pairs of team and amount, the largest comes first. See [Counter](https://docs.python.org/3/library/collections.html)."""
PLANNED = (
    "every weekday at 9 tell me what is new about the summer party",
    "in 2 hours remind me to call Quinta do Vale",
    "every Monday at 8:30 remind me to send the weekly numbers",
)
LONG = " ".join(f"and then comes point {number}, which takes a moment to explain," for number in range(80))


def play(camera: Camera, model: ModelServer) -> None:
    """Plan the party up to the question, for the README; then look at the admin's front page."""
    page, chat = camera.page, camera.chat
    camera.site.begin(page)
    camera.shoot("chat-empty")
    model.call_tools(("recall", {"key": "team"}), ("current_time", {"time_zone": "Europe/Lisbon"}))
    model.call_tools(
        (
            "ask_user",
            {
                "question": "Shall I hold a table at Quinta do Vale? They keep it for two days.",
                "options": ["Hold Thursday 18th", "Hold Friday 19th", "Neither"],
                "reason": "It is the only one with a vegan menu under the budget.",
            },
        ),
        text=FINDINGS,
    )
    chat.say("Find a place for the team's summer party in June, at most €2,400 for all.")
    expect(page.get_by_label("A question for you")).to_be_visible()
    expect(page.get_by_role("link", name="Questions")).to_contain_text("1", timeout=40_000)
    camera.show("chat")
    camera.open("/admin/")
    camera.show("admin")
    page.go_back()
    chat.is_live()


def look_around(camera: Camera, model: ModelServer) -> None:
    """Every other state of every page."""
    answer_and_more(camera, model)
    trouble(camera, model)
    the_list(camera)
    other_pages(camera)
    the_schedule(camera)
    the_admin(camera)


def answer_and_more(camera: Camera, model: ModelServer) -> None:
    page, chat = camera.page, camera.chat
    model.reply("Held for Friday 19th until tomorrow evening. I will remind you if nobody confirms.")
    page.get_by_role("button", name="Hold Friday 19th").click()
    chat.rests()
    camera.shoot("chat-answered")
    page.locator("#log .card summary").first.click()
    camera.shoot("chat-tool-open")
    model.reply(CODE)
    chat.say("Write me a function that adds up what each team spent.")
    chat.rests()
    camera.shoot("chat-code")
    model.reply(LONG)
    chat.say("Explain it at length.")
    expect(chat.draft).to_contain_text("point 4")
    camera.shoot("chat-streaming")
    page.get_by_role("button", name="Stop").click()
    chat.rests()
    camera.shoot("chat-stopped")


def trouble(camera: Camera, model: ModelServer) -> None:
    page, chat = camera.page, camera.chat
    model.reset().fail(401)
    chat.say("And in euros?")
    expect(page.locator(".problem")).to_be_visible()
    camera.shoot("chat-failed")
    camera.site.program.kill("agentron web")
    expect(page.locator("#connection")).not_to_have_attribute("data-state", "live")
    chat.say("Are you there?")
    camera.shoot("chat-offline")
    model.reset().reply("Here I am again.", times=None)
    chat.is_live()
    chat.rests()


def the_list(camera: Camera) -> None:
    page = camera.page
    page.get_by_role("searchbox").fill("vienna")
    expect(page.locator("#found li").first).to_be_visible()
    camera.shoot("list-search", sidebar=True)
    page.get_by_role("searchbox").fill("")
    page.locator("#conversations .row-more").first.click()
    camera.shoot("list-menu", narrow=False)
    page.get_by_role("button", name="Rename").click()
    camera.shoot("list-rename", narrow=False)
    page.keyboard.press("Escape")
    page.locator("#conversations .row-more").first.click()
    page.get_by_role("button", name="Delete…").click()
    camera.shoot("list-delete")
    page.keyboard.press("Escape")


def the_schedule(camera: Camera) -> None:
    """Plan a few things, and look at them."""
    page = camera.page
    camera.open("/scheduled/", "scheduled-empty")
    for sentence in PLANNED:
        camera.open("/scheduled/new/")
        page.get_by_label("What shall happen, and when?").fill(sentence)
        expect(page.locator("#understood [data-countdown]").first).to_be_visible()
        if sentence == PLANNED[0]:
            camera.shoot("scheduled-new")
        page.get_by_role("button", name="Schedule it").click()
        expect(page.get_by_text("is scheduled.")).to_be_visible()
    camera.shoot("scheduled-task")
    page.get_by_role("link", name="Conversation", exact=True).click()
    expect(page.locator(".task-card")).to_be_visible()
    camera.shoot("chat-scheduled")
    page.go_back()
    page.get_by_role("link", name="Edit").click()
    camera.shoot("scheduled-edit")
    camera.open("/scheduled/", "scheduled")
    camera.open("/scheduled/month/", "scheduled-month")


def other_pages(camera: Camera) -> None:
    page = camera.page
    run = page.locator("#log [data-run]").first.get_attribute("data-run")
    pages = {"home": "/", "runs": "/runs/", "runs-failed": "/runs/?status=failed", "run": f"/runs/{run}/", "archived": "/chats/archived/"}
    pages |= {
        "profile": "/profile/",
        "models": "/settings/models/",
        "model-add": "/settings/models/add/?like=openai",
        "nothing-here": "/nothing/",
    }
    pages |= {"used-link": "/sign-in/used/"}
    for name, path in pages.items():
        camera.open(path, name)


def the_admin(camera: Camera) -> None:
    page = camera.page
    rows = ("chat/conversation", "workflows/run", "workflows/agent", "workflows/helprequest", "workflows/modelprovider", "workflows/memory")
    for row in (*rows, "chat/apitoken", "auth/user", "auditlog/logentry", "telegram_bridge/telegramsettings"):
        name = row.rpartition("/")[2]
        camera.open(f"/admin/{row}/", f"admin-{name}-list")
        first = page.locator("#result_list tbody th a, #result_list tbody td a").first
        if first.count():
            camera.open(str(first.get_attribute("href")), f"admin-{name}")
    page.context.clear_cookies()
    camera.open("/login/", "sign-in")
