"""A browser whose page can be photographed in every size and theme."""

from pathlib import Path

from playwright.sync_api import Browser, ViewportSize

from tests.e2e.site import Chat, Site
from tests.machine import ROOT

README = ROOT / "docs" / "screenshots"
WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=380, height=780)
# The README's.
PICTURE = ViewportSize(width=1200, height=920)
# A picture that is larger makes the README slow.
MOST_BYTES = 150_000


class Camera:
    """Takes pictures of one tab: for the README, and where a folder is given of everything."""

    def __init__(self, browser: Browser, site: Site, folder: Path | None) -> None:
        self.site, self.folder = site, folder
        self.page = browser.new_page(
            viewport=WIDE, reduced_motion="reduce", locale="en-GB", timezone_id="Europe/Lisbon", color_scheme="light"
        )
        self.chat = Chat(self.page)

    def shoot(self, name: str, *, narrow: bool = True, sidebar: bool = False) -> None:
        """The state that the page is in, in both sizes and themes; nothing when only the README's pictures are wanted.

        `narrow`: whether it lasts on a phone, too. `sidebar`: whether it has to be opened there.
        """
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        for size in (NARROW, WIDE) if narrow else (WIDE,):
            self.page.set_viewport_size(size)
            if sidebar:
                self.page.keyboard.press("Escape") if size == WIDE else self.page.get_by_role("button", name="Menu").click()
            for scheme in ("dark", "light"):
                self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                self.page.screenshot(path=self.folder / f"{name}-{size['width']}-{scheme}.png")

    def show(self, name: str) -> None:
        """A picture for the README, and one among the others."""
        README.mkdir(parents=True, exist_ok=True)
        path = README / f"{name}.png"
        self.page.set_viewport_size(PICTURE)
        self.page.screenshot(path=path)
        assert path.stat().st_size < MOST_BYTES, f"{path.name} is too large: {path.stat().st_size:,} bytes"
        self.shoot(name)

    def open(self, path: str, name: str = "") -> None:
        """Go to a page of the site, and take its picture under `name`."""
        self.page.goto(self.site.address + path)
        if name:
            self.shoot(name)
