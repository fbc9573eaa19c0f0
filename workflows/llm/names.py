"""What a model's name means: which service it is, where that is, and with which key.

Loads nothing that could talk to a model, so that settings, admin and doctor can use it.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from workflows.llm.errors import ModelError

OFFLINE = "offline"
EXAMPLE = "openai:gpt-5.2"
PROVIDER = re.compile(r"[A-Za-z0-9_-]{1,50}")


@dataclass(frozen=True)
class Kind:
    """A kind of service, with the environment variables that its own tools read."""

    label: str
    key_env: str
    base_env: str
    base_url: str = ""  # empty: it has to be given
    needs_key: bool = False  # at its own address; another address may do without


# The keys are the values of ModelProvider.Kind, and what stands before the colon when no row has that name.
KINDS = {
    "openai": Kind("OpenAI", "OPENAI_API_KEY", "OPENAI_BASE_URL", "https://api.openai.com/v1", needs_key=True),
    "openai-chat": Kind("the OpenAI-compatible server", "OPENAI_API_KEY", "OPENAI_BASE_URL"),
    "anthropic": Kind("Anthropic", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "https://api.anthropic.com", needs_key=True),
    "google": Kind("Google", "GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL", "https://generativelanguage.googleapis.com", needs_key=True),
    "ollama": Kind("Ollama", "OLLAMA_API_KEY", "OLLAMA_BASE_URL", "http://localhost:11434/v1"),
}


@dataclass(frozen=True)
class Source:
    """A model and how to reach it. `label` is what people call the service, `key_place` where its key is kept."""

    provider: str
    kind: str
    model: str
    label: str
    base_url: str = ""
    key: str = field(default="", repr=False)
    key_place: str = ""

    @property
    def name(self) -> str:
        """As people write it."""
        return f"{self.provider}:{self.model}" if self.model else self.provider


OFFLINE_SOURCE = Source(OFFLINE, OFFLINE, "", "The offline model")


def default_name() -> str:
    """The model to use when nobody names one: the default provider's, else AGENTRON_MODEL, else `offline`."""
    from workflows.models import ModelProvider

    row = ModelProvider.objects.filter(is_default=True, enabled=True).values_list("name", "default_model").first()
    if row:
        return ":".join(row)
    return settings.AGENTRON_MODEL or OFFLINE


def resolve(name: str = "") -> Source:
    """Where the model called `name` is; the default one for an empty name. Reads the database.

    Raises ModelError for a name that means nothing, and for a service that lacks its address or key.
    """
    name = name.strip() or default_name()
    if name.lower() == OFFLINE:
        return OFFLINE_SOURCE
    provider, model = split(name)
    return from_row(provider, model) or built_in(provider, model)


def split(name: str) -> tuple[str, str]:
    """Provider and model of `provider:model`; a model's own name may hold colons."""
    provider, _, model = (part.strip() for part in name.partition(":"))
    if provider and not model and ":" in name:
        raise ModelError(f"{quoted(name)} names no model: write {provider[:50]}:MODEL, or give the provider a default model.")
    if not PROVIDER.fullmatch(provider) or not model or len(model) > 200 or not model.isprintable() or " " in model:
        raise ModelError(f"{quoted(name)} is not a model: write provider:model, such as {EXAMPLE}.")
    return provider, model


def complaint(name: str) -> str:
    """What is wrong with `name` as the value of AGENTRON_MODEL, which cannot name a row; empty when nothing is."""
    if not name or name.lower() == OFFLINE:
        return ""
    try:
        provider, _ = split(name)
    except ModelError as exc:
        return str(exc)
    return "" if provider in KINDS else unknown(provider)


def known(name: str) -> str:
    """`name` as it is stored for an agent. Raises ModelError when it means nothing, not when its service lacks a key."""
    name = name.strip()
    if not name or name.lower() == OFFLINE:
        return name.lower()
    from workflows.models import ModelProvider

    provider, _ = split(name)
    rows = ModelProvider.objects.filter(enabled=True).values_list("name", flat=True)
    if provider not in KINDS and provider not in rows:
        raise ModelError(unknown(provider, rows))
    return name


def from_row(provider: str, model: str) -> Source | None:
    """The service that an administrator has set up under the name `provider`, if there is one."""
    from workflows.models import ModelProvider

    try:
        row = ModelProvider.objects.filter(name=provider, enabled=True).first()
    except ImproperlyConfigured as exc:
        raise ModelError(str(exc)) from exc
    if row is None:
        return None
    kind = KINDS[row.kind]
    return checked(
        Source(
            provider,
            row.kind,
            model,
            label=kind.label if provider == row.kind else f"“{provider}”",
            base_url=row.base_url or kind.base_url,
            key=row.key(),
            key_place=row.api_key_env or "its key under Models",
        ),
        "its address under Models",
    )


def built_in(provider: str, model: str) -> Source:
    """The service of that name, with the address and key that the environment gives."""
    kind = KINDS.get(provider)
    if kind is None:
        from workflows.models import ModelProvider

        raise ModelError(unknown(provider, ModelProvider.objects.filter(enabled=True).values_list("name", flat=True)))
    source = Source(
        provider,
        provider,
        model,
        label=kind.label,
        base_url=os.environ.get(kind.base_env, "").strip() or kind.base_url,
        key=os.environ.get(kind.key_env, ""),
        key_place=kind.key_env,
    )
    return checked(source, kind.base_env)


def checked(source: Source, base_place: str) -> Source:
    """`source` with its address and key made fit to use; raises ModelError when they cannot be."""
    kind = KINDS[source.kind]
    label = source.label[0].upper() + source.label[1:]
    url = source.base_url.rstrip("/")
    if not url:
        raise ModelError(f"{label} has no address: set {base_place}.")
    if not is_web_address(url):
        raise ModelError(f"The address of {source.label} is not valid: set {base_place} to one such as http://localhost:8000/v1.")
    if source.kind == "ollama" and urlsplit(url).path in ("", "/"):
        url += "/v1"
    key = source.key.strip()
    if not key and kind.needs_key and url == kind.base_url:
        raise ModelError(f"{label} needs a key: set {source.key_place}.")
    # A key goes into a header, which takes nothing else.
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ModelError(f"The key of {source.label} holds characters that no key has: enter {source.key_place} again.")
    return Source(source.provider, source.kind, source.model, source.label, url, key, source.key_place)


def is_web_address(url: str) -> bool:
    """Whether requests could be sent there."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and url.isprintable() and " " not in url
    except ValueError:
        return False


def unknown(provider: str, rows: Iterable[str] = ()) -> str:
    """The sentence for a provider that nobody has heard of; `rows` are those that administrators added."""
    return f"{quoted(provider)} is not a model provider: use one of {', '.join(dict.fromkeys([*KINDS, *rows]))}."


def quoted(text: str) -> str:
    """`text` as a sentence can hold it: printable, and not too long."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text[:80])
    return f"“{shown}{'…' if len(text) > 80 else ''}”"
