"""What a reply quotes, and what a task's messages wear."""

from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from chat import log
from chat.models import Conversation, Message
from chat.quotes import framed
from chat.tool_cards import gist
from tests.factories import say


def reply(conversation: Conversation, to: int, **fields: object) -> Message:
    """An answer of the assistant's, as of a task that is gone by now."""
    message = Message(author=Message.Author.ASSISTANT, via=Message.Via.SCHEDULE, text="It is time.", reply_to=to, task_id=uuid4(), **fields)
    log.post(conversation.pk, message)
    return message


def test_a_reply_quotes_the_beginning_of_what_it_answers(conversation: Conversation, client: Client) -> None:
    promise = Message(author=Message.Author.ASSISTANT, via=Message.Via.RUN, text="I **check** [this](https://example.com) " + "again " * 40)
    log.post(conversation.pk, promise)
    told = reply(conversation, promise.seq)
    client.force_login(conversation.owner)

    html = client.get(f"/chats/{conversation.pk}/").content.decode()

    quote = framed([told])[0].data["quoted"]
    assert quote.startswith("I check this again again")
    assert len(quote) <= 140
    assert f'data-quote="{promise.seq}"' in html
    assert f"<q>{quote}</q>" in html
    assert f'href="/scheduled/{told.task_id}/"' in html


def test_replies_cost_one_query_and_others_none(conversation: Conversation, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    promise = say(conversation)
    replies = [reply(conversation, promise.seq) for _ in range(5)]

    with django_assert_num_queries(1):
        framed(replies)
    with django_assert_num_queries(0):
        framed([promise])


def test_a_message_that_tells_of_a_pause_lets_one_resume(conversation: Conversation, client: Client) -> None:
    told = reply(conversation, 1, payload={"paused": True})
    client.force_login(conversation.owner)

    html = client.get(f"/chats/{conversation.pk}/").content.decode()

    assert f'hx-post="/scheduled/{told.task_id}/resume/"' in html


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ({"options": ["a"], "question": "Which **one**?"}, "Which one?"),
        ({"url": "https://x.example/__a__"}, "https://x.example/__a__"),
    ],
)
def test_a_tools_card_says_in_plain_words_what_is_asked(arguments: dict[str, object], shown: str) -> None:
    assert gist(arguments) == shown
