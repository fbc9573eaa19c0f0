"""A workflow as a form: rows with tokens of their own, so that steps can be renamed, moved and removed freely."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from workflows import editor_times as times
from workflows.definition import MOST_STEPS, Definition, InputPart, StepPart, WhenPart

TOKEN = re.compile(r"[a-z][0-9]{1,4}")
PLACE = re.compile(r"(steps|inputs)\[(\d+)\](?:\.(\w+))?")
MOST_INPUTS = 50
OWN = ("name", "description", "instruction", "max_concurrent", "max_rounds")
BUDGET = ("dollars", "tokens")
# What the form calls a workflow's own fields.
LABELS = {
    "name": "Name",
    "description": "What it is good for",
    "instruction": "What every agent is told",
    "max_rounds": "Rounds",
    "max_concurrent": "Runs at a time",
    "budget_dollars": "Dollars a run",
    "budget_tokens": "Tokens a run",
    "inputs": "Inputs",
    "steps": "Steps",
    **times.LABELS,
}
OPS = {"contains": "contains", "equals": "is", "regex": "fits the pattern", "empty": "is empty"}


@dataclass
class InputRow:
    """Something a run is given; without a default it has to be, unless it may be left out."""

    token: str
    name: str = ""
    description: str = ""
    default: str = ""
    optional: bool = False
    wrong: dict[str, str] = field(default_factory=dict)
    fresh: bool = False


@dataclass(frozen=True)
class Other:
    """Another step, as a step's row offers it: whether it waits for that one, and whether its condition is about it."""

    token: str
    key: str
    after: bool
    asked: bool


@dataclass
class StepRow:
    """A step. `after` and `when` hold tokens."""

    token: str
    key: str = ""
    agent: str = ""
    prompt: str = ""
    after: list[str] = field(default_factory=list)
    when: str = ""
    op: str = "contains"
    value: str = ""
    negate: bool = False
    wrong: dict[str, str] = field(default_factory=dict)
    others: list[Other] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    fresh: bool = False


@dataclass
class Sheet:
    """A whole workflow while somebody writes it; `own` are its own fields as they were typed, `wrong` their mistakes."""

    own: dict[str, str] = field(default_factory=lambda: {"max_concurrent": "1", "max_rounds": "1", **times.USUAL})
    inputs: list[InputRow] = field(default_factory=list)
    steps: list[StepRow] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)

    def linked(self) -> "Sheet":
        """The sheet, each of its steps with the others to choose from and the names that its prompt can use."""
        given = [f"input.{row.name}" for row in self.inputs if row.name]
        for row in self.steps:
            before = self.before(row)
            row.names = given + [f"steps.{one.key}.output" for one in self.steps if one.key and one.token in before]
            rest = [one for one in self.steps if one is not row]
            row.others = [Other(one.token, one.key or "…", one.token in row.after, one.token == row.when) for one in rest]
        return self

    def before(self, row: StepRow) -> set[str]:
        """The tokens of all that has ended when a step begins: what it waits for, what that waits for, and so on."""
        waits = {one.token: one.after for one in self.steps}
        found: set[str] = set()
        ahead = list(row.after)
        while ahead:
            token = ahead.pop()
            if token not in found:
                found.add(token)
                ahead += waits.get(token, [])
        return found

    def data(self) -> dict[str, Any]:
        """The definition as JSON, right or wrong."""
        keys = {row.token: row.key for row in self.steps}
        counts = {name: whole(self.own.get(name, "")) for name in ("max_concurrent", "max_rounds")}
        return {
            **{name: self.own.get(name, "") for name in OWN},
            **counts,
            "budget": {unit: amount(text) for unit in BUDGET if (text := self.own.get(f"budget_{unit}", ""))},
            **times.times_data(self.own),
            "inputs": [input_data(row) for row in self.inputs],
            "steps": [step_data(row, keys) for row in self.steps],
        }

    def mark(self, mistakes: Mapping[str, str]) -> None:
        """Put each sentence where its place is."""
        for place, sentence in mistakes.items():
            found = PLACE.match(place)
            rows: Sequence[InputRow | StepRow] = self.steps if found and found[1] == "steps" else self.inputs
            if found and int(found[2]) < len(rows):
                rows[int(found[2])].wrong.setdefault(found[3] or "", sentence)
            else:
                self.wrong.setdefault(place.replace(".", "_"), sentence)

    def label(self, place: str) -> str:
        """The place of a mistake as the form calls it."""
        found = PLACE.match(place)
        if not found:
            return LABELS.get(place.replace(".", "_"), place)
        steps = found[1] == "steps"
        names = [row.key for row in self.steps] if steps else [row.name for row in self.inputs]
        name = names[int(found[2])] if int(found[2]) < len(names) else ""
        return f"{'Step' if steps else 'Input'} {int(found[2]) + 1}{f' ({name})' if name else ''}"

    def change(self, what: str) -> None:
        """Do what a button says: add a row, or remove or move the one whose token stands behind a colon."""
        verb, _, token = what.partition(":")
        match verb:
            case "add-step" if len(self.steps) < MOST_STEPS:
                self.steps.append(next_step(self.steps))
            case "add-input" if len(self.inputs) < MOST_INPUTS:
                self.inputs.append(InputRow(free("i", [row.token for row in self.inputs]), fresh=True))
            case "remove":
                self.remove(token)
            case "up" | "down":
                move(self.steps, token, -1 if verb == "up" else 1)

    def remove(self, token: str) -> None:
        """Take a row out, and what refers to it."""
        self.inputs = [row for row in self.inputs if row.token != token]
        self.steps = [row for row in self.steps if row.token != token]
        for row in self.steps:
            row.after = [other for other in row.after if other != token]
            row.when = "" if row.when == token else row.when


