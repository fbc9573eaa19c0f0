"""A workflow as people, programs and models write it: checked whole, and refused with the place and a right example."""

import re
from collections.abc import Collection, Iterator
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from chat.http.bodies import check_storable
from workflows import patterns, timetable
from workflows.errors import InvalidError
from workflows.graph import Condition, Graph, Node, Op
from workflows.models import GRACE_SECONDS, Workflow
from workflows.prompts import inputs, problems
from workflows.titles import wrong_title

KEY = re.compile(r"[a-z][a-z0-9_]{0,49}")
INPUT = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,49}")
MOST_STEPS = 100
MOST_AFTER = 100
LONGEST_INPUT = 20_000
MOST_ROUNDS = 50

Problem = tuple[str, str]


class Part(BaseModel):
    """A piece of a definition; a field that does not exist is a mistake."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, serialize_by_alias=True, strict=True)


class InputPart(Part):
    """Something a run is given under a name; without a default it has to be."""

    name: str
    description: Annotated[str, Field(max_length=300)] = ""
    default: Annotated[str, Field(max_length=LONGEST_INPUT)] | None = None


class WhenPart(Part):
    """A condition on the output of a step; `else` turns it round."""

    step: str
    op: Op
    value: Annotated[str, Field(max_length=500)] = ""
    negate: Annotated[bool, Field(alias="else")] = False


class StepPart(Part):
    """A step: who does what, after which others, and under which condition. `agent` is a name or an id."""

    key: str
    agent: str
    prompt: Annotated[str, Field(max_length=20_000)]
    after: list[str] = []
    when: WhenPart | None = None


class BudgetPart(Part):
    """What a run of it may use, with the runs that it starts, before its owner is asked; what is left out has no limit of its own."""

    dollars: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] | None = None
    tokens: Annotated[int, Field(ge=1, le=10**12)] | None = None

    @model_serializer(mode="wrap")
    def given(self, handler: SerializerFunctionWrapHandler) -> dict[str, int | float]:
        """Only what is limited."""
        return {unit: limit for unit, limit in handler(self).items() if limit is not None}


class Definition(Part):
    """A whole workflow."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    description: Annotated[str, Field(max_length=300)] = ""
    instruction: Annotated[str, Field(max_length=20_000)] = ""
    inputs: list[InputPart] = []
    max_concurrent: Annotated[int, Field(ge=1, le=1000)] = 1
    max_rounds: Annotated[int, Field(ge=1, le=MOST_ROUNDS)] = 1
    budget: BudgetPart = BudgetPart()
    execution_mode: timetable.Mode = "manual"
    schedule: timetable.Text = ""
    time_zone: timetable.Zone = ""
    overlap: timetable.Overlaps = "skip"
    misfire: timetable.Misfires = "latest"
    grace_seconds: timetable.Grace = GRACE_SECONDS
    steps: list[StepPart]

    @model_validator(mode="before")
    @classmethod
    def with_mode(cls, data: Any) -> Any:
        """A schedule that comes without a mode is meant to be kept."""
        return timetable.with_mode(data)

    @classmethod
    def of(cls, workflow: Workflow) -> Self:
        """A workflow as it stands; agents by their ids. Reads its steps, which lists fetch along."""
        parts = [
            {"key": step.key, "agent": str(step.agent_id), "prompt": step.prompt, "after": step.after, "when": step.when}
            for step in workflow.steps.all()
        ]
        own = ("name", "description", "instruction", "inputs", "max_concurrent", "max_rounds", "budget", *timetable.TIMES)
        return cls.model_validate({**{name: getattr(workflow, name) for name in own}, "steps": parts})

    def graph(self) -> Graph:
        """What is run, in which order."""
        return Graph(tuple(node(step) for step in self.steps), self.max_rounds)

    def needed(self) -> set[str]:
        """The inputs without which a run cannot begin: those that prompts ask for and that have no default."""
        asked = {name for step in self.steps for name in inputs(step.prompt)}
        return asked - {part.name for part in self.inputs if part.default is not None}

    def given(self, values: dict[str, str]) -> dict[str, str]:
        """All inputs of a run that was given `values`. Raises InvalidError when one is missing, misnamed or too long."""
        check_names(values)
        check_lengths(values)
        check_storable({"inputs": values})
        found = {part.name: part.default for part in self.inputs if part.default is not None} | values
        if missing := sorted(self.needed() - found.keys()):
            example = ", ".join(f"{name}=…" for name in missing)
            raise InvalidError(
                f"“{self.name}” needs {example}: give a value for each.", fields={f"inputs.{name}": "This is needed." for name in missing}
            )
        return found

    def stored(self) -> dict[str, Any]:
        """The definition as JSON, as a revision keeps it and an export writes it."""
        return self.model_dump(mode="json", by_alias=True)


