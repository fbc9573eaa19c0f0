"""What stands in a line of Markdown: looks, links, images."""

import re
from urllib.parse import unquote, urlsplit

from django.conf import settings
from markdown_it.tree import SyntaxTreeNode

from telegram_bridge.styled import Styled

LOOKS = {"strong": "bold", "em": "italic", "s": "strikethrough"}
HOST = re.compile(r"[\w-]+(\.[\w-]+)+", re.ASCII)


def inlines(page: Styled, node: SyntaxTreeNode) -> None:
    """Write what is in a line."""
    for child in node.children:
        inline(page, child)


def inline(page: Styled, node: SyntaxTreeNode) -> None:
    """Write a part of a line."""
    match node.type:
        case "text":
            page.write(node.content)
        case "softbreak" | "hardbreak":
            page.write("\n")
        case "code_inline" if "text_link" not in page.open:
            with page.look("code"):
                page.write(node.content)
        case "code_inline":
            page.write(node.content)
        case "link":
            link(page, node, whole(str(node.attrGet("href") or "")))
        case "image":
            label = node.content or "image"
            reference(page, label, whole(str(node.attrGet("src") or "")))
        case "inline":
            inlines(page, node)
        case kind if kind in LOOKS:
            with page.look(LOOKS[kind]):
                inlines(page, node)
        case _:
            inlines(page, node) if node.children else page.write(node.content)


def link(page: Styled, node: SyntaxTreeNode, href: str) -> None:
    """Write a link: its words lead there, or its address stands behind them where Telegram would not take it."""
    start = page.begin()
    if takes(href):
        with page.look("text_link", url=href):
            inlines(page, node)
        if len(page.text) == start:
            page.write(href)
        return
    inlines(page, node)
    address = unquote(href)
    if address.removeprefix("mailto:") not in page.text[start:]:
        page.write(f" ({address})" if len(page.text) > start else address)


def reference(page: Styled, label: str, href: str) -> None:
    """Write an image as a link to it; within a link only its words."""
    if "text_link" in page.open:
        page.write(label)
    elif takes(href):
        with page.look("text_link", url=href):
            page.write(label)
    else:
        page.write(f"{label} ({unquote(href)})" if href else label)


def whole(href: str) -> str:
    """The address of a page of ours in full; empty where nobody said where we are found, for a phone makes commands of paths."""
    if not href.startswith("/") or href.startswith("//"):
        return href
    return f"{settings.AGENTRON_URL.rstrip('/')}{href}" if settings.AGENTRON_URL else ""


def takes(href: str) -> bool:
    """Whether Telegram takes an address: a page on a host with a dot; it refuses all of a message with any other."""
    try:
        parts = urlsplit(href)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and HOST.fullmatch(parts.hostname or "") is not None and port != 0
