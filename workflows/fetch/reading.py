"""From a page's bytes to text that a model can read."""

import codecs
import re
from dataclasses import dataclass, field

from workflows.fetch.download import Page
from workflows.fetch.markup import Reader
from workflows.tools import ToolError

HTML = ("text/html", "application/xhtml+xml")
# Enough to be the page itself and not a teaser in it.
ENOUGH = 500
# What the web is written in. Python has other codecs, some of which take forever or are no text at all.
CODECS = re.compile(
    r"utf-(8|16|32)(-[lb]e|-sig)?|ascii|iso8859-\d+|cp(125\d|437|850|866|874|932|949|950)|koi8-[rtu]|mac-(roman|cyrillic)"
    r"|shift_jis(x0213|_2004)?|euc_(jp|kr|jis_2004)|iso2022_(jp|kr)(_\d|_ext)?|gb(2312|k|18030)|big5(hkscs)?|johab|tis-620"
)
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
DECLARED = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """A page as text. `links` are the texts of its links by their addresses; empty for anything but HTML."""

    text: str
    title: str = ""
    links: dict[str, str] = field(default_factory=dict)


def read(page: Page, limit: int) -> Reading:
    """What `page` says, at least up to `limit` characters of it. Raises ToolError when it is not text."""
    text = decode(page.body, page.charset, page.cut)
    if "\0" in text[:5_000]:
        raise ToolError(f"{page.url} calls itself text but is binary data, which cannot be read.")
    if page.media_type in HTML or (not page.media_type and "<html" in text[:1_000].lower()):
        return read_html(text, page.url, limit)
    return Reading(text.strip())


def decode(body: bytes, declared: str, cut: bool) -> str:
    """The body as text. Servers are often wrong about charsets, and valid UTF-8 is hardly ever anything else."""
    for mark, codec in MARKS:
        if body.startswith(mark):
            return body.decode(codec, "replace")
    if not body.isascii() and (text := attempt(body, "utf-8", cut)) is not None:
        return text
    found = DECLARED.search(body[:1_024])
    for label in (declared, found[1].decode() if found else "", "utf-8"):
        if (text := attempt(body, label, cut)) is not None:
            return text
    return body.decode("cp1252", "replace")


def attempt(body: bytes, label: str, cut: bool) -> str | None:
    """The body in the charset that `label` names; None when it is not in that, or there is no such thing."""
    try:
        codec = codecs.lookup(label)
    except (LookupError, ValueError):
        return None
    # As browsers do: what calls itself Latin-1 has Windows' quotation marks in it.
    name = "cp1252" if codec.name in ("ascii", "iso8859-1") else codec.name
    if not CODECS.fullmatch(name):
        return None
    try:
        # Where a body was cut, so may be its last character.
        return codecs.getincrementaldecoder(name)("strict").decode(body, final=not cut)
    except UnicodeDecodeError:
        return None


def read_html(markup: str, url: str, limit: int) -> Reading:
    """The text of the page's main part, where it has one; what stands around it is left out."""
    best = Reading("")
    lower = markup.lower()
    for scope in ("main", "article", ""):
        if scope and f"<{scope}" not in lower:
            continue
        reader = Reader(url, scope, limit)
        reader.feed(markup)
        if len(text := reader.text) > len(best.text):
            best = Reading(text, reader.title, reader.links)
        if len(best.text) >= ENOUGH:
            break
    return best
