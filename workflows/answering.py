"""Which model answers, and why that one."""

import os
from dataclasses import dataclass

from django.conf import settings

from workflows.llm.errors import ModelError
from workflows.llm.names import OFFLINE, resolve
from workflows.models import Agent, ModelProvider


@dataclass(frozen=True)
class Answering:
    """The model that answers in a new conversation; `why` and `wrong` are sentences, the latter empty while all is well."""

    name: str
    why: str
    wrong: str = ""

    @property
    def offline(self) -> bool:
        """Whether it is the one that needs nothing."""
        return self.name == OFFLINE


def answering() -> Answering:
    """What a turn would use now, by the rules of llm/names.py."""
    name, why = chosen()
    try:
        resolve(name)
    except ModelError as exc:
        return Answering(name, why, str(exc))
    return Answering(name, why)


def chosen() -> tuple[str, str]:
    """The model's name, and who chose it."""
    assistant = Agent.objects.filter(is_default=True).only("name", "model").first()
    if assistant and assistant.model:
        return assistant.model, f"The agent “{assistant.name}” names it itself."
    row = ModelProvider.objects.filter(is_default=True, enabled=True).only("name", "default_model").first()
    if row:
        return f"{row.name}:{row.default_model}", f"“{row.name}” is the default provider."
    if settings.AGENTRON_MODEL:
        return settings.AGENTRON_MODEL, "AGENTRON_MODEL in the server's environment says so, and no provider here is the default."
    if ModelProvider.objects.filter(enabled=True).exists():
        return OFFLINE, "None of the providers below is the default: make one of them the default, and it answers."
    return OFFLINE, "No model is connected: the built-in assistant knows a few things by heart, and says when it needs a real one."


def key_from(row: ModelProvider, *, stored: bool) -> str:
    """Where a provider's key is, in a few words; `stored`: in the database."""
    if row.api_key_env:
        return f"Key from {row.api_key_env}" if os.environ.get(row.api_key_env) else f"{row.api_key_env} is not set on the server"
    return "Key stored" if stored else "No key"


def users_of(row: ModelProvider) -> list[str]:
    """The names of the agents that name this provider."""
    return list(Agent.objects.filter(model__startswith=f"{row.name}:").values_list("name", flat=True))
