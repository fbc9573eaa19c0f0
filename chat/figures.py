"""Durations, amounts and counts as people read them."""

from decimal import Decimal

# Each unit, in seconds, with its sign; two neighbours are shown, the larger first.
UNITS = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))


def span(seconds: float) -> str:
    """How long something took or is ago: “0.4 s”, “12 s”, “3 min 5 s”, “2 h 10 min”, “4 d 3 h”."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    left = round(seconds)
    first = next(place for place, (_, size) in enumerate(UNITS) if left >= size)
    parts = []
    for sign, size in UNITS[first : first + 2]:
        amount, left = divmod(left, size)
        parts += [f"{amount} {sign}"] if amount else []
    return " ".join(parts)


def money(cost: Decimal | None) -> str:
    """US dollars, with as many digits as say something; empty where no price is known."""
    if cost is None:
        return ""
    return f"${cost:,.2f}" if cost >= 1 or not cost else f"${cost:.4f}"


def count(number: int) -> str:
    """A number that can be read at a glance: 12,345."""
    return f"{number:,}"
