"""Prompts of steps: what is wrong with their names and braces."""

import pytest

from workflows.prompts import problems


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Write about {{ input.topic }}", []),
        ('Answer as {"a": {"b": 1}}', []),
        ("Write about {{ oops", ["“{{ oops” is not closed"]),
        ("Write about input.topic }}", ["“input.topic }}” is not opened"]),
        ("{{ a }} {{ b }} {{ c", ["“{{ a }}” is no name", "“{{ b }}” is no name", "“{{ c” is not closed"]),
    ],
)
def test_every_mistake_of_a_prompt_is_told(text: str, told: list[str]) -> None:
    found = list(problems(text, frozenset()))

    assert [sentence[: len(words)] for sentence, words in zip(found, told, strict=True)] == told
