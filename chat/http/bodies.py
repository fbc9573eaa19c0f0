"""What came with a request."""

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

from chat.errors import InvalidError, RefusedError

# Pydantic writes up to 255 levels of JSON, SQLite reads a thousand; what holds it takes a few of them.
MOST_LEVELS = 100


class MediaTypeError(RefusedError):
    """A body in a form that is not read here."""

    status = 415
    title = "Unsupported media type"


class JsonParser(Parser):
    """Reads JSON and nothing else."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise MediaTypeError(f"The body is {request.content_type or 'of no declared type'}: send application/json.")
        return read_json(request.body)


def read_json(text: str | bytes) -> Any:
    """What `text` holds. Raises ValueError or RecursionError when it is not JSON, InvalidError for what cannot be kept."""
    found = json.loads(text, parse_constant=refuse_constant, parse_float=finite)
    check_depth(found)
    check_storable(found)
    return found


def refuse_constant(name: str) -> None:
    """NaN and Infinity are no JSON, and PostgreSQL stores none (RFC 8259 §6)."""
    raise ValueError(f"{name} is not JSON")


def finite(text: str) -> float:
    """A number with a point or an exponent; one that is too large for a float would become Infinity."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:20]} is too large a number")
    return number


def check_depth(found: Any) -> None:
    """Raise InvalidError for what is nested so deeply that it could be kept and not be written again."""
    level = [found]
    for _ in range(MOST_LEVELS):
        level = [inner for value in level for inner in parts(value)]
        if not level:
            return
    sentence = f"It is nested more than {MOST_LEVELS} levels deep: send it flatter."
    raise InvalidError(sentence, fields={"body": sentence})


def parts(value: Any) -> Iterable[Any]:
    """What an object or a list holds."""
    match value:
        case dict():
            return value.values()
        case list():
            return value
    return ()


def check_storable(found: Any) -> None:
    """Raise InvalidError if a string anywhere in `found` holds what no database stores: NUL or half a surrogate pair."""
    for path, text in strings(found):
        for position, character in enumerate(text):
            if character == "\0" or "\ud800" <= character <= "\udfff":
                sentence = f"Character {position + 1} of the text cannot be stored (U+{ord(character):04X}): remove it and send again."
                raise InvalidError(sentence, fields={path: sentence})


def strings(found: Any) -> Iterator[tuple[str, str]]:
    """Every string in `found`, keys included, with its path; without recursion, for depth is the sender's choice."""
    waiting: list[tuple[str, Any]] = [("", found)]
    while waiting:
        path, value = waiting.pop()
        match value:
            case str():
                yield path or "body", value
            case dict():
                for key, inner in value.items():
                    waiting += [(path or "body", key), (f"{path}.{key}".strip("."), inner)]
            case list():
                waiting += [(f"{path or 'body'}[{number}]", inner) for number, inner in enumerate(value)]
