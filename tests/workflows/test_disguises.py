"""Secrets are found in a text however they were written there."""

import html
import json
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from urllib.parse import quote

from workflows.concealing import conceal, concealed

VALUE = "hunter2/Ümlaut+"
# What would tell of it, in one spelling or another.
TELLING = ("unter", "UNTER", "retnu", "756e74", "6E:74", "%6E", "&#", "0075", "odW50", "h1bn", "VudGV")


def spelled() -> Iterator[str]:
    """The value as libraries, pages and people write it."""
    yield from (VALUE, VALUE.upper(), VALUE[::-1], VALUE.encode().hex(), VALUE.encode().hex(":").upper(), repr(VALUE), html.escape(VALUE))
    yield from (
        json.dumps(VALUE),
        json.dumps(json.dumps(VALUE)),
        VALUE.replace("/", "\\/"),
        "".join(f"\\u{ord(sign):04X}" for sign in VALUE),
    )
    yield from ("".join(f"&#{ord(sign)};" for sign in VALUE), "".join(f"&#x{ord(sign):x}" for sign in VALUE))
    yield from (quote(VALUE), quote(VALUE, safe="").lower(), quote(quote(VALUE)), "".join(f"%{byte:02X}" for byte in VALUE.encode()))
    for user in ("", "u:", "us:", "use:"):
        yield from (encode(f"{user}{VALUE}{rest}".encode()).decode() for encode in (b64encode, urlsafe_b64encode) for rest in ("", ":x"))


def test_a_secret_is_masked_however_it_is_written() -> None:
    with concealed([VALUE]):
        told = {text: conceal(f"It is {text} indeed") for text in spelled()}

    assert [text for text, line in told.items() if "•••" not in line or any(part in line for part in TELLING)] == []
    assert all(line.startswith("It is ") and line.endswith(" indeed") for line in told.values())


def test_what_looks_like_an_escape_in_a_secret_is_found_as_it_is_and_escaped() -> None:
    value = "a%41&amp;\\n"

    with concealed([value]):
        told = [conceal(value), conceal(quote(value)), conceal(json.dumps(value))]

    assert told == ["•••", "•••", '"•••"']


def test_what_stands_around_a_secret_stays_as_it_was() -> None:
    with concealed(["hunter2", "hunter2-long"]):
        line = conceal("100%25 of &amp; hunter2-long, HUNTER2 and %68unter2, café")

    assert line == "100%25 of &amp; •••, ••• and •••, café"


def test_a_long_text_is_searched_in_no_time() -> None:
    begun = time.perf_counter()

    with concealed([VALUE, "another one"]):
        conceal("%41&amp;\\u0041 " * 6_000)

    assert time.perf_counter() - begun < 2
