"""Asking a person."""

import pytest

from tests.factories import make_context
from workflows.builtin.ask import ask_user
from workflows.models import HelpRequest
from workflows.tools import Question, ToolError


def test_a_question_without_options_is_open() -> None:
    asked = ask_user(make_context(), " Which city? ", reason="Two are called that.")

    assert asked == Question("Which city?", HelpRequest.Kind.QUESTION, [], "Two are called that.")


def test_a_question_with_options_is_a_choice() -> None:
    asked = ask_user(make_context(), "Which city?", ["Paris ", "Rome"])

    assert asked == Question("Which city?", HelpRequest.Kind.CHOICE, ["Paris", "Rome"])


def test_no_options_at_all_are_as_none() -> None:
    assert ask_user(make_context(), "Which city?", []).kind == HelpRequest.Kind.QUESTION


def test_what_a_database_cannot_hold_is_made_storable() -> None:
    asked = ask_user(make_context(), "a\0\ud800", ["b\0", "c"], "d\0")

    assert "\0" not in "".join([asked.question, *asked.options, asked.reason])
    assert asked.question.encode()


@pytest.mark.parametrize(
    ("question", "options", "sentence"),
    [
        ("", None, "The question is empty"),
        (" \n", None, "The question is empty"),
        ("q" * 2_001, None, "The question has 2,001 characters"),
        ("q", ["only"], "There are 1 options"),
        ("q", list("abcdef"), "There are 6 options"),
        ("q", ["a", " "], "An option is empty"),
        ("q", ["Yes", "yes "], "Two options are the same"),
        ("q", ["a", "b" * 201], "The option has 201 characters"),
    ],
)
def test_a_question_nobody_could_answer_is_refused(question: str, options: list[str] | None, sentence: str) -> None:
    with pytest.raises(ToolError, match=sentence):
        ask_user(make_context(), question, options)


def test_a_reason_has_a_limit() -> None:
    with pytest.raises(ToolError, match="The reason has 1,001 characters"):
        ask_user(make_context(), "q", None, "r" * 1_001)
