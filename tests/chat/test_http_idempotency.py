"""The same POST again does nothing again."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from chat.models import ApiToken, Conversation, IdempotencyKey, Message
from tests.chat.conftest import api_of


def post(api: Client, key: str, body: Any = '{"text": "hello"}', path: str = "/api/chat") -> Any:
    return api.post(path, body, content_type="application/json", headers={"Idempotency-Key": key})


def test_a_repeat_gets_the_same_answer_and_does_nothing(api: Client) -> None:
    first, second = post(api, "k1"), post(api, "k1")

    assert (first.status_code, first.json()) == (202, second.json())
    assert second["Idempotency-Replayed"] == "true"
    assert Message.objects.filter(text="hello").count() == 1


def test_the_same_body_in_other_words_is_the_same(api: Client) -> None:
    one = post(api, "k1", '{"text": "hello", "client_id": "c"}')
    two = post(api, "k1", '{ "client_id":"c",\n"text":"hello" }')

    assert one.json() == two.json()


def test_the_same_key_with_another_body_is_refused(api: Client) -> None:
    post(api, "k1")

    response = post(api, "k1", '{"text": "something else"}')

    assert response.status_code == 422
    assert "Idempotency-Key" in response.json()["errors"]


def test_a_key_is_one_persons_and_one_addresss(api: Client, as_stranger: Client, conversation: Conversation) -> None:
    here = post(api, "k1").json()

    assert post(as_stranger, "k1").json()["conversation_id"] != here["conversation_id"]
    assert post(api, "k1", "", f"/api/runs/{here['run_id']}/cancel").json()["status"] == "cancelled"


def test_what_was_refused_is_not_remembered(api: Client) -> None:
    assert post(api, "k1", '{"text": " "}').status_code == 422
    assert post(api, "k1").status_code == 202


def test_a_key_is_forgotten_after_seven_days(api: Client) -> None:
    post(api, "k1")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=7, seconds=1))

    assert post(api, "k1", '{"text": "anew"}').status_code == 202


@pytest.mark.parametrize("key", ["", "has space", "é", "x" * 256])
def test_a_key_that_cannot_be_one_is_refused(api: Client, key: str) -> None:
    assert post(api, key).status_code == 422


def race(count: int, body: str, secret: str, key: str | None) -> list[Any]:
    """The answers to `count` requests sent at the same instant."""
    start, answers = threading.Barrier(count), []

    def send() -> None:
        client = api_of(secret)
        start.wait()
        headers = {"Idempotency-Key": key} if key else {}
        answers.append(client.post("/api/chat", body, content_type="application/json", headers=headers))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_exactly_one_is_executed(token: str) -> None:
    answers = race(8, '{"text": "hello"}', token, "k1")

    assert {answer.status_code for answer in answers} == {202}
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert Message.objects.filter(text="hello").count() == 1
    assert sorted(answer["Idempotency-Replayed"] for answer in answers) == ["false"] + ["true"] * 7


@pytest.mark.django_db(transaction=True)
def test_of_many_copies_of_a_new_message_at_once_one_is_posted(token: str) -> None:
    answers = race(8, '{"text": "hello", "client_id": "c1"}', token, None)

    assert {answer.status_code for answer in answers} == {202}
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert Conversation.objects.count() == 1


def test_the_answer_and_the_work_fall_together(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    api = api_of(ApiToken.issue(owner, "script")[1])
    monkeypatch.setattr(IdempotencyKey, "save", lambda *args, **fields: 1 / 0 if "update_fields" in fields else original(*args, **fields))

    assert post(api, "k1").status_code == 500
    assert not Message.objects.exists()


original = IdempotencyKey.save
