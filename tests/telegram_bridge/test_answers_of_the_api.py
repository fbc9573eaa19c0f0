"""Which answers to a call are Telegram's own, and which leave it open whether it was carried out."""

import pytest

from telegram_bridge.bot import is_answer


@pytest.mark.parametrize(
    ("code", "body", "own"),
    [
        (200, b'{"ok": true, "result": {}}', True),
        (200, b'{"ok": true}', False),
        (200, b"<html>", False),
        (200, b"", False),
        (200, b"[]", False),
        (400, b'{"ok": false, "error_code": 400, "description": "Bad Request"}', True),
        (413, b"<html>Too large</html>", True),
        (500, b'{"ok": false, "error_code": 500, "description": "Internal Server Error"}', True),
        (502, b"<html>Bad Gateway</html>", False),
        (504, b'{"message": "Endpoint request timed out"}', False),
    ],
)
def test_only_telegram_says_that_a_call_was_not_carried_out(code: int, body: bytes, own: bool) -> None:
    assert is_answer(code, body) is own
