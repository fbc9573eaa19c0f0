"""Questions on a terminal."""

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


def test_what_may_have_happened_is_shown_on_a_page_with_its_arguments() -> None:
    body = {"question_kind": "confirmation", "question": "Again?", "tool": "pay", "arguments": {"euros": 5}}

    assert "euros" in asked({**body, "decisions": ["done", "again", "stop"]})["arguments"]
    assert not asked({**body, "decisions": ["yes", "no"]})["arguments"]
