"""The shapes that work takes: each is run by the engine as it is drawn, with a scripted model."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, FunctionModel

from tests.factories import make_agent, make_user, make_workflow, start_run
from tests.fakes.script import Reply, by_prompt, last_prompt, last_result
from workflows.models import Run, StepRun

pytestmark = pytest.mark.wide

Use = Callable[[Model], Model]
Drain = Callable[[], None]
Script = Reply | Callable[[list[ModelMessage]], Reply]
AGENTS = ("Ann", "Bob", "Cy")
LOOK: Reply = [("look", '{"what": "grass"}', "c1")]


@dataclass(frozen=True)
class Shape:
    """Steps (key, prompt, what they come after), what the model says to the beginning of each prompt, and the trail to expect."""

    steps: list[dict[str, Any]]
    says: dict[str, list[Script]]
    trail: list[str]
    rounds: int = 1
    inputs: dict[str, str] = field(default_factory=dict)


def step(key: str, prompt: str, *after: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "prompt": prompt, "after": list(after), **more}


SHAPES = {
    "a chain of prompts": Shape(
        [step("outline", "c1 {{ input.topic }}"), step("draft", "c2 {{ steps.outline.output }}", "outline")],
        {"c1": ["three points"], "c2": ["a text"]},
        ["outline#1 c1 tea → three points", "draft#1 c2 three points → a text"],
        inputs={"topic": "tea"},
    ),
    "an agent that decides for a tool": Shape(
        [step("find", "t1 What colour is grass?")],
        {"t1": [LOOK, last_result]},
        ["find#1 t1 What colour is grass? [look] → grass is green"],
    ),
    "model, tool, model": Shape(
        [step("pick", "m1"), step("see", "m2 {{ steps.pick.output }}", "pick"), step("tell", "m3 {{ steps.see.output }}", "see")],
        {"m1": ["grass"], "m2": [LOOK, last_result], "m3": ["It is green."]},
        ["pick#1 m1 → grass", "see#1 m2 grass [look] → grass is green", "tell#1 m3 grass is green → It is green."],
    ),
    "researcher, writer, reviewer": Shape(
        [
            step("research", "r1"),
            step("write", "r2 {{ steps.research.output }}", "research"),
            step("review", "r3 {{ steps.research.output }} {{ steps.write.output }}", "write"),
        ],
        {"r1": ["facts"], "r2": ["text"], "r3": ["fine"]},
        ["research#1 r1 → facts", "write#1 r2 facts → text", "review#1 r3 facts text → fine"],
    ),
    "two agents that talk in turns": Shape(
        [step("one", "a{{ round }} {{ steps.other.output }}", "other"), step("other", "b{{ round }} {{ steps.one.output }}", "one")],
        {"a1": ["Hi!"], "b1": ["Hello!"], "a2": ["And now?"], "b2": ["Bye!"]},
        ["one#1 a1 → Hi!", "other#1 b1 Hi! → Hello!", "one#2 a2 Hello! → And now?", "other#2 b2 And now? → Bye!"],
        rounds=2,
    ),
    "evaluator and optimiser": Shape(
        [
            step("write", "e{{ round }}", "judge", when={"step": "judge", "op": "contains", "value": "again"}),
            step("judge", "j{{ round }} {{ steps.write.output }}", "write"),
        ],
        {"e1": ["bad"], "j1": ["Again, please."], "e2": ["good"], "j2": ["Well done."]},
        ["write#1 e1 → bad", "judge#1 j1 bad → Again, please.", "write#2 e2 → good", "judge#2 j2 good → Well done."],
        rounds=5,
    ),
    "a router to one of two": Shape(
        [
            step("route", "w1"),
            step("bill", "w2", "route", when={"step": "route", "op": "equals", "value": "billing"}),
            step("help", "w3", "route", when={"step": "route", "op": "equals", "value": "billing", "else": True}),
        ],
        {"w1": ["Billing"], "w2": ["paid"]},
        ["route#1 w1 → Billing", "help#1 skipped", "bill#1 w2 → paid"],
    ),
    "three small agents composed": Shape(
        [step("left", "s1"), step("right", "s2"), step("join", "s3 {{ steps.left.output }} {{ steps.right.output }}", "left", "right")],
        {"s1": ["black"], "s2": ["tea"], "s3": ["Black tea."]},
        ["left#1 s1 → black", "right#1 s2 → tea", "join#1 s3 black tea → Black tea."],
    ),
    "one agent that echoes": Shape(
        [step("echo", "x1 {{ input.text }}")],
        {"x1": [last_prompt]},
        ["echo#1 x1 {{ round }} → x1 {{ round }}"],
        inputs={"text": "{{ round }}"},
    ),
}


def told(row: StepRun) -> str:
    """A step of the trail: its key and round, what it was asked, the tools it used, what it gave."""
    if row.status == "skipped":
        return f"{row.key}#{row.round} skipped"
    tools = "".join(f" [{call.tool}]" for call in row.tool_calls.all())
    return " ".join(f"{row.key}#{row.round} {row.prompt}{tools} → {row.output}".split())


def test_every_shape_is_run_as_it_is_drawn(model: Use, drain: Drain) -> None:
    owner, agents = make_user(), [make_agent(name=name).name for name in AGENTS]
    model(by_prompt({key: replies for shape in SHAPES.values() for key, replies in shape.says.items()}))
    runs = {
        name: start_run(
            make_workflow(
                *({**part, "agent": agents[at]} for at, part in enumerate(shape.steps)), owner=owner, name=name, max_rounds=shape.rounds
            ),
            **shape.inputs,
        )
        for name, shape in SHAPES.items()
    }

    drain()

    trails = {name: [told(row) for row in run.steps.order_by("started_at", "pk")] for name, run in runs.items()}
    assert {name: sorted(trail) for name, trail in trails.items()} == {name: sorted(shape.trail) for name, shape in SHAPES.items()}


def test_two_steps_of_a_second_take_one_second_together(model: Use, drain: Drain) -> None:
    async def slow(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str]:
        await asyncio.sleep(1)
        yield "done"

    model(FunctionModel(stream_function=slow))
    run = start_run(make_workflow({"key": "left"}, {"key": "right"}))

    drain()

    ended = Run.objects.get(pk=run.pk)
    assert ended.status == "succeeded"
    assert ended.finished_at
    assert ended.started_at
    assert (ended.finished_at - ended.started_at).total_seconds() < 1.6
