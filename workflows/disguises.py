"""Finds a secret in a text, however it was written there: in another case, escaped, percent-encoded, backwards, in hex or base64."""

import html
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

Span = tuple[int, int]

# What stands for another character in URLs, HTML, JSON and the like. Names without their semicolon are not read: they are
# parameters of URLs far more often.
ESCAPE = re.compile(
    r"(?:%[0-9a-f]{2})+|&(?:#[0-9]{1,7};?|#x[0-9a-f]{1,6};?|[a-z][a-z0-9]{1,31};)"
    r"|\\(?:ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|u[0-9a-f]{4}|x[0-9a-f]{2}|.)",
    re.IGNORECASE | re.DOTALL,
)
# Who writes an escape into an escape does it once or twice.
MOST_PASSES = 3
# What is shorter stands in every other word.
SHORTEST = 4
# The last letter of base64 may hold a part of what follows, and then it is filled up.
TAIL = re.compile(r"[A-Za-z0-9+/_-]?={0,2}")


@dataclass(frozen=True)
class Read:
    """A text without its escapes; `starts` and `ends` say where each of its characters stood."""

    text: str
    starts: list[int] | range
    ends: list[int] | range

    @classmethod
    def ways(cls, text: str) -> Iterator[Self]:
        """`text` as it is, and as a reader of those escapes would see it who looks once, twice, and so on."""
        found = cls(text, range(len(text)), range(1, len(text) + 1))
        yield found
        for _ in range(MOST_PASSES):
            if not ESCAPE.search(found.text):
                return
            found = found.once()
            yield found

    def once(self) -> Self:
        """The same, escapes taken out once."""
        parts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        at = 0
        for match in ESCAPE.finditer(self.text):
            begin, end = match.span()
            meant = meaning(match[0])
            parts += self.text[at:begin], meant
            starts += [*self.starts[at:begin], *[self.starts[begin]] * len(meant)]
            ends += [*self.ends[at:begin], *[self.ends[end - 1]] * len(meant)]
            at = end
        return type(self)("".join([*parts, self.text[at:]]), [*starts, *self.starts[at:]], [*ends, *self.ends[at:]])


def meaning(escape: str) -> str:
    """What an escape stands for."""
    if escape[0] == "%":
        given = bytes.fromhex(escape.replace("%", ""))
        try:
            return given.decode()
        except UnicodeDecodeError:
            return given.decode("latin-1")
    if escape[0] == "&":
        return html.unescape(escape)
    if len(escape) == 2:
        return {"n": "\n", "t": "\t", "r": "\r"}.get(escape[1], escape[1])
    codes = [int(code, 16) for code in re.findall(r"[ux]([0-9a-f]+)", escape, re.IGNORECASE)]
    return b"".join(code.to_bytes(2, "big") for code in codes).decode("utf-16-be", "replace")


def folded(text: str) -> str:
    """`text` in small letters, as long as it was; forms write a space as a plus."""
    small = text.lower()
    if len(small) != len(text):
        small = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)
    return small.replace("+", " ")


@dataclass(frozen=True)
class Disguises:
    """What gives a secret away: `words` in a folded text, `codes` as they stand, each with what of it may lie before."""

    words: frozenset[str]
    codes: frozenset[tuple[str, int]]

    @classmethod
    def of(cls, value: str) -> Self:
        """Those of `value`."""
        plain = {folded(value), *(word for read in Read.ways(value) if len(word := folded(read.text)) >= SHORTEST)}
        pairs = [f"{byte:02x}" for byte in value.encode()]
        return cls(frozenset(plain | {word[::-1] for word in plain} | {sign.join(pairs) for sign in ("", ":", " ")}), codes(value))

    def found(self, read: Read) -> Iterator[Span]:
        """Where the secret stands in the text that was read."""
        small = folded(read.text)
        spans = [(begin, begin + len(word)) for word in self.words for begin in places(small, word)]
        for code, before in self.codes:
            for begin in places(read.text, code):
                tail = TAIL.match(read.text, begin + len(code))
                spans.append((max(begin - before, 0), tail.end() if tail else begin + len(code)))
        return ((read.starts[begin], read.ends[end - 1]) for begin, end in spans)


def codes(value: str) -> frozenset[tuple[str, int]]:
    """The letters of base64 that `value` alone decides, wherever it begins, as in “user:value”; and how many before hold a part."""
    found = set()
    for before, skip in enumerate((0, 2, 3)):
        text = b"\0" * before + value.encode()
        for encode in (b64encode, urlsafe_b64encode):
            found.add((encode(text).decode()[skip : len(text) * 8 // 6], 1 if before else 0))
    return frozenset(found)


def places(text: str, word: str) -> Iterator[int]:
    """Where `word` begins in `text`."""
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)
