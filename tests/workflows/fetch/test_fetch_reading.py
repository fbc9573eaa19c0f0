"""Bytes to text: charsets that lie, and HTML of every kind in time that grows with its size alone."""

import time

import pytest

from workflows.fetch.download import Page
from workflows.fetch.reading import Reading, read
from workflows.tools import ToolError

pytestmark = pytest.mark.wide

LIMIT = 20_000


def make_page(body: bytes | str, media_type: str = "text/html", charset: str = "", cut: bool = False) -> Page:
    """What a server might have sent for https://example.com/docs/."""
    url = "https://example.com/docs/"
    return Page(url, url, media_type, charset, body if isinstance(body, bytes) else body.encode(), cut)


def html(body: str) -> Reading:
    """What is read of an HTML page."""
    return read(make_page(body), LIMIT)


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("Größe".encode(), "utf-8", "Größe"),
        ("Größe".encode(), "", "Größe"),
        ("Größe".encode("latin-1"), "iso-8859-1", "Größe"),
        ("“Größe”".encode("cp1252"), "iso-8859-1", "“Größe”"),
        ("日本語".encode("shift_jis"), "Shift_JIS", "日本語"),
        ("日本語".encode("iso2022_jp"), "iso-2022-jp", "日本語"),
        ("Привет".encode("koi8-r"), "koi8-r", "Привет"),
        ("Größe".encode("utf-16"), "", "Größe"),
        ("Größe".encode("utf-16-le"), "utf-16le", "Größe"),
        ("Größe".encode("utf-8-sig"), "latin-1", "Größe"),
        # declared wrongly
        ("Größe".encode(), "iso-8859-1", "Größe"),
        ("Größe".encode("latin-1"), "utf-8", "Größe"),
        ("Größe".encode("latin-1"), "", "Größe"),
        (b"caf\xe9", "utf-8", "café"),
        ("Größe".encode(), "no-such-charset", "Größe"),
        # codecs that are no charsets, or that take forever
        (b"hello", "rot13", "hello"),
        (b"hello", "idna", "hello"),
        (b"hello", "punycode", "hello"),
        (b"aGVsbG8=", "base64", "aGVsbG8="),
        (rb"\u0041", "unicode_escape", rb"\u0041".decode()),
        (b"+AEE-", "utf-7", "+AEE-"),
        (b"hello", "../../etc/passwd", "hello"),
    ],
)
def test_text_is_read_in_the_charset_it_is_in(body: bytes, charset: str, text: str) -> None:
    assert read(make_page(body, "text/plain", charset), LIMIT).text == text


def test_a_charset_may_stand_in_the_page() -> None:
    body = '<meta charset="windows-1251"><p>Привет'.encode("cp1251")

    assert read(make_page(body), LIMIT).text == "Привет"


def test_a_character_that_was_cut_in_two_does_not_change_the_charset() -> None:
    body = ("ö" * 10).encode()[:-1]

    assert read(make_page(body, "text/plain", cut=True), LIMIT).text == "ö" * 9


def test_binary_data_that_calls_itself_text_is_refused() -> None:
    with pytest.raises(ToolError, match="binary"):
        read(make_page(b"\x89PNG\r\n\x1a\n\0\0\0", "text/plain"), LIMIT)


def test_json_and_xml_stay_as_they_are() -> None:
    assert read(make_page('{"a": "<b>"}', "application/json"), LIMIT).text == '{"a": "<b>"}'
    assert read(make_page("<rss><item>x</item></rss>", "application/rss+xml"), LIMIT).text == "<rss><item>x</item></rss>"


def test_a_page_without_a_type_is_read_as_what_it_looks_like() -> None:
    assert read(make_page("<!DOCTYPE html><html><p>hello</html>", ""), LIMIT).text == "hello"
    assert read(make_page("a < b", ""), LIMIT).text == "a < b"


