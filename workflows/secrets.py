"""Credentials: given by a person to one run, known to its models by a reference alone, and gone when it ends."""

from typing import Any
from uuid import UUID

from workflows.errors import InvalidError
from workflows.models import Run, Secret
from workflows.tools import Tool, ToolError

# What is shorter would be masked in every other word.
SHORTEST, LONGEST = 4, 4_000


def keep(run: Run, label: str, value: str) -> Secret:
    """Keep a credential for `run`. Raises InvalidError for what can be none."""
    value = value.strip()
    if not SHORTEST <= len(value) <= LONGEST:
        sentence = f"A credential has {SHORTEST} to {LONGEST:,} characters: this has {len(value):,}."
        raise InvalidError(sentence, fields={"value": sentence})
    if not value.isprintable():
        sentence = "There are line breaks or control characters in it: give a key or a password on one line."
        raise InvalidError(sentence, fields={"value": sentence})
    return Secret.objects.create(run=run, label=label[:200], value=value)


def reveal(tool: Tool, run_id: UUID, arguments: dict[str, Any]) -> dict[str, str]:
    """The credentials among the `arguments` of a call, by parameter. Raises ToolError for one that is not this run's."""
    return {name: value_of(name, str(arguments[name]), run_id) for name in tool.secrets if arguments.get(name)}


def kept(run_id: UUID) -> list[str]:
    """All that was given to a run."""
    return [secret.value for secret in Secret.objects.filter(run=run_id)]


def value_of(name: str, reference: str, run_id: UUID) -> str:
    """What `reference` stands for in this run."""
    try:
        pk = UUID(reference.removeprefix(Secret.PREFIX)) if reference.startswith(Secret.PREFIX) else None
    except ValueError:
        pk = None
    found = Secret.objects.filter(pk=pk, run=run_id).first() if pk else None
    if found is None:
        raise ToolError(
            f"{name} is no credential of this run: ask the person with request_user_help of kind “credentials”, "
            "and pass on the secret:ID that it gives you."
        )
    return found.value
