"""HTML to plain text in one pass.

What is read here is chosen by strangers, so the time must grow with the size and with nothing else. The parsers that
were tried (html.parser, lexbor, html5ever) each took over ten seconds for some 2 MB of ill-meant HTML: deep nesting,
open comments, a tag of many attributes. For text no tree is needed, only its tokens.
"""

import html
import re
from urllib.parse import urljoin

MAX_TITLE = 300
MAX_LABEL = 80
MAX_LINK = 500

# Possessive quantifiers never go back, so that no input is scanned twice.
COMMENT = r"<!--(?:-?>|.*?(?:--!?>|\Z))"
DECLARATION = r"<[!?][^>]*+>?|</[^a-zA-Z][^>]*+>?"
VALUE = r"=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|(?![\"']))"
TAG = rf"<(?P<end>/?)(?P<name>[a-zA-Z][^\s/>]*+)(?P<attributes>(?:[^>=]++|{VALUE})*+)>?"
TOKEN = re.compile(rf"{COMMENT}|{DECLARATION}|{TAG}", re.DOTALL)
ATTRIBUTE = re.compile(r"([^\s=/]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s]*+)))?+")
SPACE = re.compile(r"\s+")

# Their content is no markup: all up to the end tag.
RAW = ("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes")
RAW_END = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in RAW}


def names(text: str) -> frozenset[str]:
    """Elements, by name."""
    return frozenset(text.split())


# What is not part of what a page says.
BESIDE = names("nav footer button select datalist svg noscript template object canvas audio video dialog map")
# Those among the usual that have an end tag, so that leaving out a hidden one ends somewhere.
HIDEABLE = names("div span section ul ol table form aside header details")
BLOCKS = names(
    "address article aside blockquote body br center dd details dir div dl dt fieldset figcaption figure footer form h1 h2"
    " h3 h4 h5 h6 head header hgroup hr html legend li main menu nav ol option p pre search section summary table tbody"
    " tfoot thead tr ul"
)
PARAGRAPHS = names("p h1 h2 h3 h4 h5 h6 ul ol dl table pre blockquote section article figure")
LEADS = {"li": "- ", **{f"h{level}": "#" * level + " " for level in range(1, 7)}}


