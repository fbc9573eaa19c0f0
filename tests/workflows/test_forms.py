"""What people fill in about models: a mistake is told as a sentence about the field it is in."""

from typing import Any

import pytest

from workflows.forms import ProviderForm
from workflows.models import ModelProvider

pytestmark = pytest.mark.django_db

LOCAL = {"name": "local", "kind": "openai-chat", "base_url": "http://127.0.0.1:9/v1", "default_model": "m", "enabled": "on"}


def wrong(fields: dict[str, Any]) -> str:
    """The names of the fields that are told to be wrong."""
    return " ".join(ProviderForm({**LOCAL, **fields}).errors)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, ""),
        ({"base_url": ""}, "base_url"),
        ({"kind": "openai", "base_url": ""}, "new_key"),
        ({"kind": "anthropic", "base_url": "https://api.anthropic.com/"}, "new_key"),
        ({"kind": "openai", "base_url": "", "api_key_env": "OPENAI_API_KEY"}, ""),
        ({"kind": "ollama", "base_url": ""}, ""),
        ({"new_key": "sk two words"}, "new_key"),
        ({"is_default": "on", "enabled": ""}, "is_default"),
    ],
)
def test_what_is_missing_is_told_before_it_is_tried(fields: dict[str, Any], told: str) -> None:
    assert wrong(fields) == told


def test_only_a_stored_key_can_be_forgotten() -> None:
    assert "forget_key" not in ProviderForm().fields
    assert "forget_key" in ProviderForm(instance=ModelProvider(api_key="sk-1")).fields


def test_a_new_default_takes_the_place_of_the_old_one() -> None:
    ModelProvider.objects.create(name="old", kind="ollama", default_model="m", is_default=True)

    form = ProviderForm({**LOCAL, "is_default": "on"})
    assert form.is_valid()
    form.save()

    assert list(ModelProvider.objects.filter(is_default=True).values_list("name", flat=True)) == ["local"]
