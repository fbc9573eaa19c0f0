"""Regular expressions that anybody may write: RE2's, whose time grows with the text and never explodes.

So it knows no look-around and no references back, which are what can make a pattern take for ever.
"""

from functools import lru_cache
from typing import Any

import re2

QUIET = re2.Options()
# Otherwise it prints what is wrong with a pattern to stderr.
QUIET.log_errors = False


@lru_cache(maxsize=200)
def compiled(pattern: str) -> Any:
    """`pattern`, ready to search with. Raises ValueError that says what is wrong with it."""
    try:
        return re2.compile(pattern, QUIET)
    except re2.error as exc:
        why = exc.args[0]
        raise ValueError(why.decode(errors="replace") if isinstance(why, bytes) else str(why)) from exc


def found(pattern: str, text: str) -> bool:
    """Whether `pattern` is anywhere in `text`; never, if it is no pattern."""
    try:
        return compiled(pattern).search(text) is not None
    except ValueError:
        return False
