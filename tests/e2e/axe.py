"""What axe finds in a page."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# The rules that passed would weigh megabytes.
RUN = "async (options) => (await axe.run(options)).violations"


def serious(page: Page, **options: Any) -> list[str]:
    """What keeps somebody out, and where; `options` as of `axe.run`."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(RUN, {"resultTypes": ["violations"], **options})
    bad = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    return [f"{rule['id']}: {node['target']} {node['html'][:120]}" for rule in bad for node in rule["nodes"]]
