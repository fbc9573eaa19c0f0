"""Quoting what somebody wrote in a sentence about it."""

import unicodedata

LONGEST = 60


def shown(text: str) -> str:
    """A text as a sentence may quote it: short, and without signs that nobody sees."""
    seen = "".join(sign if unicodedata.category(sign)[0] != "C" else "\N{REPLACEMENT CHARACTER}" for sign in text[: LONGEST + 1])
    return seen if len(seen) <= LONGEST else seen[: LONGEST - 1] + "…"
