"""Keeps the secrets that tools are using out of whatever is written meanwhile: results, errors, logs."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from workflows.disguises import Disguises, Read, Span

MASK = "•••"
# Of the whole process, for a library may write its log in any thread.
_in_use: dict[str, Disguises] = {}
_users: Counter[str] = Counter()
_lock = Lock()


@contextmanager
def concealed(values: Collection[str]) -> Iterator[None]:
    """Conceal `values` for the length of a block."""
    with _lock:
        _users.update(values)
        _in_use.update({value: Disguises.of(value) for value in values if value not in _in_use})
    try:
        yield
    finally:
        with _lock:
            _users.subtract(values)
            for value in set(values):
                if _users[value] <= 0:
                    del _users[value], _in_use[value]


def conceal(text: str) -> str:
    """`text` without the secrets in use, however they were written."""
    if not _in_use:
        return text
    secrets = list(_in_use.values())
    return without(text, [span for read in Read.ways(text) for secret in secrets for span in secret.found(read)])


def without(text: str, spans: Iterable[Span]) -> str:
    """`text` with a mask in place of what `spans` cover."""
    parts, at, masked = [], 0, -1
    for begin, end in sorted(spans):
        if begin > masked:
            parts += [text[at:begin], MASK]
        at = masked = max(at, end)
    return "".join([*parts, text[at:]])


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
