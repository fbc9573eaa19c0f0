"""One line of what was measured, beside what is promised."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A figure with its unit, and the promise it has to keep; `kept` is None where nothing is promised."""

    what: str
    measured: str
    goal: str = ""
    kept: bool | None = None

    def __str__(self) -> str:
        mark = {True: "kept", False: "MISSED", None: ""}[self.kept]
        return f"{self.what:<62} {self.measured:>12}  {self.goal:<14} {mark}".rstrip()