def check_names(names: Collection[str]) -> None:
    """Raise InvalidError for inputs that no prompt could ask for. Those that are not declared are taken, for prompts may change."""
    if odd := [name for name in names if not INPUT.fullmatch(name)]:
        sentence = "This is no name of an input: use letters, digits and _, such as topic."
        raise InvalidError(f"“{odd[0][:60]}”: {sentence}", fields={f"inputs.{name[:60]}": sentence for name in odd[:MOST_STEPS]})


def check_lengths(values: dict[str, str]) -> None:
    """Raise InvalidError for inputs that are too long for a prompt."""
    long = {f"inputs.{name[:60]}": len(value) for name, value in values.items() if len(value) > LONGEST_INPUT}
    if long:
        places = {place: f"It has {count:,} characters: give at most {LONGEST_INPUT:,}." for place, count in long.items()}
        raise InvalidError(" ".join(f"{place}: {sentence}" for place, sentence in list(places.items())[:5]), fields=places)


def node(step: StepPart) -> Node:
    """What the walk sees of a step."""
    return Node(step.key, tuple(step.after), condition(step.when) if step.when else None)


def condition(when: WhenPart) -> Condition:
    """What the walk sees of a condition."""
    return Condition(when.step, when.op, when.value, when.negate)


def check(definition: Definition, agents: Collection[str]) -> None:
    """Raise InvalidError with every mistake and its place. `agents`: names and ids that steps may use."""
    found = list(mistakes(definition, agents))
    if found:
        places: dict[str, str] = {}
        for place, sentence in found:
            places[place] = f"{places[place]} {sentence}" if place in places else sentence
        raise InvalidError(" ".join(f"{place}: {sentence}" for place, sentence in found[:5]), fields=places)


def mistakes(definition: Definition, agents: Collection[str]) -> Iterator[Problem]:
    """What is wrong, where, and how it would be right."""
    if sentence := wrong_title(definition.name):
        yield "name", sentence
    if not definition.steps:
        yield (
            "steps",
            'There are none: give at least one, such as {"key": "write", "agent": "writer", "prompt": "Write about {{ input.topic }}."}.',
        )
    if len(definition.steps) > MOST_STEPS:
        yield (
            "steps",
            f"There are {len(definition.steps):,}: a workflow has at most {MOST_STEPS}. Let one agent do more, or run a workflow from another.",
        )
        return
    yield from wrong_inputs(definition)
    yield from wrong_times(definition)
    keys = [step.key for step in definition.steps]
    for at, step in enumerate(definition.steps):
        yield from wrong_step(f"steps[{at}]", step, keys, at, agents)
    yield from unawaited(definition)
    if not definition.max_rounds > 1:
        yield from circles(definition)


def wrong_inputs(definition: Definition) -> Iterator[Problem]:
    """Names of inputs that cannot be used."""
    names = [part.name for part in definition.inputs]
    for at, name in enumerate(names):
        if not INPUT.fullmatch(name):
            yield (
                f"inputs[{at}].name",
                f"{f'“{name[:60]}” is no name' if name else 'It has none'}: use letters, digits and _, such as topic.",
            )
        elif name in names[:at]:
            yield f"inputs[{at}].name", f"“{name}” stands twice: give each input its own name."