class Reader:
    """Reads HTML up to `limit` characters of text; only what is within `scope` elements, if one is given."""

    def __init__(self, url: str, scope: str, limit: int) -> None:
        self.url = url
        self.scope = scope
        self.limit = limit
        self.title = ""
        self.links: dict[str, str] = {}
        self.parts: list[str] = []
        self.length = 0
        self.gap = 0  # line breaks that are due before the next text
        self.inside = 0  # open elements of the scope
        self.skipping = ""  # the element that is left out, and how many of its name are open
        self.skipped = 0
        self.verbatim = 0  # open pre elements
        self.link: tuple[str, int] | None = None  # the open link's address, and where its text begins

    @property
    def text(self) -> str:
        """What was read, without empty lines at its ends and never two in a row."""
        lines: list[str] = []
        for line in "".join(self.parts).split("\n"):
            if (line := line.rstrip()) or (lines and lines[-1]):
                lines.append(line)
        return "\n".join(lines).strip("\n")

    def feed(self, markup: str) -> None:
        """Read all of `markup`, or as much of it as fits."""
        position = 0
        while self.length <= self.limit and (token := TOKEN.search(markup, position)):
            self.say(markup[position : token.start()])
            position = token.end()
            if token["name"] is None:
                continue
            name = token["name"].lower()
            if token["end"]:
                self.close(name)
            elif name in RAW_END:
                position = self.raw(name, markup, position)
            else:
                self.open(name, token["attributes"])
        if self.length <= self.limit:
            self.say(markup[position:])

    def raw(self, name: str, markup: str, position: int) -> int:
        """Pass over an element whose content is no markup; where it ends."""
        end = RAW_END[name].search(markup, position)
        stop = end.start() if end else len(markup)
        if name == "title" and not self.title and not self.skipping:
            self.title = SPACE.sub(" ", html.unescape(markup[position:stop])).strip()[:MAX_TITLE]
        return stop

    def open(self, name: str, attributes: str) -> None:
        """A start tag."""
        if self.skipping:
            self.skipped += name == self.skipping
            return
        if (name in BESIDE and not attributes.endswith("/")) or (name in HIDEABLE and hidden(attributes)):
            self.skipping, self.skipped = name, 1
            return
        self.inside += name == self.scope
        self.verbatim += name == "pre"
        self.shape(name)
        if name == "a":
            self.leave_link()
            self.link = (self.address(attributes), len(self.parts))

    def close(self, name: str) -> None:
        """An end tag."""
        if self.skipping:
            self.skipped -= name == self.skipping
            if not self.skipped:
                self.skipping = ""
            return
        if name == "a":
            self.leave_link()
        self.shape(name, end=True)
        if name == self.scope and self.inside:
            self.inside -= 1
        if name == "pre" and self.verbatim:
            self.verbatim -= 1

    def shape(self, name: str, *, end: bool = False) -> None:
        """What a tag does to the text: line breaks, bullets, marks of headings, gaps between cells."""
        if self.scope and not self.inside:
            return
        # A paragraph that begins a list item stays on the bullet's line.
        if name in BLOCKS and (end or not self.led()):
            self.gap = max(self.gap, 2 if name in PARAGRAPHS else 1)
        if end:
            return
        if name in LEADS:
            self.add(LEADS[name])
        elif name in ("td", "th") and not self.fresh():
            self.add(" | ")

    def say(self, text: str) -> None:
        """Text between two tags."""
        if not text or self.skipping or (self.scope and not self.inside):
            return
        text = html.unescape(text)
        if not self.verbatim:
            text = SPACE.sub(" ", text)
            if self.fresh():
                text = text.lstrip(" ")
        if text:
            self.add(text)
            self.length += len(text)

    def add(self, text: str) -> None:
        """Write text, after the line breaks that are due."""
        if self.gap:
            self.parts.append("\n" * self.gap)
            self.gap = 0
        self.parts.append(text)

    def fresh(self) -> bool:
        """Whether a space here would say nothing."""
        return self.gap > 0 or not self.parts or self.parts[-1].endswith((" ", "\n"))

    def led(self) -> bool:
        """Whether a bullet or a heading's mark has just been written."""
        return not self.gap and bool(self.parts) and self.parts[-1] in LEADS.values()

    def leave_link(self) -> None:
        """The end of a link: remember where it leads and what it is called."""
        if self.link is None:
            return
        address, start = self.link
        label = SPACE.sub(" ", "".join(self.parts[start:])).strip()
        if address and label:
            self.links.setdefault(address, label[:MAX_LABEL])
        self.link = None

    def address(self, attributes: str) -> str:
        """Where a link leads, as far as it leads to another page of the web."""
        try:
            target = urljoin(self.url, SPACE.sub("", attribute(attributes, "href"))).split("#")[0]
        except ValueError:
            return ""
        away = target.startswith(("https://", "http://")) and target != self.url and len(target) <= MAX_LINK
        return target if away else ""


def attribute(attributes: str, name: str) -> str:
    """The value of the first attribute of that name; empty when there is none."""
    for found in ATTRIBUTE.finditer(attributes):
        if found[1].lower() == name:
            return html.unescape(found[2] or found[3] or found[4] or "")
    return ""


def hidden(attributes: str) -> bool:
    """Whether an element is there for programs and not for people."""
    if "hidden" not in attributes and "display" not in attributes:
        return False
    names = {found[1].lower() for found in ATTRIBUTE.finditer(attributes)}
    return "hidden" in names or "display:none" in attribute(attributes, "style").replace(" ", "").lower()
