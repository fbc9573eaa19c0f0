"""What a run of a workflow is given, as a form asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass

from workflows.definition import Definition


@dataclass(frozen=True)
class InputField:
    """An input as a form asks for it: with what was typed, and what is wrong with that."""

    name: str
    about: str
    value: str
    needed: bool
    wrong: str = ""


def input_fields(definition: Definition, given: Mapping[str, str], wrong: Mapping[str, str]) -> list[InputField]:
    """What a run of a workflow is asked for: the inputs that it names, and those that only its prompts do."""
    named = {part.name: part for part in definition.inputs}
    needed = definition.needed()
    fields = [
        InputField(name, part.description, given.get(name, part.default or ""), name in needed, wrong.get(f"inputs.{name}", ""))
        for name, part in named.items()
    ]
    rest = sorted(needed - named.keys())
    return fields + [InputField(name, "", given.get(name, ""), needed=True, wrong=wrong.get(f"inputs.{name}", "")) for name in rest]


def typed_inputs(form: Mapping[str, str], definition: Definition) -> dict[str, str]:
    """What was typed for a run: an empty field of an input that is needed was left out."""
    found: dict[str, str] = {}
    for field in input_fields(definition, {}, {}):
        value = form.get(f"input-{field.name}", "").replace("\r\n", "\n").replace("\0", "").strip()
        found |= {field.name: value} if value or not field.needed else {}
    return found
