"""Markdown as Telegram shows it: the table of cases, each judged by Telegram's own parser, and where long texts are cut."""

import pytest
from pytest_django import Settings

from telegram_bridge.formatting import Chunk, joined, literal, plain, render
from telegram_bridge.splitting import MOST_ENTITIES, MOST_UNITS, units
from tests.telegram_bridge.judge import refusal

CASES = [
    ("plain words", "plain words", []),
    ("**bold** and __bold__", "bold and bold", ["bold:bold", "bold:bold"]),
    ("*slanted* and _slanted_", "slanted and slanted", ["italic:slanted", "italic:slanted"]),
    ("~~gone~~", "gone", ["strikethrough:gone"]),
    ("***both***", "both", ["bold:both", "italic:both"]),
    ("**a _b_ c**", "a b c", ["bold:a b c", "italic:b"]),
    ("**a `b` c**", "a b c", ["bold:a ", "code:b", "bold: c"]),
    ("`x < 1 & y`", "x < 1 & y", ["code:x < 1 & y"]),
    ("snake_case_name and 2*3*4", "snake_case_name and 234", ["italic:3"]),
    ("😀 **bold** 𝔘 *slanted*", "😀 bold 𝔘 slanted", ["bold:bold", "italic:slanted"]),
    ("# Title", "Title", ["bold:Title"]),
    ("### Title *x*\ntext", "Title x\n\ntext", ["bold:Title x", "italic:x"]),
    ("one\ntwo", "one\ntwo", []),
    ("one\n\n\n\ntwo", "one\n\ntwo", []),
    ("- one\n- two", "• one\n• two", []),
    ("- one\n  - two\n    - three\n- four", "• one\n  ◦ two\n    ▪ three\n• four", []),
    ("3. three\n4. four", "3. three\n4. four", []),
    ("1. one\n\n   more\n2. two", "1. one\n\n   more\n\n2. two", []),
    ("- [ ] open\n- [x] done", "• [ ] open\n• [x] done", []),
    ("> quoted\n> words", "quoted\nwords", ["blockquote:quoted\nwords"]),
    ("> a\n>> b", "a\n\nb", ["blockquote:a\n\nb"]),
    ("```python\nif x:\n    y()\n```", "if x:\n    y()", ["pre:if x:\n    y()"]),
    ("    indented\n      code", "indented\n  code", ["pre:indented\n  code"]),
    ("- item\n\n  ```\n  a\n    b\n  ```", "• item\n\na\n  b", ["pre:a\n  b"]),
    ("above\n\n---\n\nbelow", "above\n\n———\n\nbelow", []),
    ("[words](https://example.com/a_b)", "words", ["text_link:words"]),
    ("[words](/x)", "words", []),
    ("[words](http://localhost:8000/)", "words (http://localhost:8000/)", []),
    ("[words](javascript:alert)", "[words](javascript:alert)", []),
    ("[words](http://a.example:0/)", "words (http://a.example:0/)", []),
    ("[a@example.com](mailto:a@example.com)", "a@example.com", []),
    ("<https://example.com/x>", "https://example.com/x", ["text_link:https://example.com/x"]),
    ("see https://example.com/x_y_z", "see https://example.com/x_y_z", []),
    ("[](https://example.com)", "https://example.com", []),
    ("[`code`](https://example.com)", "code", ["text_link:code"]),
    ("![a cat](https://example.com/cat.png)", "a cat", ["text_link:a cat"]),
    ("![a cat](cat.png)", "a cat (cat.png)", []),
    ("<b>not</b> <script>html</script> &amp; a < b", "<b>not</b> <script>html</script> & a < b", []),
    ("<div>\nraw\n</div>", "<div>\nraw\n</div>", []),
    (r"\*not\* \_slanted\_", "*not* _slanted_", []),
    ("| a | bb |\n|---|---|\n| 1 | **2** |", "a  bb\n─  ──\n1  2", ["pre:a  bb\n─  ──\n1  2"]),
    ("| a | b |\n|---|---|\n| 1 | [x](https://example.com) |", "a: 1\nb: x", ["bold:a", "bold:b", "text_link:x"]),
]  # fmt: skip


def looks(chunk: Chunk) -> list[str]:
    """The entities of a message as type and text."""
    text = chunk.text.encode("utf-16-le")
    places = ((one, 2 * one["offset"], 2 * (one["offset"] + one["length"])) for one in chunk.entities)
    return [f"{one['type']}:{text[start:end].decode('utf-16-le')}" for one, start, end in places]


@pytest.mark.parametrize(("markdown", "text", "entities"), CASES, ids=range(len(CASES)))
def test_markdown_becomes_text_and_entities_that_telegram_takes(markdown: str, text: str, entities: list[str]) -> None:
    (chunk,) = render(markdown)

    assert (chunk.text, looks(chunk), refusal(chunk)) == (text, entities, "")


