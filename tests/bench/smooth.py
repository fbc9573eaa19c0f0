"""Whether the chat stays smooth with ten thousand messages in it: what the browser's main thread is held up by."""

import time
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import BrowserContext

from tests.bench.table import Row
from tests.e2e.site import Chat, Site
from tests.fakes.model_server import ModelServer

TASK_MS = 100
ANSWER = "\n\n".join(f"Paragraph {n}: " + "some *words* in `a row` that grow " * 6 for n in range(12))

# Tasks of more than 50 ms are what browsers call long. A frame is late when two refreshes of the screen were missed.
WATCH = """() => {
    const seen = (window.seen = { tasks: [], frames: [] });
    new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map((one) => one.duration))).observe({ type: "longtask" });
    let last = performance.now();
    requestAnimationFrame(function next(now) {
        seen.frames.push(now - last);
        last = now;
        requestAnimationFrame(next);
    });
}"""
SEEN = "() => { const { tasks, frames } = window.seen; window.seen.tasks = []; window.seen.frames = []; return { tasks, frames }; }"
# Asked in the page, for to look for a text in ten thousand messages would hold it up.
OVER = "count => { const { seq, ended } = document.getElementById('log').lastElementChild.dataset; return seq > count && ended === 'succeeded'; }"


def smoothness(site: Site, model: ModelServer, context: BrowserContext, made: dict[str, str]) -> Iterator[Row]:
    """Open the long conversation, scroll all the way up, and watch an answer being written."""
    page = context.new_page()
    chat = Chat(page)
    began = time.monotonic()
    page.goto(f"{site.address}/chats/{made['conversation']}/")
    chat.is_live()
    yield Row("browser: a long conversation, to open and connect", f"{time.monotonic() - began:.1f} s")
    page.evaluate(WATCH)
    began = time.monotonic()
    count = chat.scroll_up()
    yield Row(f"browser: to scroll up through {count:,} messages", f"{time.monotonic() - began:.1f} s")
    yield from jank("while scrolling up", page.evaluate(SEEN))
    # The model says a word every few milliseconds.
    model.reset().reply(ANSWER)
    chat.say("Tell me about it.")
    page.wait_for_function(OVER, arg=count, timeout=60_000)
    yield from jank(f"while an answer comes below {count:,} messages", page.evaluate(SEEN))
    page.close()


def jank(what: str, seen: dict[str, Any]) -> Iterator[Row]:
    """The longest task, and how many frames came late."""
    longest = max(seen["tasks"], default=0)
    late = sum(frame > TASK_MS for frame in seen["frames"])
    yield Row(f"browser: longest task {what}", f"{longest:.0f} ms", f"≤ {TASK_MS} ms", longest <= TASK_MS)
    yield Row(f"browser: frames over {TASK_MS} ms {what}", f"{late} of {len(seen['frames'])}")
