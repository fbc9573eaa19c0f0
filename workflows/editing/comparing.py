"""Two texts compared line by line, at a price that stays small whatever they hold."""

from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher

# What is left to compare once the lines that both begin and end with are set aside, a side.
MOST_LINES = 600
LONGEST_LINE = 2_000
# A line that stands more often says nothing about where a text goes on: it is compared only beside others.
MOST_SAME = 4
AROUND = 3

Tag = tuple[str, int, int, int, int]


def compared(one: list[str], other: list[str]) -> Iterator[str]:
    """What changed from `one` to `other`, as the body of a unified diff; a sentence where that would take too long."""
    one, other = shortened(one), shortened(other)
    begin = shared(one, other)
    end = shared(one[begin:][::-1], other[begin:][::-1])
    rest, rest_other = len(one) - begin - end, len(other) - begin - end
    if max(rest, rest_other) > MOST_LINES:
        yield f" The versions are too long to compare line by line: {len(one):,} lines then, {len(other):,} lines now."
        return
    # Some of what they share stands around what changed.
    begin, end = max(begin - AROUND, 0), max(end - AROUND, 0)
    yield from hunks(one[begin : len(one) - end], other[begin : len(other) - end], begin)


def shortened(lines: list[str]) -> list[str]:
    """The lines with long ones cut; what follows still tells two of them apart."""
    return [
        line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}… [{len(line) - LONGEST_LINE:,} more characters]" for line in lines
    ]


def shared(one: list[str], other: list[str]) -> int:
    """How many lines both begin with."""
    return next((at for at, (line, same) in enumerate(zip(one, other, strict=False)) if line != same), min(len(one), len(other)))


def hunks(one: list[str], other: list[str], offset: int) -> Iterator[str]:
    """The changed places with the lines around them; `offset` lines went before."""
    often = Counter(other)
    matcher = SequenceMatcher(lambda line: often[line] > MOST_SAME, one, other, autojunk=False)
    for group in matcher.get_grouped_opcodes(AROUND):
        (_, a, _, b, _), (_, _, a_end, _, b_end) = group[0], group[-1]
        yield f"@@ -{offset + a + 1},{a_end - a} +{offset + b + 1},{b_end - b} @@"
        for tag in group:
            yield from marked(tag, one, other)


def marked(tag: Tag, one: list[str], other: list[str]) -> Iterator[str]:
    """The lines of one change, each with its sign in front."""
    kind, a, a_end, b, b_end = tag
    if kind == "equal":
        yield from (f" {line}" for line in one[a:a_end])
        return
    yield from (f"-{line}" for line in one[a:a_end])
    yield from (f"+{line}" for line in other[b:b_end])
