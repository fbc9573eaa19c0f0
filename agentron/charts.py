"""Stacked bars by day, worked out here and drawn as SVG: no script, and both themes for free."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

HEIGHT = 100.0
# Share of a column that its bar fills.
FILL = 0.7


@dataclass(frozen=True)
class Column:
    """What is known of one day: an amount by kind, and the amounts in words."""

    day: date
    amounts: dict[str, float]
    words: str


@dataclass(frozen=True)
class Piece:
    """A rectangle of one kind."""

    kind: str
    y: str
    height: str


@dataclass(frozen=True)
class Bar:
    """All pieces of one day, from the ground up."""

    day: date
    words: str
    x: str
    width: str
    pieces: list[Piece]


@dataclass(frozen=True)
class Chart:
    """Bars in a box of 100 by 100; `top` says what its height stands for, `total` what all of it is."""

    name: str
    title: str
    total: str
    top: str
    legend: list[tuple[str, str]]
    bars: list[Bar]

    @property
    def is_flat(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(bar.pieces for bar in self.bars)


def highest(columns: Sequence[Column]) -> float:
    """The amount of the tallest bar."""
    return max((sum(column.amounts.values()) for column in columns), default=0)


def bars(columns: Sequence[Column]) -> list[Bar]:
    """The columns as bars side by side, the tallest as high as the box."""
    scale = HEIGHT / (highest(columns) or 1)
    width = 100 / max(len(columns), 1)
    return [
        Bar(column.day, column.words, f"{width * (place + (1 - FILL) / 2):.2f}", f"{width * FILL:.2f}", pieces(column, scale))
        for place, column in enumerate(columns)
    ]


def pieces(column: Column, scale: float) -> list[Piece]:
    """The pieces of one bar, each on top of the one before."""
    found, ground = [], HEIGHT
    for kind, amount in column.amounts.items():
        if amount:
            height = amount * scale
            ground -= height
            found.append(Piece(kind, f"{ground:.2f}", f"{height:.2f}"))
    return found
