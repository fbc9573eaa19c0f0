"""What is said in one silent line beside the work: how a message was taken, and where one speaks now."""

import pytest

from tasks.models import Task
from tests.telegram_bridge.test_answers import APPROVAL, FORWARD, OPEN, asked, begun, state

pytestmark = pytest.mark.django_db


def test_with_two_questions_a_plain_message_is_told_that_it_answers_neither() -> None:
    phone = begun()
    first, _ = asked(phone)
    asked(phone, **APPROVAL)
    line = "2 questions are open: reply to the one you mean, or press its button."

    phone.say("The blue one")
    phone.say("The blue one", **FORWARD)

    assert state(first) == OPEN
    assert phone.told().count(line) == 1


def test_with_two_questions_that_words_do_not_answer_nothing_is_said_of_them() -> None:
    phone = begun()
    for _ in range(2):
        asked(phone, **APPROVAL)

    phone.say("yes")

    assert not any("questions are open" in text for text in phone.told())


@pytest.mark.parametrize("text", ["every 1 second ping", "every 5 seconds ping"])
def test_a_schedule_that_would_flood_the_chat_is_refused(text: str) -> None:
    phone = begun()

    phone.say(f"/schedule {text}")
    phone.say("/schedule every 10 minutes ping")

    assert "is too often: every 10 seconds is the most" in phone.told()[0]
    assert Task.objects.get().schedule == "every 10 minutes"
