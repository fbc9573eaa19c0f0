"""Markdown as Telegram shows it: text and entities, which need no escaping and can be cut.

Three traps of Telegram's (facts, judged by its own parser): HTML must be off in the parser, or text in `<…>` is lost; one
link that Telegram dislikes makes it refuse the whole message; a text is measured in UTF-16 units.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from chat.log import clean
from chat.markdown import MAX_BRACKETS, MAX_PARSED
from telegram_bridge import tables
from telegram_bridge.inline import inlines
from telegram_bridge.splitting import MOST_ENTITIES, MOST_UNITS, Chunk, clipped, split, units
from telegram_bridge.styled import Block, Styled

__all__ = ["Chunk", "joined", "literal", "plain", "render"]

PARSER = MarkdownIt("js-default", {"html": False, "linkify": False, "breaks": True})
GAP = "\n\n"
BULLETS = ("•", "◦", "▪")
MARKS = re.compile(r"([!-/:-@\[-`{-~])")
LANGUAGE = re.compile(r"[\w+#.-]{1,30}")
# Looks within looks, and lists within lists: each is a call within a call here, of which Python makes no more than a thousand.
MOST_DEEP = 50


def render(markdown: str) -> list[Chunk]:
    """The messages that `markdown` becomes, in order; none where nothing can be seen of it."""
    markdown = clean(markdown)
    if len(markdown) > MAX_PARSED or markdown.count("[") > MAX_BRACKETS:
        return plain(markdown)
    tokens = PARSER.parse(markdown)
    if any(part.level > MOST_DEEP for token in tokens for part in (token, *(token.children or ()))):
        return plain(markdown)
    styled, lines = Styled(), markdown.split("\n")
    for node in SyntaxTreeNode(tokens).children:
        start = styled.begin()
        block(styled, node)
        first, last = node.map or (0, 0)
        styled.blocks.append(Block(start, len(styled.text), "\n".join(lines[first:last]).rstrip()))
        styled.part(2)
    # Some Markdown shows nothing, such as an empty block of code: then its marks are what there is to show.
    return split(styled) or plain(markdown)


def plain(text: str) -> list[Chunk]:
    """`text` as it is, marks and all, in as many messages as it takes."""
    return split(Styled(clean(text)))


def joined(chunk: Chunk, markdown: str) -> Chunk:
    """`chunk` with `markdown` below it, in one message: what there is no room for is left out of the former."""
    below = render(markdown)[0]
    above = clipped(chunk, MOST_UNITS - units(below.text) - units(GAP))
    offset = units(above.text + GAP)
    moved = [{**entity, "offset": entity["offset"] + offset} for entity in below.entities]
    entities = [*above.entities[: MOST_ENTITIES - len(moved)], *moved]
    source = f"{above.source}{GAP}{below.source}"
    text = f"{above.text}{GAP}{below.text}"
    return Chunk(text, entities, source if units(source) <= MOST_UNITS else text)


def literal(text: str) -> str:
    """`text` as Markdown that shows it as it is, for words that nobody wrote as Markdown."""
    return "\n".join(MARKS.sub(r"\\\1", line.strip()) for line in text.split("\n"))


def block(page: Styled, node: SyntaxTreeNode) -> None:
    """Write a block of Markdown."""
    match node.type:
        case "paragraph" | "inline":
            inlines(page, node)
        case "heading":
            with page.look("bold"):
                inlines(page, node)
        case "bullet_list" | "ordered_list":
            items(page, node)
        case "blockquote":
            with page.look("blockquote"):
                blocks(page, node)
        case "fence" | "code_block":
            code(page, node.content.rstrip("\n"), node.info.strip().split(" ")[0] if node.info else "")
        case "hr":
            page.write("———")
        case "table":
            tables.write(page, node)
        case _:
            blocks(page, node)


def blocks(page: Styled, node: SyntaxTreeNode) -> None:
    """Write what is in a block, each part behind a blank line unless the list is a tight one."""
    for child in node.children:
        block(page, child)
        page.part(1 if child.type == "paragraph" and child.hidden else 2)


def items(page: Styled, node: SyntaxTreeNode) -> None:
    """Write a list, each item behind its mark."""
    depth = page.open.count("list")
    outer = page.indent
    page.open.append("list")
    for item in node.children:
        mark = f"{item.info or 1}." if node.type == "ordered_list" else BULLETS[min(depth, len(BULLETS) - 1)]
        page.begin()
        page.text += f"{mark} "
        page.indent = outer + " " * (len(mark) + 1)
        tight = all(child.hidden for child in item.children if child.type == "paragraph")
        for child in item.children:
            block(page, child)
            page.part(1 if tight else 2)
        page.indent = outer
        page.part(1 if tight else 2)
    page.open.remove("list")


def code(page: Styled, text: str, language: str = "") -> None:
    """Write a block of code."""
    with page.look("pre", language=language if LANGUAGE.fullmatch(language) else ""):
        page.write(text)
