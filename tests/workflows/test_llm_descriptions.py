"""What a model makes of the descriptions of tools, once for those that stay the same."""

import asyncio

from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition

from workflows.llm import models
from workflows.llm.names import Source

SOURCE = Source("local", "openai-chat", "some", "the server", "http://localhost:9/v1")


def described(*requests: list[ToolDefinition]) -> list[list[ToolDefinition]]:
    """The tools of each request as one and the same model is sent them."""

    async def describe() -> list[list[ToolDefinition]]:
        model = models.open_model(SOURCE)
        made = [model.prepare_request(None, ModelRequestParameters(function_tools=tools))[1].function_tools for tools in requests]
        await models.close()
        return made

    return asyncio.run(describe())


def look(**properties: object) -> ToolDefinition:
    return ToolDefinition(name="look", parameters_json_schema={"type": "object", "properties": properties, "additionalProperties": False})


def test_the_same_tools_are_described_once() -> None:
    tool = look(what={"type": "string"})

    first, second = described([tool], [tool])

    assert first[0] is second[0]
    assert first[0].strict is not None


def test_tools_that_only_look_the_same_are_described_by_themselves() -> None:
    first, second = described([look(what={"type": "string"})], [look(which={"type": "string"})])

    assert list(first[0].parameters_json_schema["properties"]) == ["what"]
    assert list(second[0].parameters_json_schema["properties"]) == ["which"]


def test_no_more_sets_of_tools_are_remembered_than_a_worker_can_hold() -> None:
    made = described(*([look(**{f"p{number}": {"type": "string"}})] for number in range(2 * models.MOST_TOOLSETS + 1)))

    assert [list(tools[0].parameters_json_schema["properties"]) for tools in made] == [[f"p{number}"] for number in range(len(made))]
