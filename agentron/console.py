"""What the supervisor shows: the lines of all processes, each under its name."""

import contextlib
import sys

from agentron.masking import masked

# Bright enough on dark and light backgrounds; red is left for what is wrong.
COLOURS = (36, 32, 33, 35, 34, 96, 92, 93)
SUPERVISOR = "agentron"


class Console:
    """Writes lines with a name in front, coloured when a person is watching."""

    def __init__(self, names: list[str]) -> None:
        self.width = max(len(name) for name in (*names, SUPERVISOR))
        self.colours = {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(names)}
        self.coloured = sys.stdout.isatty()

    def say(self, text: str) -> None:
        """A line of the supervisor's own."""
        self.write(SUPERVISOR, text)

    def write(self, name: str, line: str) -> None:
        """One line of the process `name`."""
        # A process may die with a traceback that no log has formatted.
        line = masked(line)
        label = f"{name:<{self.width}} |"
        if self.coloured:
            label = f"\033[{self.colours.get(name, 1)}m{label}\033[0m"
        # Nobody may be reading any more; that is no reason to end.
        with contextlib.suppress(OSError):
            print(label, line, flush=True)
