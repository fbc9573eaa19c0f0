"""What a workflow does next: pure, from its steps and from what has run so far.

A pass runs steps along the forward edges. An edge to an equal or earlier position is a back edge: when a pass has ended,
the back edges whose steps ran in it and whose conditions hold begin the next pass where they lead, at most `max_rounds`
passes in all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from workflows import patterns

Op = Literal["contains", "equals", "regex", "empty"]
Ended = Literal["succeeded", "failed", "skipped", "cancelled"]
ENDED: tuple[str, ...] = ("succeeded", "failed", "skipped", "cancelled")
# A regular expression sees no more of an output than this.
MOST_SEARCHED = 10_000


@dataclass(frozen=True)
class Condition:
    """Whether a step is to run, by the output of another one; `negate` is the definition's “else”."""

    step: str
    op: Op
    value: str = ""
    negate: bool = False

    def __str__(self) -> str:
        """The condition in words."""
        if self.op == "empty":
            return f"the output of “{self.step}” is {'not ' if self.negate else ''}empty"
        words = {"contains": ("contains", "does not contain"), "equals": ("is", "is not"), "regex": ("fits", "does not fit")}
        return f"the output of “{self.step}” {words[self.op][self.negate]} “{self.value}”"

    def holds(self, output: str) -> bool:
        """Whether it is met; case and white space around do not count, except for a regular expression."""
        said, wanted = output.strip().casefold(), self.value.strip().casefold()
        match self.op:
            case "contains":
                met = wanted in said
            case "equals":
                met = wanted == said
            case "regex":
                met = patterns.found(self.value, output[:MOST_SEARCHED])
            case "empty":
                met = not said
        return met != self.negate


@dataclass(frozen=True)
class Node:
    """A step as the walk sees it."""

    key: str
    after: tuple[str, ...] = ()
    when: Condition | None = None


@dataclass(frozen=True)
class Ran:
    """A step in one pass: how it stands, and what it gave."""

    key: str
    round: int
    status: str
    output: str = ""


@dataclass(frozen=True)
class Turn:
    """A step to start or to skip, in which pass; `why` says of one to skip what it lacks."""

    key: str
    round: int
    why: str = field(default="", compare=False)


