"""What a person sets for themselves."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chat.http.auth import user_of_token
from chat.models import ApiToken, Profile
from tests.factories import make_user


@pytest.fixture
def browser(owner: User, client: Client) -> Client:
    client.force_login(owner)
    return client


def save(browser: Client, **fields: str) -> str:
    return browser.post("/profile/", {"time_zone": "", "quiet_from": "", "quiet_until": "", **fields}, follow=True).content.decode()


def test_the_clock_is_kept(browser: Client, owner: User) -> None:
    html = save(browser, time_zone="America/New York", quiet_from="22:00", quiet_until="07:30")

    profile = Profile.objects.get(user=owner)
    assert (profile.time_zone, f"{profile.quiet_from}-{profile.quiet_until}") == ("America/New_York", "22:00:00-07:30:00")
    assert "Saved." in html


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"time_zone": "Middle/Earth"}, "is not a time zone"),
        ({"quiet_from": "22:00"}, "Quiet hours need both times"),
        ({"quiet_until": "07:00"}, "Quiet hours need both times"),
        ({"quiet_from": "07:00", "quiet_until": "07:00"}, "never end or never begin"),
        ({"quiet_from": "25:00", "quiet_until": "07:00"}, "Enter a valid time"),
    ],
)
def test_a_mistake_is_told_and_not_kept(browser: Client, owner: User, fields: dict[str, str], sentence: str) -> None:
    assert sentence in save(browser, **fields)
    assert not Profile.objects.filter(user=owner).exists()


def test_the_theme_is_kept(browser: Client) -> None:
    assert browser.post("/profile/theme/", {"theme": "dark"}).status_code == 204
    assert b'data-theme="dark"' in browser.get("/profile/").content
    assert browser.post("/profile/theme/", {"theme": "pink"}).status_code == 422


def test_a_token_is_shown_once_and_never_kept_by_a_browser(browser: Client, owner: User) -> None:
    made = browser.post("/profile/tokens/", {"name": "backup script"})

    secret = made.context["secret"]
    assert user_of_token(secret) == owner
    assert secret in made.content.decode()
    assert "no-store" in made.headers["Cache-Control"]
    assert secret not in browser.get("/profile/").content.decode()


def test_a_name_in_use_is_refused(browser: Client) -> None:
    for _ in range(2):
        answer = browser.post("/profile/tokens/", {"name": "x"})

    assert b"You have a token of this name" in answer.content
    assert ApiToken.objects.count() == 1


def test_a_token_is_revoked_by_its_owner_alone(browser: Client, owner: User, stranger: User) -> None:
    token, secret = ApiToken.issue(owner, "x")
    other = Client()
    other.force_login(stranger)

    assert other.post(f"/profile/tokens/{token.pk}/revoke/").status_code == 404
    browser.post(f"/profile/tokens/{token.pk}/revoke/")
    assert user_of_token(secret) is None


def test_a_new_password_keeps_this_session_and_ends_the_others(owner: User) -> None:
    here, there = Client(), Client()
    here.force_login(owner)
    there.force_login(owner)

    fields = {"old_password": "secret-word-1", "new_password1": "another-word-2", "new_password2": "another-word-2"}
    answer = here.post("/profile/password/", fields, follow=True)

    assert b"Your password is changed" in answer.content
    assert there.get("/profile/").status_code == 302


def test_signing_out_elsewhere_leaves_this_session_and_other_people_alone(owner: User) -> None:
    here, there, stranger = Client(), Client(), Client()
    for client, user in ((here, owner), (there, owner), (stranger, make_user())):
        client.force_login(user)

    here.post("/profile/sign-out-elsewhere/")

    assert [client.get("/profile/").status_code for client in (here, there, stranger)] == [200, 302, 200]
