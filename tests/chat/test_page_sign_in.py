"""Ways in."""

from datetime import timedelta

import pytest
from axes.models import AccessLog
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from chat.models import SignInLink


@pytest.fixture
def link(owner: User) -> str:
    return f"/sign-in/{SignInLink.issue(owner)}/"


def test_looking_at_a_link_does_not_use_it_up(client: Client, link: str, owner: User) -> None:
    for _ in range(3):
        assert b"<button" in client.get(link).content

    assert client.post(link).headers["Location"] == "/chat/"
    assert client.session["_auth_user_id"] == str(owner.pk)


def test_a_link_works_once(client: Client, link: str) -> None:
    client.post(link)

    again = Client().post(link)

    assert b"does not work any more" in again.content
    assert b"prints a fresh link" in again.content
    assert "sessionid" not in again.cookies


def test_a_link_expires(client: Client, link: str) -> None:
    SignInLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert b"does not work any more" in client.get(link).content
    assert "sessionid" not in client.post(link).cookies


def test_a_link_does_not_open_an_account_that_is_switched_off(client: Client, link: str, owner: User) -> None:
    owner.is_active = False
    owner.save()

    assert "sessionid" not in client.post(link).cookies


def test_a_link_needs_the_form_that_it_shows(link: str) -> None:
    assert Client(enforce_csrf_checks=True).post(link).status_code == 403


def test_a_links_address_goes_nowhere(client: Client, link: str) -> None:
    response = client.get(link)

    assert response.headers["Referrer-Policy"] == "strict-origin"
    assert "no-store" in response.headers["Cache-Control"]


def test_a_links_secret_is_not_kept_among_the_sign_ins(client: Client, link: str) -> None:
    client.post(link)

    assert AccessLog.objects.get().path_info == "/sign-in/***/"


def test_nobodys_link_is_a_page_and_not_an_error(client: Client, db: None) -> None:
    assert b"does not work any more" in client.get("/sign-in/nonsense/").content


def test_a_password_signs_in(client: Client, owner: User) -> None:
    response = client.post("/login/", {"username": "owner", "password": "secret-word-1"})

    assert response.headers["Location"] == "/chat/"


def test_a_wrong_password_gets_a_sentence(client: Client, owner: User) -> None:
    response = client.post("/login/", {"username": "owner", "password": "wrong"})

    assert "do not belong together" in response.content.decode()


def test_too_many_wrong_passwords_lock_the_door(client: Client, owner: User) -> None:
    for _ in range(10):
        response = client.post("/login/", {"username": "owner", "password": "wrong"})

    assert response.status_code == 429
    assert "Wait fifteen minutes" in response.content.decode()
    assert client.post("/login/", {"username": "owner", "password": "secret-word-1"}).status_code == 429


def test_signing_out_takes_a_post(client: Client, owner: User) -> None:
    client.force_login(owner)

    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").headers["Location"] == "/login/"


def test_a_sign_in_does_not_lead_to_another_site(client: Client, owner: User) -> None:
    response = client.post("/login/?next=https://evil.example/", {"username": "owner", "password": "secret-word-1"})

    assert response.headers["Location"] == "/chat/"
