"""Patterns that anybody may write."""

import time

import pytest

from workflows.graph import Condition
from workflows.patterns import compiled


@pytest.mark.parametrize("hostile", ["(a+)+$", "(a|a)*$", "(.*a){20}$"])
def test_a_hostile_pattern_does_not_hang_the_worker(hostile: str) -> None:
    begun = time.monotonic()

    Condition("step", "regex", hostile).holds("a" * 9_999 + "!")

    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(("pattern", "met"), [("score: [89]", True), ("(?i)SCORE", True), (r"\bscore\b", True), ("score: [1-3]", False)])
def test_a_pattern_is_looked_for_anywhere(pattern: str, met: bool) -> None:
    assert Condition("step", "regex", pattern).holds("the score: 9") is met


@pytest.mark.parametrize("wrong", ["(", "(?=a)", r"(a)\1", "a{5000}"])
def test_what_is_no_pattern_here_says_why_and_matches_nothing(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"missing|invalid"):
        compiled(wrong)

    assert not Condition("step", "regex", wrong).holds("aa")
