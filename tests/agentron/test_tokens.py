import json
from typing import Any

import pytest
from django.core.management import call_command

from chat.http.auth import user_of_token
from chat.models import ApiToken
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def tokens(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What `agentron tokens …` prints."""
    call_command("tokens", *arguments)
    return capsys.readouterr().out


def refusal(*arguments: str) -> str:
    """What `agentron tokens …` refuses with."""
    with pytest.raises(SystemExit) as refused:
        call_command("tokens", *arguments)
    return str(refused.value)


def test_a_new_token_is_printed_alone_and_lets_its_owner_in(capsys: pytest.CaptureFixture[str]) -> None:
    boss = make_user(is_superuser=True)

    secret = tokens(capsys, "add", "backup script")

    assert user_of_token(secret.strip()) == boss
    assert secret.count("\n") == 1


def test_only_the_hash_is_stored(capsys: pytest.CaptureFixture[str]) -> None:
    make_user(is_superuser=True)

    secret = tokens(capsys, "add", "x").strip()

    assert secret not in json.dumps(list(ApiToken.objects.values("hash", "prefix", "name")))


def test_a_revoked_token_lets_nobody_in(capsys: pytest.CaptureFixture[str]) -> None:
    make_user(is_superuser=True)
    secret = tokens(capsys, "add", "x").strip()

    tokens(capsys, "revoke", "x")

    assert user_of_token(secret) is None


def test_a_revoked_token_is_listed_only_where_all_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    make_user(is_superuser=True)
    tokens(capsys, "add", "old")
    tokens(capsys, "revoke", "old")

    assert "old" not in tokens(capsys, "list")
    assert "old" in tokens(capsys, "list", "--all")


def test_the_list_never_shows_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    make_user(is_superuser=True)
    secret = tokens(capsys, "add", "x").strip()

    found: list[dict[str, Any]] = json.loads(tokens(capsys, "list", "--json"))

    assert [row["name"] for row in found] == ["x"]
    assert secret not in tokens(capsys, "list")


def test_a_name_in_use_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    make_user(is_superuser=True)
    tokens(capsys, "add", "x")

    assert "revoke it first" in refusal("add", "x")


def test_a_name_may_be_used_again_after_it_was_revoked(capsys: pytest.CaptureFixture[str]) -> None:
    make_user(is_superuser=True)
    tokens(capsys, "add", "x")
    tokens(capsys, "revoke", "x")

    assert tokens(capsys, "add", "x")


def test_somebody_elses_token_cannot_be_revoked(capsys: pytest.CaptureFixture[str]) -> None:
    make_user("owner", is_superuser=True)
    make_user("stranger")
    tokens(capsys, "add", "x", "--user", "owner")

    assert "There is no token “x”" in refusal("revoke", "x", "--user", "stranger")


def test_without_a_user_the_command_says_what_to_do() -> None:
    assert "`agentron up` makes the first one" in refusal("list")


def test_of_two_superusers_one_must_be_named() -> None:
    make_user(is_superuser=True)
    make_user(is_superuser=True)

    assert "--user NAME" in refusal("list")


def test_an_unknown_user_is_refused() -> None:
    assert refusal("list", "--user", "nobody") == "agentron: There is no user “nobody”."
