"""Cut a text into messages that Telegram takes: at a blank line, a line, a sentence, a space; what was code stays code."""

import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any
from unicodedata import combining

from telegram_bridge.styled import Span, Styled

# A message may have 4096 units and 100 entities, and Telegram adds some of its own, such as for bare links.
MOST_UNITS = 4096
MOST_ENTITIES = 95
# A cut at a better place must not leave less than this share of what would fit.
LEAST = 0.4
PLACES = (re.compile(r"\n\n+"), re.compile(r"\n"), re.compile(r"[.!?…。！？]\s+"), re.compile(r"\s+"))
JOINS = re.compile("[\u200d\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff]")
VISIBLE = re.compile(
    r"[^\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffc]"
)
WITH_CODE = ("code", "pre")
SPLIT_BY_CODE = ("bold", "italic", "strikethrough")


@dataclass(frozen=True)
class Chunk:
    """One message: its text, the Bot API's entities in UTF-16 units, and the same part as it was written."""

    text: str
    entities: list[dict[str, Any]] = field(default_factory=list)
    source: str = ""


def units(text: str) -> int:
    """The length of `text` as Telegram counts it."""
    return len(text) + sum(character > "\uffff" for character in text)


def clipped(chunk: Chunk, most: int) -> Chunk:
    """`chunk` cut off so that it has at most that many units."""
    if units(chunk.text) <= most:
        return chunk
    before = list(accumulate((1 + (character > "\uffff") for character in chunk.text), initial=0))
    end = bisect_right(before, most - 1) - 1
    entities = [{**one, "length": min(one["length"], before[end] - one["offset"])} for one in chunk.entities if one["offset"] < before[end]]
    text = chunk.text[:end] + "…"
    return Chunk(text, entities, text)


def split(page: Styled) -> list[Chunk]:
    """The messages that a text becomes."""
    cuts = Cuts(replace_spans(page))
    return [cuts.chunk(start, end) for start, end in cuts.ranges() if VISIBLE.search(page.text, start, end)]


def replace_spans(page: Styled) -> Styled:
    """The same text, in whose code nothing is bold: Telegram allows no looks within code."""
    solid = sorted((span for span in page.spans if span.kind in WITH_CODE), key=lambda span: span.start)
    spans = [piece for span in page.spans for piece in (around(span, solid) if span.kind in SPLIT_BY_CODE else [span])]
    return replace(page, spans=sorted(spans, key=lambda span: (span.start, -span.end)))


def around(span: Span, solid: list[Span]) -> list[Span]:
    """What is left of `span` outside of the `solid` ones."""
    pieces, start = [], span.start
    for one in solid:
        if one.end <= start or one.start >= span.end:
            continue
        pieces.append((start, one.start))
        start = one.end
    pieces.append((start, span.end))
    return [replace(span, start=first, end=last) for first, last in pieces if last > first]


class Cuts:
    """A text and where it is cut."""

    def __init__(self, page: Styled) -> None:
        self.page, self.text = page, page.text
        # How many units stand in front of each character.
        self.before = list(accumulate((1 + (character > "\uffff") for character in self.text), initial=0))

    def ranges(self) -> list[tuple[int, int]]:
        """From where to where each message goes, without the blank ends that Telegram would drop."""
        found, start = [], 0
        while start < len(self.text):
            end, following = self.cut(start)
            found.append((start, end))
            start = following
        return found

    def cut(self, start: int) -> tuple[int, int]:
        """Where the message from `start` ends and where the next one begins."""
        last = self.furthest(start)
        if last == len(self.text):
            return last, last
        least = start + max(int((last - start) * LEAST), 1)
        for place in PLACES:
            # One character more may be the blank that the cut swallows.
            best = None
            for match in place.finditer(self.text, least, min(last + 1, len(self.text))):
                best = match
            if best is not None and self.blanks(best) <= last:
                return self.blanks(best), best.end()
        # Without any such place, at least not in the middle of what is shown as one sign.
        whole = next((place for place in range(last, least, -1) if not self.joined(place)), last)
        return whole, whole

    def joined(self, place: int) -> bool:
        """Whether the characters before and after a place are one sign: a letter with its marks, an emoji with its colour."""
        after = self.text[place]
        return bool(combining(after)) or JOINS.match(after) is not None or self.text[place - 1] == "\u200d"

    @staticmethod
    def blanks(match: re.Match[str]) -> int:
        """Where the blanks of a place to cut begin: a sentence keeps its stop."""
        return match.start() + len(match.group().rstrip())

    def furthest(self, start: int) -> int:
        """The furthest end of a message from `start` that has few enough units and entities."""
        last = bisect_right(self.before, self.before[start] + MOST_UNITS) - 1
        inside = [span for span in self.page.spans if span.start < last and span.end > start]
        return max(inside[MOST_ENTITIES].start, start + 1) if len(inside) > MOST_ENTITIES else last

    def chunk(self, start: int, end: int) -> Chunk:
        """The message from `start` to `end`."""
        return Chunk(self.text[start:end], [self.entity(span, start, end) for span in self.within(start, end)], self.source(start, end))

    def within(self, start: int, end: int) -> list[Span]:
        """The spans that can be seen from `start` to `end`, cut to fit."""
        cut = [replace(span, start=max(span.start, start), end=min(span.end, end)) for span in self.page.spans]
        return [span for span in cut if span.end > span.start]

    def entity(self, span: Span, start: int, end: int) -> dict[str, Any]:
        """A span as the Bot API names it, counted from `start` in units."""
        offset = self.before[span.start] - self.before[start]
        made: dict[str, Any] = {"type": span.kind, "offset": offset, "length": self.before[span.end] - self.before[span.start]}
        return made | ({"url": span.url} if span.url else {}) | ({"language": span.language} if span.language else {})

    def source(self, start: int, end: int) -> str:
        """The Markdown of a message: whole blocks as they were written, of a block that was cut the words alone."""
        parts = []
        for block in self.page.blocks:
            first, last = max(block.start, start), min(block.end, end)
            if first < last:
                parts.append(block.source if (first, last) == (block.start, block.end) else self.text[first:last])
        source = "\n\n".join(parts)
        return source if source and units(source) <= MOST_UNITS else self.text[start:end]