@pytest.mark.parametrize(
    ("url", "text", "entities"),
    [
        ("", "Tea and a chart.", []),
        ("https://a.example", "Tea and a chart.", ["text_link:Tea", "text_link:a chart"]),
        ("http://localhost:8000", "Tea (http://localhost:8000/workflows/7/) and a chart (http://localhost:8000/x.png).", []),
    ],
)
def test_a_link_to_a_page_of_ours_is_whole_or_only_its_words(settings: Settings, url: str, text: str, entities: list[str]) -> None:
    settings.AGENTRON_URL = url

    (chunk,) = render("[Tea](/workflows/7/) and ![a chart](/x.png).")

    assert (chunk.text, looks(chunk), refusal(chunk)) == (text, entities, "")


@pytest.mark.parametrize("nothing", ["", " \n\t", "\u200b", "\u2028"])
def test_what_cannot_be_seen_is_no_message(nothing: str) -> None:
    assert render(nothing) == []


@pytest.mark.parametrize("markdown", ["```\n```", "[x]: https://example.com", "> " * 200 + "deep"])
def test_markdown_that_shows_nothing_is_shown_as_it_was_written(markdown: str) -> None:
    assert [chunk.text for chunk in render(markdown)] == [markdown]


def test_code_keeps_its_language() -> None:
    (chunk,) = render("```c++ title=x\nx\n```")

    assert chunk.entities[0]["language"] == "c++"


def test_code_that_is_cut_stays_code_on_both_sides_and_keeps_its_indents() -> None:
    lines = [f"    line({number})" for number in range(700)]

    chunks = render("Look:\n\n```python\n" + "\n".join(lines) + "\n```\n\ndone")

    assert len(chunks) == 3
    assert "\n".join(looks(chunk)[0].removeprefix("pre:") for chunk in chunks).split("\n") == lines
    assert [refusal(chunk) for chunk in chunks] == ["", "", ""]


@pytest.mark.parametrize(
    ("gap", "end"),
    [("\n\n", "x"), ("\n", "x"), (". ", "."), (" ", "x"), ("", "x")],
)
def test_a_long_text_is_cut_at_the_best_place(gap: str, end: str) -> None:
    words = ["x" * 49] * 200

    chunks = render(gap.join(words))

    assert all(chunk.text.endswith(end) for chunk in chunks[:-1])
    assert "".join(chunk.text for chunk in chunks).count("x") == 49 * 200
    assert max(units(chunk.text) for chunk in chunks) > MOST_UNITS * 0.9


def test_a_message_is_measured_in_units_of_utf_16() -> None:
    chunks = render("😀" * 3000)

    assert [units(chunk.text) for chunk in chunks] == [4096, 1904]


@pytest.mark.parametrize("sign", ["👩‍👩‍👧", "👍🏽", "e\u0301"])
def test_a_long_row_of_signs_is_not_cut_within_one(sign: str) -> None:
    for chunk in render(sign * 3000):
        assert chunk.text == sign * (len(chunk.text) // len(sign))


def test_a_message_has_few_enough_entities() -> None:
    chunks = render(" ".join(f"**{number}**" for number in range(250)))

    assert [len(chunk.entities) for chunk in chunks] == [MOST_ENTITIES, MOST_ENTITIES, 60]


def test_a_message_knows_how_it_was_written() -> None:
    chunks = render("# Title\n\n" + "word " * 700 + "\n\n" + "more " * 300 + "\n\n**end** [x](https://example.com)")

    assert chunks[0].source.startswith("# Title\n\nword")
    assert chunks[-1].source.endswith("**end** [x](https://example.com)")


def test_a_text_that_would_take_too_long_to_parse_is_shown_as_it_is() -> None:
    chunks = render("[" * 2000)

    assert "".join(chunk.text for chunk in chunks) == "[" * 2000


@pytest.mark.parametrize("markdown", ["*a **b " * 200 + "c** d* " * 200, "> - " * 60 + "x", "- " * 500 + "x"])
def test_looks_within_looks_without_end_are_shown_as_they_are(markdown: str) -> None:
    assert "".join(chunk.text for chunk in render(markdown)).split() == "".join(chunk.text for chunk in plain(markdown)).split()


def test_words_that_are_no_markdown_are_shown_as_they_are() -> None:
    words = "*a* _b_ `c` [d](https://e.example) <f> # g\n- h | i ~~j~~ & k \\ 1. l"

    assert [chunk.text for chunk in render(literal(words))] == [words] == [chunk.text for chunk in plain(words)]


def test_a_line_below_a_full_message_finds_room() -> None:
    (full,) = render("**x**" + "😀" * 2000 + "y" * 90)

    found = joined(full, "✅ **Approved** by ada")

    assert units(found.text) <= MOST_UNITS
    assert found.text.endswith("…\n\n✅ Approved by ada")
    assert looks(found)[-1] == "bold:Approved"
    assert refusal(found) == ""