def wrong_times(definition: Definition) -> Iterator[Problem]:
    """What keeps it from running when it is to run by itself."""
    yield from timetable.mistakes(definition)
    if timetable.scheduled(definition):
        yield from timetable.undefaulted(definition.needed(), [part.name for part in definition.inputs])


def wrong_step(place: str, step: StepPart, keys: list[str], at: int, agents: Collection[str]) -> Iterator[Problem]:
    """What is wrong with one step."""
    if not KEY.fullmatch(step.key):
        yield f"{place}.key", f"“{step.key[:60]}” is no key: use small letters, digits and _, such as write_report."
    elif step.key in keys[:at]:
        yield f"{place}.key", f"“{step.key}” stands twice: give each step its own key."
    if step.agent not in agents:
        known = ", ".join(sorted(name for name in agents if len(name) < 36)[:10])
        yield f"{place}.agent", f"There is no agent “{step.agent[:60]}”: " + (f"yours are {known}." if known else "create one first.")
    if not step.prompt.strip():
        yield f"{place}.prompt", "It is empty: say what the agent is to do, such as “Summarise {{ steps.fetch.output }}.”"
    yield from wrong_after(f"{place}.after", step.after, keys)
    for sentence in problems(step.prompt, frozenset(keys)):
        yield f"{place}.prompt", sentence
    if step.when:
        yield from wrong_condition(f"{place}.when", step.when, keys)


def wrong_after(place: str, after: list[str], keys: list[str]) -> Iterator[Problem]:
    """What is wrong with what a step waits for."""
    if len(after) > MOST_AFTER:
        yield place, f"It names {len(after):,} steps: a step waits for at most {MOST_AFTER}."
        return
    for at, name in enumerate(after):
        if name not in keys:
            yield place, f"There is no step “{name[:60]}”: the steps are {', '.join(keys[:20])}."
        elif name in after[:at]:
            yield place, f"“{name}” stands twice: name each step once."


def unawaited(definition: Definition) -> Iterator[Problem]:
    """Conditions on steps that may not have run when they are looked at, for nothing waits for them."""
    parents = {step.key: step.after[:MOST_AFTER] for step in definition.steps}
    for at, step in enumerate(definition.steps):
        if step.when and step.when.step in parents and step.when.step not in before(step.key, parents):
            yield (
                f"steps[{at}].when.step",
                f"“{step.key}” does not wait for “{step.when.step}”: put it into after, so that its output is there.",
            )


def before(key: str, parents: dict[str, list[str]]) -> set[str]:
    """All that `key` waits for, itself or by way of others; also by edges that lead back."""
    found: set[str] = set()
    waiting = list(parents[key])
    while waiting:
        name = waiting.pop()
        if name in parents and name not in found:
            found.add(name)
            waiting += parents[name]
    return found


def wrong_condition(place: str, when: WhenPart, keys: list[str]) -> Iterator[Problem]:
    """What is wrong with a condition."""
    if when.step not in keys:
        yield f"{place}.step", f"There is no step “{when.step[:60]}”: the steps are {', '.join(keys[:20])}."
    if when.op != "empty" and not when.value.strip():
        yield f"{place}.value", f"“{when.op}” needs something to compare with, such as “approved”."
    if when.op == "regex":
        try:
            patterns.compiled(when.value)
        except ValueError as exc:
            yield f"{place}.value", f"“{when.value[:60]}” is no regular expression here ({exc}): one that is: score: [89]."


def circles(definition: Definition) -> Iterator[Problem]:
    """Edges that lead back, in a workflow that goes round only once."""
    graph = definition.graph()
    for at, step in enumerate(definition.steps):
        for source in step.after:
            if source in graph.place and graph.place[source] >= graph.place[step.key]:
                yield (
                    f"steps[{at}].after",
                    f"“{step.key}” waits for “{source}”, which comes later: put it behind, or set max_rounds, such as 3, to go round.",
                )
