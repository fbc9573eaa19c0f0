"""Tables, which Telegram has none of: in columns where a phone is wide enough, else row by row in words."""

import unicodedata

from markdown_it.tree import SyntaxTreeNode

from telegram_bridge.inline import inlines
from telegram_bridge.styled import Styled

# A phone that is held upright shows about so many characters of code in a line.
WIDEST = 44


def write(page: Styled, node: SyntaxTreeNode) -> None:
    """Write a table."""
    rows = [list(row.children) for part in node.children for row in part.children]
    texts = [[text_of(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*texts, strict=True)]
    links = any(inner.type in ("link", "image") for row in rows for cell in row for inner in cell.walk())
    if sum(widths) + 2 * len(widths) > WIDEST or links:
        in_words(page, rows, texts[0])
    else:
        in_columns(page, texts, widths)


def in_columns(page: Styled, texts: list[list[str]], widths: list[int]) -> None:
    """Write it as code, so that the columns stand below each other."""
    lines = ["  ".join(pad(text, wide) for text, wide in zip(row, widths, strict=True)).rstrip() for row in texts]
    lines.insert(1, "  ".join("─" * wide for wide in widths))
    with page.look("pre"):
        page.write("\n".join(lines))


def in_words(page: Styled, rows: list[list[SyntaxTreeNode]], heads: list[str]) -> None:
    """Write each row as a paragraph, each cell behind the head of its column."""
    for row in rows[1:] or rows[:1]:
        for head, cell in zip(heads, row, strict=True):
            if head and len(rows) > 1:
                with page.look("bold"):
                    page.write(head)
                page.write(": ")
            for inner in cell.children:
                inlines(page, inner)
            page.part(1)
        page.part(2)


def text_of(cell: SyntaxTreeNode) -> str:
    """What a cell says, in one line."""
    page = Styled()
    for inner in cell.children:
        inlines(page, inner)
    return " ".join(page.text.split())


def width(text: str) -> int:
    """How many columns `text` takes; characters of East Asia take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def pad(text: str, wide: int) -> str:
    return text + " " * (wide - width(text))
