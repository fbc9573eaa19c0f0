"""What pydantic refuses, in sentences that say what would be right, and the places of mistakes as people write them."""

from collections.abc import Iterable, Mapping
from typing import Any

from chat.http.rows import CURSOR

# By pydantic's own name of the mistake; filled in with its context. What is not here is said in pydantic's words.
SENTENCES = {
    "missing": "This is missing: give it.",
    "extra_forbidden": "There is no such field: check its name, or leave it out.",
    "string_type": "Give a text.",
    "int_type": "Give a whole number.",
    "int_parsing": "Give a whole number.",
    "int_from_float": "Give a whole number.",
    "float_type": "Give a number.",
    "float_parsing": "Give a number.",
    "bool_type": "Give true or false.",
    "bool_parsing": "Give true or false.",
    "list_type": "Give a list.",
    "dict_type": "Give an object.",
    "model_type": "Give an object.",
    "model_attributes_type": "Give an object.",
    "literal_error": "Give {expected}.",
    "enum": "Give {expected}.",
    "string_too_long": "This is too long: use at most {max_length:,} characters.",
    "string_too_short": "This is too short: use at least {min_length}.",
    "too_long": "There are too many: give at most {max_length:,}.",
    "too_short": "There are too few: give at least {min_length}.",
    "greater_than": "Give more than {gt:,}.",
    "greater_than_equal": "Give {ge:,} or more.",
    "less_than": "Give less than {lt:,}.",
    "less_than_equal": "Give {le:,} or less.",
    "string_pattern_mismatch": "This does not have the form {pattern}.",
    "uuid_parsing": "This is not an id.",
    "uuid_type": "This is not an id.",
    "none_required": "Give null, or leave it out.",
}

# What is said instead of a pattern that people need not read.
FORMS = {CURSOR: "This is not a cursor: use the `next` of an earlier answer."}


def sentence(error: Mapping[str, Any]) -> str:
    """One of the errors of a ValidationError, for whoever has to mend it."""
    form = FORMS.get(error.get("ctx", {}).get("pattern", ""))
    if form:
        return form
    known = SENTENCES.get(error["type"])
    if known:
        return known.format(**error.get("ctx", {}))
    text = str(error["msg"]).removeprefix("Value error, ").strip()
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."


def place(parts: Iterable[str | int]) -> str:
    """A path into what was sent, such as steps[0].agent."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).removeprefix(".")


def mistakes(errors: Iterable[Mapping[str, Any]], *start: str | int) -> dict[str, str]:
    """The sentence of each error by its place, below `start`."""
    return {place((*start, *error["loc"])): sentence(error) for error in errors}


def told(fields: Mapping[str, str], most: int = 5) -> str:
    """Mistakes by place, in one line; what is wrong as a whole has none."""
    return " ".join(f"{name}: {text}" if name else text for name, text in list(fields.items())[:most])
