"""Markdown from a model or a tool as HTML that can do no harm.

Three nets: raw HTML is off in the parser, images become links (a remote image tells its host who reads), and nh3
lets only a short list of tags through, whatever the parser made.
"""

import re
from collections.abc import MutableMapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

import nh3
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

# Parsing takes longer than the text grows; nothing a person reads in one piece is longer than this.
MAX_PARSED = 40_000
# A growing text is parsed again with every piece of it.
MAX_GROWING = 10_000
# Beyond these, the parser's time is the square of the text: more open brackets show the text as it is, more addresses
# leave the bare ones without a link.
MAX_BRACKETS = 1_000
MAX_ADDRESSES = 200
ADDRESS = re.compile(r"://|www\.|@|\w\.[^\W\d]{2}")

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title", "target"}, "code": {"class"}, "ol": {"start"}, "span": {"class"}}
LANGUAGE = re.compile(r"language-[\w+#.-]{1,30}")
# Pages of this site that tools name and reports lead to: who opens one only looks, at what is theirs.
OWN = re.compile(r"/(?:runs|workflows|scheduled)/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/")


@lru_cache(maxsize=2048)
def render(text: str) -> SafeString:
    """`text` as safe HTML. Cached, for every tab and every reload shows the same messages again."""
    return parsed(text) if len(text) <= MAX_PARSED else as_it_is(text)


def render_growing(text: str) -> SafeString:
    """`text` that is still being written, as safe HTML: what follows its last blank line is parsed anew.

    A list with blank lines may look a little different until the whole text is rendered, and so does what is too long.
    """
    if len(text) > MAX_GROWING:
        cut = text.rfind("\n\n", 0, MAX_GROWING)
        cut = cut if cut > 0 else MAX_GROWING
        return parsed_once(text[:cut]) + as_it_is(text[cut:])
    cut = text.rfind("\n\n")
    if cut < 0 or text.count("```", 0, cut) % 2:
        return parsed(text)
    return parsed_once(text[:cut]) + parsed(text[cut:])


def parsed(text: str) -> SafeString:
    """`text` as safe HTML, or as it is when to parse it would hold up everybody else."""
    if text.count("[") > MAX_BRACKETS:
        return as_it_is(text)
    parser = PARSER if len(ADDRESS.findall(text)) <= MAX_ADDRESSES else UNLINKED
    return mark_safe(clean(parser.render(text)))  # noqa: S308 - nh3 has just cleaned it


# Few texts grow at a time, and what is before a last blank line stays for a while: it must not push out the finished ones.
parsed_once = lru_cache(maxsize=32)(parsed)


def as_it_is(text: str) -> SafeString:
    """`text` with its marks, as a person would have to read it in an editor."""
    return format_html("<pre>{}</pre>", text)


def clean(html: str) -> str:
    """The last net: what is not on the lists is dropped, and every link leaves without a trace."""
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=keep,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def keep(tag: str, attribute: str, value: str) -> str | None:
    """The attribute's value, or None to drop it: a class is ours or a code block's language."""
    if attribute == "class":
        allowed = value == "host" if tag == "span" else bool(LANGUAGE.fullmatch(value))
        return value if allowed else None
    if attribute == "target":
        return "_blank"
    if attribute == "href" and not (leads_away(value) or OWN.fullmatch(value)):
        return None
    return value


def leads_away(href: str) -> bool:
    """Whether an address is complete: mail, or a page on a host that can be shown beside the link.

    Any other would open something of this site's under a stranger's words, and browsers mend what lacks a host.
    """
    return href[:7].lower() == "mailto:" or (re.match(r"(?i)https?://", href) is not None and host_of(href) != "")


def host_of(href: str) -> str:
    """Where a link leads, in the form that cannot be dressed up; empty for mail and for what is no address."""
    try:
        return (urlsplit(href).hostname or "").encode("idna").decode()
    except ValueError:  # No URL, or a name that IDNA does not allow.
        return ""


class Renderer(RendererHTML):
    """markdown-it's own, but a link shows where it leads and an image is a link."""

    def link_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: dict[str, Any]) -> str:
        href = str(tokens[index].attrGet("href") or "")
        if not OWN.fullmatch(href):
            tokens[index].attrSet("target", "_blank")
        env.setdefault("hosts", []).append((host_of(href), index))
        return self.renderToken(tokens, index, options, env)

    def link_close(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: dict[str, Any]) -> str:
        host, opened = env["hosts"].pop()
        label = "".join(token.content for token in tokens[opened + 1 : index])
        return f"{'' if says(label, host) else beside(host)}</a>"

    def image(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
        token = tokens[index]
        source, label = str(token.attrGet("src") or ""), token.content or "image"
        if env.get("hosts"):  # In a link already, and links do not nest.
            return str(escape(label))
        return f'<a href="{escape(source)}" target="_blank">{escape(label)}{beside(host_of(source))}</a>'


def beside(host: str) -> str:
    """A link's host as it is shown beside its text."""
    return f'<span class="host">{escape(host)}</span>' if host else ""


def says(label: str, host: str) -> bool:
    """Whether a link's text is nothing but the address it leads to, so that repeating its host would be noise."""
    if not re.fullmatch(r"[^\s@]+", label):
        return False
    return host_of(label if "//" in label else f"//{label}") == host


def let_quotes_go(state: StateCore) -> None:
    """A closing quote behind a bare address ends it, which linkify does not know of typographic ones."""
    for block in state.tokens:
        tokens = block.children or []
        for index, (opened, label, closed) in enumerate(zip(tokens, tokens[1:], tokens[2:], strict=False)):
            bare = label.content.rstrip("”’»›")
            if opened.info != "auto" or opened.type != "link_open" or closed.type != "link_close" or bare == label.content:
                continue
            quotes = label.content.removeprefix(bare)
            opened.attrSet("href", str(opened.attrGet("href")).removesuffix(quote(quotes)))
            label.content = bare
            tokens.insert(index + 3, Token("text", "", 0, content=quotes))


def lower_headings(state: StateCore) -> None:
    """The page has its own heading of the first level: a text's begin below it."""
    for block in state.tokens:
        if block.type in ("heading_open", "heading_close"):
            block.tag = f"h{min(int(block.tag[1]) + 1, 6)}"


def parser(*, linkify: bool) -> MarkdownIt:
    made = MarkdownIt("js-default", {"html": False, "linkify": linkify, "breaks": True}, renderer_cls=Renderer)
    made.core.ruler.after("linkify", "let_quotes_go", let_quotes_go)
    made.core.ruler.push("lower_headings", lower_headings)
    return made


PARSER, UNLINKED = parser(linkify=True), parser(linkify=False)