@dataclass(frozen=True)
class Next:
    """What to do now. `ended` says how the run ended once nothing is left; `output` is its result.

    `unmet` names the steps that would have run once more by their conditions, had there been another round.
    """

    start: tuple[Turn, ...] = ()
    skip: tuple[Turn, ...] = ()
    ended: Literal["succeeded", "failed"] | None = None
    output: str | dict[str, str] | None = None
    unmet: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graph:
    """Steps in their order, with what each waits for."""

    nodes: tuple[Node, ...]
    max_rounds: int = 1

    @cached_property
    def place(self) -> dict[str, int]:
        """The position of each step."""
        return {node.key: at for at, node in enumerate(self.nodes)}

    def is_back(self, source: str, target: str) -> bool:
        """Whether the edge leads to an equal or earlier position."""
        return self.place[source] >= self.place[target]

    def parents(self, node: Node) -> list[str]:
        """What `node` waits for within a pass."""
        return [key for key in node.after if not self.is_back(key, node.key)]

    @cached_property
    def starts(self) -> list[str]:
        """Where the first pass begins: steps that wait for nothing, and the first step of each circle that nothing leads into."""
        found = [node.key for node in self.nodes if not node.after]
        reached = self.reached(found)
        for node in self.nodes:
            if node.key not in reached:
                found.append(node.key)
                reached = self.reached(found)
        return found

    def reached(self, starts: Iterable[str]) -> set[str]:
        """The steps to which any edges lead from `starts`, and those themselves."""
        found = set(starts)
        while more := {node.key for node in self.nodes if node.key not in found and found.intersection(node.after)}:
            found |= more
        return found

    def region(self, entries: Iterable[str]) -> set[str]:
        """The steps that a pass beginning at `entries` can reach."""
        found = set(entries)
        for node in self.nodes:
            if found.intersection(self.parents(node)):
                found.add(node.key)
        return found

    def next(self, ran: Sequence[Ran]) -> Next:
        """What to do after `ran`: every step of every pass that was started or skipped so far."""
        now = max((row.round for row in ran), default=1)
        rows = {row.key: row for row in ran if row.round == now}
        entries = self.entries(now, ran)
        region = self.region(entries)
        failed = any(row.status in ("failed", "cancelled") for row in ran)
        start, skip = ([], []) if failed else self.ready(now, rows, entries, region, outputs(ran))
        if start or skip:
            return Next(tuple(start), tuple(skip))
        if any(row.status not in ENDED for row in rows.values()):
            return Next()
        if failed:
            return Next(ended="failed")
        again = self.returns(rows, outputs(ran))
        if again and now < self.max_rounds:
            return Next(start=tuple(Turn(key, now + 1) for key in again))
        unmet = tuple(node.key for node in self.nodes if node.key in again and node.when)
        return Next(ended="succeeded", output=self.result(rows, ran), unmet=unmet)

    def entries(self, number: int, ran: Sequence[Ran]) -> list[str]:
        """Where pass `number` began."""
        if number == 1:
            return self.starts
        before = {row.key: row for row in ran if row.round == number - 1}
        return self.returns(before, outputs([row for row in ran if row.round < number]))

    def ready(
        self, number: int, rows: dict[str, Ran], entries: list[str], region: set[str], said: dict[str, str]
    ) -> tuple[list[Turn], list[Turn]]:
        """The steps of a pass that can be started, and those that have to be skipped."""
        start: list[Turn] = []
        skip: list[Turn] = []
        for node in self.nodes:
            if node.key in rows or node.key not in region:
                continue
            parents = [key for key in self.parents(node) if key in region]
            states = [rows[key].status for key in parents if key in rows]
            if len(states) < len(parents) or not all(state in ENDED for state in states):
                continue
            if node.key not in entries and "succeeded" not in states:
                skip.append(Turn(node.key, number, "All the steps before it were left out."))
            elif not self.wanted(node, number, said):
                skip.append(Turn(node.key, number, f"It runs only if {node.when}."))
            else:
                start.append(Turn(node.key, number))
        return start, skip

    def wanted(self, node: Node, number: int, said: dict[str, str]) -> bool:
        """Whether the condition of `node` lets it run; one on a later step only says whether to come back."""
        if node.when is None or (number == 1 and self.is_back(node.when.step, node.key)):
            return True
        return node.when.holds(said.get(node.when.step, ""))

    def returns(self, rows: dict[str, Ran], said: dict[str, str]) -> list[str]:
        """Where the back edges of an ended pass lead that are to be followed."""
        return [node.key for node in self.nodes if self.comes_back(node, rows, said)]

    def comes_back(self, node: Node, rows: dict[str, Ran], said: dict[str, str]) -> bool:
        """Whether one of the back edges to `node` is to be followed."""
        sources = [key for key in node.after if self.is_back(key, node.key)]
        ran = any(key in rows and rows[key].status == "succeeded" for key in sources)
        return ran and (node.when is None or node.when.holds(said.get(node.when.step, "")))

    def result(self, rows: dict[str, Ran], ran: Sequence[Ran]) -> str | dict[str, str] | None:
        """What the run gives: the output of the last step, or of all that ended last by key."""
        done = [node for node in self.nodes if node.key in rows and rows[node.key].status == "succeeded"]
        followed = {parent for node in done for parent in self.parents(node)}
        last = {node.key: rows[node.key].output for node in done if node.key not in followed}
        if not last:
            return None
        return next(iter(last.values())) if len(last) == 1 else last


def outputs(ran: Iterable[Ran]) -> dict[str, str]:
    """The newest output of each step that has one."""
    return {row.key: row.output for row in sorted(ran, key=lambda row: row.round) if row.status == "succeeded"}
