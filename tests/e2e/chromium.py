"""Debian's Chromium, which needs nothing that a browser would have to download."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage", "--disable-component-update"]
# One process draws the pages of all tabs: a machine with two cores has no use for more.
OPTIONS += ["--renderer-process-limit=1", "--disable-site-isolation-trials"]
HINT = "apt-get install chromium"


def path() -> str | None:
    """Where it is, if it is installed."""
    return shutil.which("chromium")


@contextmanager
def opened() -> Iterator[Browser]:
    """The browser, closed at the end of the block."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path(), args=OPTIONS)
        yield found
        found.close()