def test_a_page_becomes_text_that_keeps_its_shape() -> None:
    found = html(
        """<!DOCTYPE html><html><head><title> The
        Title &amp; more</title><style>p {color: red}</style></head><body>
        <h1>Head<b>ing</b></h1><p>One
        two&nbsp;<i>three</i>.<br>Four</p><ul><li>a</li><li><p>b</p></li></ul>
        <table><tr><th>k<th>v<tr><td>1</td><td>2</td></tr></table>
        <pre>  if x:
    y</pre><script>alert("<p>no</p>")</script><p>end</body></html>"""
    )

    assert found.title == "The Title & more"
    assert found.text.split("\n") == [
        "# Heading", "", "One two three.", "Four", "", "- a", "- b", "", "k | v", "1 | 2", "", "  if x:", "    y", "", "end",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>a<!-- no <p>no --!>b", "ab"),
        ("a<!-->b<!--->c", "abc"),
        ("a<!-- never ends <p>no", "a"),
        ("<a title='a > b' x>y</a>", "y"),
        ('<a title="it\'s">y</a>', "y"),
        ("<p class=it's>y", "y"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<p>a</p ><P>b</P>", "a\n\nb"),
        ("<script>if (a</script>b", "b"),
        ("<script>never ends", ""),
        ("<textarea><p>no</textarea>yes", "yes"),
        ("&lt;script&gt; &amp;amp; &#x41;&#0;&#xD800;", "<script> &amp; A\ufffd\ufffd"),
        ("<svg><title>no</title><text>no</text></svg>yes", "yes"),
        ("<svg/>yes", "yes"),
        ("<nav><nav>no</nav>no</nav>yes<footer>no</footer>", "yes"),
        ("<div hidden>no<div>no</div>no</div>yes", "yes"),
        ("<div style='color:red; display : none'>no</div>yes", "yes"),
        ("<div title='the hidden thing' class=hidden>yes</div>", "yes"),
        ("<?php no ?><![CDATA[ no ]]>yes", "yes"),
        ("", ""),
    ],
)
def test_odd_markup_is_read_as_a_browser_would_show_it(body: str, text: str) -> None:
    assert html(body).text == text


def test_a_page_with_a_main_part_is_read_without_what_surrounds_it() -> None:
    words = "word " * 200

    found = html(f"<header>Menu</header><main><h1>Story</h1>{words}</main><div>Adverts</div>")

    assert found.text.startswith("# Story\n")
    assert "Menu" not in found.text
    assert "Adverts" not in found.text


def test_a_teaser_is_not_taken_for_the_page() -> None:
    words = "word " * 200

    found = html(f"<article>teaser</article><div>{words}</div>")

    assert "word word" in found.text


def test_links_are_told_with_where_they_lead() -> None:
    found = html(
        """<a href="/a?x=1&amp;y=2">The <b>first</b></a> <a href="b#part">second</a> <a href="b">again</a> <a href="//cdn.example.com/c">c</a>
        <a href="#top">top</a> <a href="javascript:alert(1)">no</a> <a href="mailto:a@b.c">no</a> <a href="/d"></a> <a href="http://[bad">no</a>
        <nav><a href="/menu">no</a></nav><a href=e>open"""
    )

    assert found.links == {
        "https://example.com/a?x=1&y=2": "The first",
        "https://example.com/docs/b": "second",
        "https://cdn.example.com/c": "c",
    }


def test_reading_stops_when_there_is_enough() -> None:
    found = read(make_page("<p>word " * 100_000), 1_000)

    assert 1_000 < len(found.text) < 2_000


@pytest.mark.parametrize(
    "piece",
    [
        "<div>", "<b>", "<a href=x>", "<table><tr><td>", "<ul><li>", "<blockquote>", "<pre>x\n", "<p>x", "<b><p>", "<nav>", "<main>",
        "<", "</", "<!", "<!--", "<!--a--", "<!doctype ", "<?", "<![CDATA[", "<a ", "<a/", "<a x=", '<a x="', "<a x='", "</a ", "&", "&#", "&a",
        "<script>", "<script></scrip", "<title>", "<div hidden>", "<div style=display", "x ", " ", "\n",
    ],
)  # fmt: skip
def test_a_quarter_of_a_million_characters_of_anything_are_read_at_once(piece: str) -> None:
    body = piece * (250_000 // len(piece))
    tag = "<a " + piece.replace(">", "") * (125_000 // len(piece)) + ">"
    begun = time.process_time()

    read(make_page(f"<p>{body}"), 10**9)
    html(tag)

    # Quadratic work on this much takes many seconds; the bound leaves room for slow machines.
    assert time.process_time() - begun < 1.25
