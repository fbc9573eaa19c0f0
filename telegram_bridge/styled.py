"""Text with its looks, as it is put together: what stands where, in characters; Telegram's units come later."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Span:
    """A stretch of a text that looks in one way; `kind` is the Bot API's type of entity."""

    start: int
    end: int
    kind: str
    url: str = ""
    language: str = ""


@dataclass(frozen=True)
class Block:
    """A stretch of a text, and the lines of Markdown that it came from."""

    start: int
    end: int
    source: str


@dataclass
class Styled:
    """A text that is written from its beginning to its end. Line ends and indents wait until something follows them."""

    text: str = ""
    spans: list[Span] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    indent: str = ""
    gap: int = 0
    open: list[str] = field(default_factory=list)

    def begin(self) -> int:
        """Go to where the next character will stand, and say where that is."""
        if self.gap and self.text:
            self.text += "\n" * self.gap
        if self.indent and (self.gap or not self.text) and "pre" not in self.open:
            self.text += self.indent
        self.gap = 0
        return len(self.text)

    def write(self, text: str) -> None:
        """Add `text`; its lines keep the indent, except in code."""
        if "pre" in self.open:
            self.begin()
            self.text += text
            return
        for number, line in enumerate(text.split("\n")):
            if number:
                self.gap += 1
            if line:
                self.begin()
                self.text += line

    def part(self, lines: int) -> None:
        """Let what follows stand apart: 1 on a line of its own, 2 behind a blank line."""
        self.gap = max(self.gap, lines)

    @contextmanager
    def look(self, kind: str, *, url: str = "", language: str = "") -> Iterator[None]:
        """Let what is written within look like that, unless it does already."""
        if kind in self.open:
            yield
            return
        if kind != "pre":
            start = self.begin()
        self.open.append(kind)
        if kind == "pre":
            start = self.begin()
        yield
        self.open.remove(kind)
        if len(self.text) > start:
            self.spans.append(Span(start, len(self.text), kind, url, language))
