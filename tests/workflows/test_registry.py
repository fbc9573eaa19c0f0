"""Every tool of every app: what a model is told about it, and what the engine relies on."""

import inspect
import re
import typing
from typing import Any

import pytest

from workflows import tools
from workflows.llm.toolset import as_tool, toolset
from workflows.llm.types import ToolSpec
from workflows.models import Effect
from workflows.tools import Tool, ToolContext

BUILTIN = {
    *("ask_user", "request_user_help", "current_time", "fetch_url", "forget", "recall", "remember"),
    *("list_agents", "get_agent", "create_agent", "update_agent", "delete_agent"),
    *("list_workflows", "get_workflow", "create_workflow", "update_workflow", "delete_workflow", "execute_workflow"),
    *("list_runs", "get_run", "cancel_run", "retry_run", "respond_to_run"),
}
NAMES = sorted(tools.load())


@pytest.fixture(autouse=True)
def toolbox_tools() -> None:
    """Without the tools that other tests add."""


@pytest.fixture(params=NAMES)
def each(request: pytest.FixtureRequest) -> Tool:
    """One tool after the other."""
    return tools.REGISTRY[request.param]


def schema(tool: Tool) -> dict[str, Any]:
    """The JSON schema of a tool's arguments, as the model gets it."""
    made = as_tool(ToolSpec(tool.name, tool.description, tool.function))
    return made.function_schema.json_schema


def test_steps_with_the_same_tools_share_what_the_library_makes_of_them() -> None:
    def specs() -> tuple[ToolSpec, ...]:
        return tuple(ToolSpec(tool.name, tool.description, tool.function) for tool in tools.named(NAMES))

    assert toolset(specs()) is toolset(specs())


def test_the_engines_own_tools_are_there() -> None:
    assert set(NAMES) >= BUILTIN


def test_a_tool_is_called_by_a_name_that_every_model_takes(each: Tool) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]{0,63}", each.name)
    assert each.name == each.function.__name__


def test_the_first_line_of_a_tool_is_a_sentence(each: Tool) -> None:
    assert re.fullmatch(r"[A-Z].{10,150}\.", each.summary)


def test_a_tool_says_when_to_use_it(each: Tool) -> None:
    assert "Use it" in each.description


def test_a_tool_says_what_repeating_it_would_do(each: Tool) -> None:
    assert each.effect in Effect
    assert 0 < each.timeout <= 600


def test_a_tool_that_writes_does_so_in_the_engines_transaction_or_is_async(each: Tool) -> None:
    synchronous = not inspect.iscoroutinefunction(each.function)

    assert each.effect == Effect.READ or each.atomic == synchronous


def test_a_tool_gets_its_context_first_and_everything_typed(each: Tool) -> None:
    first, *rest = inspect.signature(each.function).parameters.values()
    hints = typing.get_type_hints(each.function)

    assert hints[first.name] is ToolContext
    assert {"return", *(item.name for item in rest)} <= set(hints)


def test_a_model_is_told_what_each_argument_is(each: Tool) -> None:
    properties = schema(each).get("properties", {})

    assert first_parameter(each) not in properties
    assert all(len(field.get("description", "")) > 10 for field in properties.values())


def test_a_model_cannot_invent_arguments(each: Tool) -> None:
    assert schema(each)["additionalProperties"] is False


def first_parameter(tool: Tool) -> str:
    """The name of the parameter that the model does not see."""
    return next(iter(inspect.signature(tool.function).parameters))


@pytest.mark.parametrize(
    ("name", "types", "required"),
    [
        ("current_time", {"time_zone": "string"}, None),
        ("remember", {"key": "string", "value": "string"}, ["key", "value"]),
        ("recall", {"key": "string"}, None),
        ("forget", {"key": "string"}, ["key"]),
        ("fetch_url", {"url": "string", "bearer": "string"}, ["url"]),
        ("ask_user", {"question": "string", "options": None, "reason": "string"}, ["question"]),
    ],
)
def test_the_schemas_of_the_engines_own_tools(name: str, types: dict[str, str | None], required: list[str] | None) -> None:
    found = schema(tools.REGISTRY[name])

    assert {key: field.get("type") for key, field in found["properties"].items()} == types
    assert found.get("required") == required


def test_deleting_anything_asks_the_owner_first(each: Tool) -> None:
    asks = each.confirm({}) if each.confirm else ""

    assert asks.startswith("Delete the") == each.name.startswith("delete_")


def test_a_model_is_told_what_each_part_of_a_step_is() -> None:
    steps = schema(tools.REGISTRY["create_workflow"])

    assert all("description" in field for field in steps["$defs"]["StepIn"]["properties"].values())
    assert steps["$defs"]["StepIn"]["additionalProperties"] is False


def test_options_are_a_list_of_texts_or_nothing() -> None:
    options = schema(tools.REGISTRY["ask_user"])["properties"]["options"]

    assert options["anyOf"] == [{"items": {"type": "string"}, "type": "array"}, {"type": "null"}]
    assert options["default"] is None
