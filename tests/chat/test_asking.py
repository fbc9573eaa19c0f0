"""Questions on a terminal."""

from chat.asking import question_lines


def test_an_approval_is_shown_with_what_would_be_done() -> None:
    call = {"request_id": "ID", "question": "May it?", "reason": "For the bill.", "tool": "pay", "arguments": {"euros": 5}}

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
