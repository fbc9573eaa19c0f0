"""Everything that is refused under /api/ is a problem document with a sentence."""

import json
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError, OperationalError
from django.test import Client

from chat.models import Conversation, Message

PROBLEM = "application/problem+json"
SMILE = "\U0001f600"


def post(api: Client, body: str | bytes, content_type: str = "application/json") -> Any:
    return api.post("/api/chat", body, content_type=content_type)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("{", 400, "not JSON"),
        (b"\xff\xfe\xfd", 400, "not JSON"),
        ('{"text": NaN}', 400, "NaN"),
        ("[" * 100_000, 400, "not JSON"),
        ('{"text": ' + '{"a": ' * 100 + "1" + "}" * 101, 422, "flatter"),
        ("[]", 422, "object"),
        ("", 422, "missing"),
        ("{}", 422, "text"),
        ('{"text": 7}', 422, "text"),
        ('{"text": "   "}', 422, "empty"),
        ('{"text": "a", "txt": "b"}', 422, "txt"),
        ('{"text": "a\\ud800b"}', 422, "Character 2"),
        ('{"text": "a\\u0000b"}', 422, "U+0000"),
        ('{"text": "a", "client_id": "\\udfff"}', 422, "client_id"),
        ('{"text": "a", "\\ud800": 1}', 422, "cannot be stored"),
        (json.dumps({"text": "a" * 100_000}), 422, "20,000"),
        ('{"text": "a", "conversation_id": "b"}', 422, "conversation_id"),
        ('{"text": "a", "conversation_id": "0190a6e0-0000-7000-8000-000000000000"}', 404, "no conversation"),
        ('{"text": "' + "a" * 3_000_000 + '"}', 413, "large"),
    ],
)
def test_a_body_that_cannot_be_used_is_told_what_is_wrong(api: Client, body: str | bytes, status: int, words: str) -> None:
    response = post(api, body)

    assert (response.status_code, response["Content-Type"]) == (status, PROBLEM)
    document = response.json()
    assert words in document["detail"] + json.dumps(document.get("errors", {}))
    assert document["status"] == status
    assert not Message.objects.exists()


def test_errors_are_given_by_field(api: Client) -> None:
    response = api.post("/api/chat", {"text": "", "client_id": ""}, content_type="application/json")

    assert set(response.json()["errors"]) == {"client_id"}


def test_only_json_is_read(api: Client) -> None:
    assert post(api, "text=hello", "application/x-www-form-urlencoded").status_code == 415
    assert post(api, '{"text": "hello"}', "text/plain").status_code == 415
    assert post(api, '{"text": "hello"}', "application/json; charset=utf-8").status_code == 202


def test_text_beyond_ascii_is_kept(api: Client) -> None:
    post(api, json.dumps({"text": f"Grüße {SMILE} \ud83d\ude00"}))

    assert Message.objects.get(seq=1).text == f"Grüße {SMILE} {SMILE}"


@pytest.mark.parametrize("path", ["/api/", "/api/nothing", "/api/chat/", "/api/conversations/x/y/z"])
def test_an_unknown_address_is_a_404_problem(api: Client, path: str) -> None:
    for response in (api.get(path), api.post(path, "{}", content_type="application/json")):
        assert (response.status_code, response["Content-Type"]) == (404, PROBLEM)


def test_a_wrong_method_is_told_the_right_one(api: Client) -> None:
    response = api.put("/api/chat")

    assert (response.status_code, response["Allow"], response["Content-Type"]) == (405, "POST", PROBLEM)
    assert "POST" in response.json()["detail"]


def test_a_foreign_host_is_refused_as_a_problem(api: Client) -> None:
    response = api.get("/api/conversations", headers={"Host": "evil.example"})

    assert (response.status_code, response["Content-Type"]) == (400, PROBLEM)


def test_a_defect_is_a_problem_without_details(api: Client) -> None:
    with patch("chat.api.say", side_effect=KeyError("secret")):
        response = post(api, '{"text": "hello"}')

    assert (response.status_code, response["Content-Type"]) == (500, PROBLEM)
    assert "secret" not in response.content.decode()


def test_a_database_that_is_busy_or_full_asks_for_another_try(api: Client) -> None:
    with patch("chat.api.say", side_effect=OperationalError("database or disk is full")):
        response = post(api, '{"text": "hello"}')

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert not Conversation.objects.exists()


def test_who_was_overtaken_by_another_request_is_told_to_look_again(api: Client) -> None:
    with patch("chat.api.say", side_effect=IntegrityError("duplicate key")):
        response = post(api, '{"text": "hello"}')

    assert (response.status_code, response["Content-Type"]) == (409, PROBLEM)
    assert "Look at it again" in response.json()["detail"]


def test_pages_outside_the_api_keep_their_own_errors(api: Client) -> None:
    assert api.get("/nothing-here/")["Content-Type"].startswith("text/html")
