"""What agents and workflows may be called: a name that a person can see, type and tell from an id."""

import unicodedata

from workflows.references import as_id

# Signs that join others, as in emoji and in Persian; all other signs of format hide or turn round what stands beside them.
JOINERS = "\u200c\u200d"
# Letters and symbols in name only: nothing is drawn for them.
BLANK = "\u115f\u1160\u2800\u3164\uffa0"
UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def wrong_title(name: str) -> str:
    """What is wrong with a name, and how it would be right; empty when nothing is."""
    if not any(is_seen(sign) for sign in name):
        return "It is empty: give it a name, such as Researcher."
    if any(unicodedata.category(sign) in UNSEEN and sign not in JOINERS for sign in name):
        return "It has signs that nobody sees, such as a line break or one that turns letters round: type the name anew."
    if "/" in name:
        return "A name has no “/”, for it stands in addresses: use “-” or a space."
    if as_id(name.strip()):
        return "It looks like an id, and would be taken for one: give it a name, such as Researcher."
    return ""


def is_seen(sign: str) -> bool:
    """Whether something is drawn for a sign that stands alone."""
    kind = unicodedata.category(sign)
    return kind[0] not in "MZ" and kind not in UNSEEN and sign not in BLANK
