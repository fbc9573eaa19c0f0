"""Who may ask, and how the others are refused."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from chat.models import ApiToken
from tests.chat.conftest import api_of

PROBLEM = "application/problem+json"


@pytest.fixture
def browser(owner: User) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer nonsense", "Basic b3duZXI6c2VjcmV0", "Bearer a b", "Bearer é"])
def test_who_is_not_known_gets_a_401_that_says_how_to_be(header: str) -> None:
    response = Client(headers={"Authorization": header}).get("/api/conversations")

    assert (response.status_code, response["Content-Type"]) == (401, PROBLEM)
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response.json()["status"] == 401


def test_a_wrong_token_is_refused_even_with_a_good_session(browser: Client) -> None:
    assert browser.get("/api/conversations", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_a_token_signs_in_and_is_marked_as_used_once_a_minute(owner: User) -> None:
    token, secret = ApiToken.issue(owner, "script")

    assert api_of(secret).get("/api/conversations").status_code == 200
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None

    api_of(secret).get("/api/conversations")
    token.refresh_from_db()
    assert token.last_used_at == first

    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    api_of(secret).get("/api/conversations")
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert token.last_used_at > first


def test_a_revoked_token_is_refused(owner: User) -> None:
    token, secret = ApiToken.issue(owner, "script")
    ApiToken.objects.filter(pk=token.pk).update(revoked_at=timezone.now())

    assert api_of(secret).get("/api/conversations").status_code == 401


def test_the_token_of_somebody_who_may_not_sign_in_is_refused(owner: User) -> None:
    _, secret = ApiToken.issue(owner, "script")
    User.objects.filter(pk=owner.pk).update(is_active=False)

    assert api_of(secret).get("/api/conversations").status_code == 401


def test_a_session_reads_without_a_csrf_token(browser: Client) -> None:
    assert browser.get("/api/conversations").status_code == 200


def test_a_session_without_a_csrf_token_changes_nothing(browser: Client) -> None:
    response = browser.post("/api/chat", {"text": "hello"}, content_type="application/json")

    assert (response.status_code, response["Content-Type"]) == (403, PROBLEM)
    assert "X-CSRFToken" in response.json()["detail"]


def test_a_session_with_its_csrf_token_may_post(browser: Client) -> None:
    browser.cookies["csrftoken"] = "a" * 32
    response = browser.post("/api/chat", {"text": "hello"}, content_type="application/json", headers={"X-CSRFToken": "a" * 32})

    assert response.status_code == 202


def test_a_token_needs_no_csrf_token(owner: User) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {ApiToken.issue(owner, 'script')[1]}"})

    assert client.post("/api/chat", {"text": "hello"}, content_type="application/json").status_code == 202
