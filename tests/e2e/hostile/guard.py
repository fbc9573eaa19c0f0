"""What a page must never do, whatever it shows: noticed from outside by the browser, and looked for in the page itself."""

from pathlib import Path

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Request

# Policy violations are told to the console, where the guard hears them.
TELL = (
    """addEventListener("securitypolicyviolation", (event) => console.error(`violates ${event.violatedDirective}: ${event.blockedURI}`));"""
)
AUDIT = (Path(__file__).parent / "audit.js").read_text()


class Guard:
    """Listens to all tabs of a browser."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.heard: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        context.add_init_script(TELL)
        context.on("console", self.console)
        context.on("weberror", lambda error: self.heard.append(f"error: {error.error}"))
        context.on("dialog", self.dialog)
        context.on("request", self.request)

    def console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.heard.append(f"console: {message.text}")

    def dialog(self, dialog: Dialog) -> None:
        self.heard.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def request(self, request: Request) -> None:
        """Another host, or a navigation that nobody asked for: a test opens each page by its address alone."""
        if not request.url.startswith((self.address, "data:")):
            self.heard.append(f"request: {request.url}")

    def findings(self, page: Page) -> list[str]:
        """What was heard since the last time, and whether `page` is owned."""
        heard, self.heard = self.heard, []
        return heard + (["owned"] if page.evaluate("() => 'owned' in window || document.title === 'owned'") else [])


def audit(page: Page) -> list[str]:
    """What is wrong with the page as it stands: foreign elements, dressed-up links, things out of place."""
    found: list[str] = page.evaluate(AUDIT)
    return found
