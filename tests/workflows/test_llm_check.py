"""Trying a model, and loading what it needs."""

import pytest
from pytest_django import Settings

from tests.fakes.model_server import ModelServer
from workflows.llm import models, names
from workflows.llm.check import try_model
from workflows.llm.errors import ModelError

pytestmark = pytest.mark.wide


@pytest.mark.django_db
def test_a_connection_test_gives_the_answer_of_the_model(model_server: ModelServer) -> None:
    model_server.reply("ready", times=2)

    # Each call has an event loop of its own, so clients of the first must not serve the second.
    assert [try_model("openai-chat:some-model"), try_model("openai:some-model")] == ["ready", "ready"]


@pytest.mark.django_db
def test_a_connection_test_says_what_is_wrong(model_server: ModelServer) -> None:
    model_server.fail(401)

    with pytest.raises(ModelError, match=r"Anthropic refused the key: check ANTHROPIC_API_KEY\."):
        try_model("anthropic:some-model")


@pytest.mark.parametrize("name", ["", "offline", *(f"{kind}:x" for kind in names.KINDS)])
def test_what_a_model_needs_can_be_loaded_beforehand(settings: Settings, name: str) -> None:
    settings.AGENTRON_MODEL = name

    models.preload()
