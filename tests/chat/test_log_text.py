"""What text and data may hold when they come from a model, a tool or a person."""

import pytest

from chat.errors import InvalidError
from chat.log import MAX_TEXT, check_text, clean, storable


@pytest.mark.parametrize(
    ("text", "stored"),
    [("plain", "plain"), ("a\0b", "a\ufffdb"), ("a\ud800b", "a\ufffdb"), ("\ud83d\ude00", "😀"), ("😀", "😀")],
)
def test_text_from_a_model_is_made_storable(text: str, stored: str) -> None:
    assert clean(text) == stored


def test_data_is_made_storable_all_the_way_down() -> None:
    assert storable({"a\0": ["\ud800", {"b": 1, "c": None}]}) == {"a\ufffd": ["\ufffd", {"b": 1, "c": None}]}


def test_what_only_looks_like_an_escape_is_left_alone() -> None:
    assert storable(["C:\\u0000", "\\ud800", "😀"]) == ["C:\\u0000", "\\ud800", "😀"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "write something"),
        (" \n", "write something"),
        ("ab\0", "Character 3 of the text cannot be stored"),
        ("\ud800", "Character 1 of the text cannot be stored"),
        ("x" * (MAX_TEXT + 1), "send at most 20,000 at a time"),
    ],
)
def test_a_person_is_told_what_to_change(text: str, sentence: str) -> None:
    with pytest.raises(InvalidError, match=sentence):
        check_text(text)
