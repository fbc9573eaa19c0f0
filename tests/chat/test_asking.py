"""Questions, as a terminal and the page show them."""

from typing import Any

from chat.asking import question_lines
from chat.fragments import asked


def test_an_approval_is_shown_with_what_would_be_done() -> None:
    call = {"request_id": "ID", "question": "May it?", "reason": "For the bill.", "tool": "pay", "arguments": {"euros": 5}}
    call["question_kind"] = "approval"

    lines = list(question_lines({**call, "decisions": ["approve", "deny"], "expires_at": "2030-01-01T09:00:00+00:00"}))

    assert lines == [
        "May it?",
        "For the bill.",
        "pay would be called with",
        "{",
        '  "euros": 5',
        "}",
        "Without an answer it fails at 2030-01-01 09:00 UTC.",
        "Answer with: agentron runs respond ID --decision approve|deny",
    ]


def test_credentials_are_asked_for_by_their_page_alone() -> None:
    lines = list(question_lines({"request_id": "ID", "question": "Which password?", "question_kind": "credentials"}))

    assert lines == ["Which password?", "Give it on its own page, in a browser: /help/ID/credentials/"]


def call(question: str, *decisions: str) -> dict[str, Any]:
    arguments = {"agent": "Tea", "instructions": "Pour it."}
    return {"question_kind": "confirmation", "question": question, "tool": "x", "arguments": arguments, "decisions": list(decisions)}


def test_the_page_shows_a_call_unless_the_question_has_all_of_it() -> None:
    assert "Pour it" in asked(call("Again? Tea: “Pour it.”", "done", "again", "stop"))["arguments"]
    assert "Pour it" in asked(call("Give “Tea” new instructions: “Po…”?", "yes", "no"))["arguments"]
    assert not asked(call("Give “Tea” new instructions: “Pour it.”?", "yes", "no"))["arguments"]
