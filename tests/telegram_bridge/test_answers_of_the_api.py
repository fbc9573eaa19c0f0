"""Which answers say what became of a call, and which leave it open whether it was carried out."""

import pytest

from telegram_bridge.bot import is_answer


@pytest.mark.parametrize(
    ("code", "body", "clear"),
    [
        (200, b'{"ok": true, "result": {}}', True),
        (200, b'{"ok": true}', False),
        (200, b"<html>", False),
        (200, b"", False),
        (200, b"[]", False),
        (400, b'{"ok": false, "error_code": 400, "description": "Bad Request"}', True),
        (413, b"<html>Too large</html>", True),
        (500, b'{"ok": false, "error_code": 500, "description": "Internal Server Error"}', True),
        (502, b"<html>Bad Gateway</html>", True),
        (503, b"", True),
        (504, b"<html>Gateway Timeout</html>", False),
        (504, b'{"message": "Endpoint request timed out"}', False),
    ],
)
def test_who_gave_up_waiting_does_not_know_whether_a_call_was_carried_out(code: int, body: bytes, clear: bool) -> None:
    assert is_answer(code, body) is clear
