"""A workflow as a picture: boxes in rows, one below what it waits for, and lines between them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from workflows.definition import Definition, WhenPart, condition
from workflows.graph import Graph, Node

# All in CSS pixels.
WIDTH, HEIGHT = 168, 48
BESIDE, BELOW = 24, 40
MARGIN = 4
# How far a line back swings out to the right.
SWING = 44
LONGEST = 20


@dataclass(frozen=True)
class State:
    """How a step of a run stands, and which time round."""

    status: str = ""
    round: int = 1


@dataclass(frozen=True)
class Box:
    """A step: where it stands, what it is called, who does it, how it stands, and under which condition it runs."""

    key: str
    agent: str
    x: int
    y: int
    status: str
    round: int = 1
    condition: str = ""
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def middle(self) -> int:
        """Where its lines arrive and leave."""
        return self.x + self.width // 2

    @property
    def title(self) -> str:
        """Its key, cut to fit."""
        return shortened(self.key)

    @property
    def subtitle(self) -> str:
        """Its agent, cut to fit."""
        return shortened(self.agent)

    @property
    def anchor(self) -> str:
        """Where on its page it is told in full."""
        return f"step-{self.key}" if self.round == 1 else f"step-{self.key}-{self.round}"

    @property
    def told(self) -> str:
        """The box in words."""
        state = f", {self.status}" if self.status else ""
        return f"{self.key} by {self.agent}{state}{f', round {self.round}' if self.round > 1 else ''}"


@dataclass(frozen=True)
class Line:
    """A line between two boxes, as an SVG path; `back` leads to an earlier step."""

    path: str
    back: bool


@dataclass(frozen=True)
class Drawing:
    """The picture, and its size."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]

    @property
    def told(self) -> str:
        """The picture in words, for those who do not see it."""
        return "; ".join(box.told for box in self.boxes)


def draw(definition: Definition, agents: Mapping[str, str], states: Mapping[str, State] | None = None) -> Drawing:
    """Draw a workflow. `agents`: names by what the steps call them; `states`: how each step of a run stands, by key."""
    graph = definition.graph()
    rows = in_rows(graph)
    widest = max(len(row) for row in rows)
    parts = {part.key: part for part in definition.steps}
    boxes = {}
    for level, row in enumerate(rows):
        left = MARGIN + (widest - len(row)) * (WIDTH + BESIDE) // 2
        for at, key in enumerate(row):
            x, y = left + at * (WIDTH + BESIDE), MARGIN + level * (HEIGHT + BELOW)
            state = (states or {}).get(key, State())
            agent = agents.get(parts[key].agent, parts[key].agent)
            boxes[key] = Box(key, agent, x, y, state.status, state.round, told(parts[key].when))
    lines = [line(boxes[source], boxes[node.key], graph.is_back(source, node.key)) for node in graph.nodes for source in node.after]
    swing = SWING if any(item.back for item in lines) else 0
    width = 2 * MARGIN + widest * WIDTH + (widest - 1) * BESIDE + swing
    height = 2 * MARGIN + len(rows) * HEIGHT + (len(rows) - 1) * BELOW
    return Drawing(width, height, tuple(boxes[node.key] for node in graph.nodes), tuple(lines))


def in_rows(graph: Graph) -> list[list[str]]:
    """The keys by row: each step one row below the lowest that it waits for."""
    level: dict[str, int] = {}
    for node in graph.nodes:
        level[node.key] = depth(graph, node, level)
    rows = defaultdict(list)
    for key, at in level.items():
        rows[at].append(key)
    return [rows[at] for at in sorted(rows)]


def depth(graph: Graph, node: Node, level: Mapping[str, int]) -> int:
    """The row of a step; one that only a line back reaches stands below the step before it."""
    above = [level[key] for key in graph.parents(node)]
    if above or not node.after or not level:
        return 1 + max(above, default=-1)
    return 1 + max(level.values())


def line(source: Box, target: Box, back: bool) -> Line:
    """Down from box to box; a line back leaves and arrives at the right."""
    if not back:
        top, bottom = source.y + HEIGHT, target.y
        bend = (bottom - top) // 2
        return Line(f"M{source.middle} {top}C{source.middle} {top + bend} {target.middle} {bottom - bend} {target.middle} {bottom}", back)
    right, start = max(source.x, target.x) + WIDTH, source.y + HEIGHT * 2 // 3
    end = target.y + HEIGHT // 3
    return Line(f"M{source.x + WIDTH} {start}C{right + SWING} {start} {right + SWING} {end} {target.x + WIDTH} {end}", back)


def told(when: WhenPart | None) -> str:
    """A condition in words."""
    return f"only if {condition(when)}" if when else ""


def shortened(text: str) -> str:
    """`text`, cut to what a box holds."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
