"""What the admin's page of a conversation says of a run's life."""

from typing import Any

import pytest

from chat.models import Message
from chat.thread import entry


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"status": "waiting_for_user"}, "Waiting for an answer"),
        ({"status": "succeeded"}, "Succeeded"),
        ({"status": "running", "step": "look", "step_status": "failed"}, "look: Failed"),
        ({"status": "retrying", "error": "It is down; trying again in 4 s (2 of 5)."}, "It is down; trying again in 4 s (2 of 5)."),
    ],
)
def test_a_status_is_told_in_words(payload: dict[str, Any], words: str) -> None:
    row = Message(kind=Message.Kind.STATUS, author=Message.Author.SYSTEM, via=Message.Via.RUN, payload=payload)

    assert entry(row).words == words
