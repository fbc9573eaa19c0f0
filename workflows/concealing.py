"""Keeps the secrets that tools are using out of whatever is written meanwhile: results, errors, logs."""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "•••"
# By spelling: as they are, as URLs, JSON, Python and HTTP's basic sign-in would write them. Of the whole process,
# for a library may write its log in any thread.
_in_use: Counter[str] = Counter()


@contextmanager
def concealed(values: Collection[str]) -> Iterator[None]:
    """Conceal `values` for the length of a block."""
    spelled = [spelling for value in values for spelling in spellings(value)]
    _in_use.update(spelled)
    try:
        yield
    finally:
        _in_use.subtract(spelled)
        for spelling in spelled:
            if not _in_use[spelling]:
                del _in_use[spelling]


def spellings(value: str) -> set[str]:
    """The ways in which others may write `value`."""
    encoded = b64encode(value.encode()).decode()
    return {value, quote(value), quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], repr(value)[1:-1], encoded}


def conceal(text: str) -> str:
    """`text` without the secrets in use."""
    # The longest first: one may be a part of another.
    for spelling in sorted(_in_use, key=len, reverse=True):
        text = text.replace(spelling, MASK)
    return text


def conceal_in(data: Any) -> Any:
    """JSON data without the secrets in use."""
    if not _in_use:
        return data
    match data:
        case str():
            return conceal(data)
        case list() | tuple():
            return [conceal_in(item) for item in data]
        case dict():
            return {conceal(str(key)): conceal_in(value) for key, value in data.items()}
    # A number may be one too.
    masked = conceal(str(data))
    return data if masked == str(data) else masked