def move(rows: list[StepRow], token: str, by: int) -> None:
    """Move a step one place, if there is one."""
    at = next((at for at, row in enumerate(rows) if row.token == token), None)
    if at is not None and 0 <= at + by < len(rows):
        rows[at], rows[at + by] = rows[at + by], rows[at]


def next_step(rows: list[StepRow]) -> StepRow:
    """A new last step: after the one before it, by the same agent, under a key that is free."""
    keys = {row.key for row in rows}
    key = next(f"step_{n}" for n in range(len(rows) + 1, len(rows) + 1000) if f"step_{n}" not in keys)
    last = rows[-1] if rows else None
    token = free("s", [row.token for row in rows])
    return StepRow(token, key, last.agent if last else "", after=[last.token] if last else [], fresh=True)


def free(letter: str, tokens: list[str]) -> str:
    """A token that no row has."""
    return f"{letter}{max((int(token[1:]) for token in tokens), default=-1) + 1}"


def whole(text: str) -> int | str:
    """A number where one was typed; whatever else it is, is refused at its place."""
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else text


def amount(text: str) -> float | str:
    """A number, also one with a fraction, where one was typed."""
    if re.fullmatch(r"[0-9]{1,12}", text):
        return int(text)
    return float(text) if re.fullmatch(r"[0-9]{1,7}\.[0-9]{1,6}", text) else text


def input_data(row: InputRow) -> dict[str, Any]:
    """An input as a definition has it."""
    default = {"default": row.default} if row.default or row.optional else {}
    return {"name": row.name, "description": row.description, **default}


def step_data(row: StepRow, keys: Mapping[str, str]) -> dict[str, Any]:
    """A step as a definition has it; `keys` by token."""
    when = {"step": keys[row.when], "op": row.op, "value": row.value, "else": row.negate} if row.when in keys else None
    return {
        "key": row.key,
        "agent": row.agent,
        "prompt": row.prompt,
        "after": [keys[one] for one in row.after if one in keys],
        "when": when,
    }


def posted(data: QueryDict) -> Sheet:
    """The form as it came; rows in the order in which they stand on the page."""
    own = {name: said(data, name) for name in (*OWN, *(f"budget_{unit}" for unit in BUDGET), *times.FIELDS)}
    inputs = [posted_input(data, token) for token in tokens(data, "input")[:MOST_INPUTS]]
    # One more than there may be, so that too many are refused rather than lost.
    return Sheet(own, inputs, [posted_step(data, token) for token in tokens(data, "step")[: MOST_STEPS + 1]])


def tokens(data: QueryDict, name: str) -> list[str]:
    """The tokens of the rows of a sort, each once."""
    return [token for token in dict.fromkeys(data.getlist(name)) if TOKEN.fullmatch(token)]


def said(data: QueryDict, name: str) -> str:
    """A field's text, lines ended as everywhere but in forms."""
    return data.get(name, "").replace("\r\n", "\n").replace("\0", "").strip()


def posted_input(data: QueryDict, token: str) -> InputRow:
    name, description, default = (said(data, f"{token}-{part}") for part in ("name", "description", "default"))
    return InputRow(token, name, description, default, f"{token}-optional" in data)


def posted_step(data: QueryDict, token: str) -> StepRow:
    key, agent, prompt, when, op, value = (said(data, f"{token}-{part}") for part in ("key", "agent", "prompt", "when", "op", "value"))
    after = tokens(data, f"{token}-after")
    return StepRow(token, key, agent, prompt, after, when, op or "contains", value, f"{token}-negate" in data)


def filled(definition: Definition) -> Sheet:
    """The form of a definition whose steps refer to each other rightly."""
    by_key = {step.key: f"s{at}" for at, step in enumerate(definition.steps)}
    own = {name: str(getattr(definition, name)) for name in OWN}
    own |= {f"budget_{unit}": f"{limit:.12g}" for unit, limit in definition.budget.model_dump().items()}
    own |= times.filled_times(definition)
    inputs = [filled_input(f"i{at}", part) for at, part in enumerate(definition.inputs)]
    return Sheet(own, inputs, [filled_step(by_key[step.key], step, by_key) for step in definition.steps])


def filled_input(token: str, part: InputPart) -> InputRow:
    return InputRow(token, part.name, part.description, part.default or "", part.default is not None)


def filled_step(token: str, step: StepPart, by_key: Mapping[str, str]) -> StepRow:
    when = step.when or WhenPart(step="", op="contains")
    after = [by_key[key] for key in step.after]
    return StepRow(token, step.key, step.agent, step.prompt, after, by_key.get(when.step, ""), when.op, when.value, when.negate)
