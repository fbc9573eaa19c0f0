"""Whether the chat stays smooth with ten thousand messages in it: what the browser's main thread is held up by."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, Page

from tests.bench.table import Row
from tests.e2e.site import Chat, Site
from tests.fakes.model_server import ModelServer

TASK_MS = 100
ANSWER = "\n\n".join(f"Paragraph {n}: " + "some *words* in `a row` that grow " * 6 for n in range(12))
# Asked in the page, and the box by its id, for to look for a text or label in ten thousand messages would hold it up.
OVER = "count => { const { seq, ended } = document.getElementById('log').lastElementChild.dataset; return seq > count && ended === 'succeeded'; }"


def smoothness(site: Site, model: ModelServer, context: BrowserContext, made: dict[str, str]) -> Iterator[Row]:
    """Open the long conversation, scroll all the way up, and watch an answer being written."""
    page = context.new_page()
    chat = Chat(page)
    began = time.monotonic()
    page.goto(f"{site.address}/chats/{made['conversation']}/")
    chat.is_live()
    yield Row("browser: a long conversation, to open and connect", f"{time.monotonic() - began:.1f} s")
    began = time.monotonic()
    with tasks(page) as seen:
        count = chat.scroll_up()
    yield Row(f"browser: to scroll up through {count:,} messages", f"{time.monotonic() - began:.1f} s")
    yield from jank("while scrolling up", seen)
    # The model says a word every few milliseconds.
    model.reset().reply(ANSWER)
    with tasks(page) as seen:
        page.fill("#text", "Tell me about it.")
        page.press("#text", "Enter")
        page.wait_for_function(OVER, arg=count, timeout=60_000)
    yield from jank(f"while an answer comes below {count:,} messages", seen)
    page.close()


@contextmanager
def tasks(page: Page) -> Iterator[list[float]]:
    """The milliseconds of processor time of each task of the pages' main threads, once the block has ended.

    Not of the clock, which a busy machine lets run on while nothing is done.
    """
    browser = page.context.browser
    assert browser is not None
    found: list[float] = []
    browser.start_tracing(page=page, categories=["disabled-by-default-devtools.timeline"])
    yield found
    events = json.loads(browser.stop_tracing())["traceEvents"]
    named = [event for event in events if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"]
    main = {(event["pid"], event["tid"]) for event in named}
    found += [event.get("tdur", 0) / 1000 for event in events if event["name"] == "RunTask" and (event["pid"], event["tid"]) in main]


def jank(what: str, seen: list[float]) -> Iterator[Row]:
    """The longest task, and how many were long."""
    longest = max(seen)
    yield Row(f"browser: longest task {what}", f"{longest:.0f} ms", f"≤ {TASK_MS} ms", longest <= TASK_MS)
    yield Row(f"browser: tasks over 50 ms {what}", f"{sum(task > 50 for task in seen)} of {len(seen):,}")
