"""How soon pages come when there is much to show, on both databases, and whether the chat stays smooth in the browser."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from playwright.sync_api import BrowserContext

from tests.bench.smooth import smoothness
from tests.bench.table import Row
from tests.bench.turns import address
from tests.e2e import chromium
from tests.e2e.site import Site
from tests.fakes.model_server import running
from tests.machine import ROOT

P95_MS = 300
SAMPLES = 40
PAGES = {
    "a conversation": "/chats/{conversation}/",
    "earlier messages": "/chats/{conversation}/earlier/?before={middle}",
    "a place that a search led to": "/chats/{conversation}/?at={middle}",
    "the list of conversations": "/chats/",
    "a search for a word": "/chats/search/?q=lisbon",
    "a search for a title": "/chats/search/?q=budget+invoice",
    "a search for nothing": "/chats/search/?q=zebra",
    "archived conversations": "/chats/archived/",
    "home": "/",
    "runs": "/runs/",
    "runs that failed": "/runs/?status=failed",
    "a run": "/runs/{run}/",
    "profile": "/profile/",
    "the admin's front page": "/admin/",
    "admin: conversations": "/admin/chat/conversation/",
    "admin: conversations, a search": "/admin/chat/conversation/?q=lisbon",
    "admin: a conversation": "/admin/chat/conversation/{conversation}/change/",
    "admin: runs": "/admin/workflows/run/",
    "admin: runs, page 50": "/admin/workflows/run/?p=50",
    "admin: runs that failed": "/admin/workflows/run/?status__exact=failed",
    "admin: runs, a search": "/admin/workflows/run/?q=lisbon",
    "admin: a run": "/admin/workflows/run/{run}/change/",
    "admin: questions": "/admin/workflows/helprequest/",
}


def measure(*, quick: bool) -> Iterator[Row]:
    """A conversation of 10,000 messages, 2,000 others, 100,000 runs and a million messages; in a hurry a tenth, on SQLite alone."""
    messages, conversations, runs = (1_000, 200, 10_000) if quick else (10_000, 2_000, 100_000)
    for name in ("SQLite", "PostgreSQL"):
        if name == "SQLite" or (os.environ.get("AGENTRON_TEST_POSTGRES") and not quick):
            with (
                tempfile.TemporaryDirectory(prefix="agentron-bench-") as folder,
                address(name, folder) as url,
                running("--stream-chunk-delay-ms", "10") as model,
            ):
                settings = {"DATABASE_URL": url, "AGENTRON_MODEL": "openai-chat:some-model", **model.env}
                with Site.up(Path(folder), **settings) as site, chromium.opened() as browser:
                    began = time.monotonic()
                    made = crowd(site, messages, conversations, runs)
                    yield Row(f"{name}: to make {made['runs']:,} runs, {made['runs'] * 10:,} messages", f"{time.monotonic() - began:.0f} s")
                    context = signed_in(site, browser.new_context(), made["user"])
                    yield from answers(name, site, context, made, samples=SAMPLES // 4 if quick else SAMPLES)
                    if name == "SQLite":
                        yield from smoothness(site, model, context, made)


def crowd(site: Site, messages: int, conversations: int, runs: int) -> dict[str, str]:
    """Fill the site's database; what there is to look at."""
    sizes = {"--messages": messages, "--conversations": conversations, "--runs": runs}
    command = [sys.executable, "-m", "tests.crowd", *(f"{name}={size}" for name, size in sizes.items())]
    done = subprocess.run(command, cwd=ROOT, env=site.machine.env, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "middle": messages // 2}


def signed_in(site: Site, context: BrowserContext, user: str) -> BrowserContext:
    """A browser in which `user` is signed in."""
    page = context.new_page()
    page.goto(site.link(user))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site.address}/chats/**")
    page.close()
    return context


def answers(database: str, site: Site, context: BrowserContext, made: dict[str, str], samples: int) -> Iterator[Row]:
    """Each page asked for again and again, one request at a time."""
    cookies = {str(cookie["name"]): str(cookie["value"]) for cookie in context.cookies()}
    with httpx.Client(base_url=site.address, cookies=cookies, timeout=60) as client:
        for name, path in PAGES.items():
            seconds = [took(client, path.format(**made)) for _ in range(samples + 1)][1:]
            p50, p95 = statistics.median(seconds) * 1000, statistics.quantiles(seconds, n=20)[-1] * 1000
            yield Row(f"{database}: {name}, p50 / p95", f"{p50:.0f} / {p95:.0f} ms", f"p95 ≤ {P95_MS} ms", p95 <= P95_MS)


def took(client: httpx.Client, path: str) -> float:
    """Seconds until all of a page is there."""
    began = time.perf_counter()
    answer = client.get(path)
    assert answer.status_code == httpx.codes.OK, f"{path}: {answer.status_code}"
    return time.perf_counter() - began
