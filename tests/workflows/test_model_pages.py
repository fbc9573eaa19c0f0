"""Settings → Models: which one answers, and who may change that."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import Settings

from tests.factories import make_agent, make_user
from tests.fakes.model_server import KEY, ModelServer
from workflows.answering import answering
from workflows.models import Agent, ModelProvider

pytestmark = [pytest.mark.wide, pytest.mark.django_db]
LOCAL = {
    "name": "local",
    "kind": "openai-chat",
    "base_url": "http://127.0.0.1:9/v1",
    "default_model": "m",
    "enabled": "on",
    "is_default": "on",
}


@pytest.fixture
def browser(client: Client) -> Client:
    client.force_login(make_user("boss", is_superuser=True))
    return client


def make_provider(**fields: Any) -> ModelProvider:
    return ModelProvider.objects.create(**{"name": "local", "kind": "ollama", "default_model": "m", **fields})


def may(*verbs: str) -> User:
    """Somebody who may do these things with providers, and nothing else."""
    user = make_user()
    user.user_permissions.set(Permission.objects.filter(codename__in=[f"{verb}_modelprovider" for verb in verbs]))
    return user


def test_it_says_which_model_answers_and_why(settings: Settings) -> None:
    assert answering().offline
    settings.AGENTRON_MODEL = "ollama:env"
    assert answering().name == "ollama:env"
    make_provider(is_default=True)
    assert answering().name == "local:m"
    Agent.objects.filter(is_default=True).update(model="nobody:m")
    assert "“nobody” is not a model provider" in answering().wrong


def test_a_provider_is_added_and_its_key_never_comes_out(browser: Client) -> None:
    browser.post("/settings/models/add/?like=compatible", {**LOCAL, "new_key": "sk-my-secret"})

    row = ModelProvider.objects.get()
    assert (row.key(), row.is_default) == ("sk-my-secret", True)
    for address in ("/settings/models/", f"/settings/models/{row.pk}/"):
        assert b"sk-my-secret" not in browser.get(address).content


def test_a_mistake_in_a_folded_field_is_shown(browser: Client) -> None:
    answer = browser.post("/settings/models/add/?like=ollama", {**LOCAL, "name": "no spaces please", "kind": "ollama"})

    assert b'<details class="more" open>' in answer.content
    assert not ModelProvider.objects.exists()


def test_an_unknown_preset_is_400(browser: Client) -> None:
    assert browser.get("/settings/models/add/?like=nothing").status_code == 400


def test_what_an_agent_uses_is_not_deleted(browser: Client) -> None:
    row = make_provider()
    make_agent(name="writer", model="local:big")

    answer = browser.post(f"/settings/models/{row.pk}/delete/", follow=True)

    assert "“local” is in use: give “writer” another model first." in answer.content.decode()
    assert ModelProvider.objects.exists()


@pytest.mark.parametrize(
    ("address", "verb"),
    [
        ("", "view"),
        ("add/?like=ollama", "add"),
        ("{}/", "change"),
        ("{}/default/", "change"),
        ("{}/test/", "change"),
        ("{}/delete/", "delete"),
    ],
)
def test_each_thing_needs_its_own_right(client: Client, address: str, verb: str) -> None:
    address = "/settings/models/" + address.format(make_provider(enabled=False).pk)
    call = client.post if address.endswith(("default/", "test/", "delete/")) else client.get
    client.force_login(may(*{"view", "add", "change", "delete"} - {verb}))
    assert call(address).status_code == 403

    client.force_login(may("view", verb))
    assert call(address, follow=True).status_code == 200


def test_a_test_shows_the_answer_or_the_reason(browser: Client, model_server: ModelServer) -> None:
    row = make_provider(kind="openai-chat", base_url=f"{model_server.url}/v1", api_key=KEY)

    model_server.reply("<b>ready</b>")
    works = browser.post(f"/settings/models/{row.pk}/test/").content.decode()
    model_server.fail(401)
    fails = browser.post(f"/settings/models/{row.pk}/test/").content.decode()

    assert "It answered: “&lt;b&gt;ready&lt;/b&gt;”" in works
    assert "refused the key" in fails
