"""The tools of a step as the library wants them: made once, and the same for all steps that have the same ones."""

import inspect
import typing
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from pydantic_ai import FunctionToolset, RunContext, Tool
from pydantic_ai.toolsets import ToolsetTool

from workflows.llm.types import ToolSpec

# How often a model may try again after a call with arguments that cannot be used.
RETRIES = 3


class FixedToolset(FunctionToolset[None]):
    """Tools that are the same in every step: the library would prepare each of them anew before each reply."""

    fixed: dict[str, ToolsetTool[None]] | None = None

    async def get_tools(self, ctx: RunContext[None]) -> dict[str, ToolsetTool[None]]:
        if self.fixed is None:
            found = await super().get_tools(ctx)
            # No model is told what a tool returns, and the library would take it out of each definition before each reply.
            self.fixed = {name: replace(tool, tool_def=replace(tool.tool_def, return_schema=None)) for name, tool in found.items()}
        return self.fixed


@lru_cache(maxsize=200)
def toolset(specs: tuple[ToolSpec, ...]) -> FixedToolset:
    """The tools of an agent; those of `*` are dozens."""
    return FixedToolset([as_tool(spec) for spec in specs], max_retries=RETRIES)


@lru_cache(maxsize=500)
def as_tool(spec: ToolSpec) -> Tool[None]:
    """The library's tool for `spec`; the call itself is made by the listener."""
    signature = inspect.signature(spec.function)
    parameters = list(signature.parameters.values())[1:]
    hints = typing.get_type_hints(spec.function)

    async def made_by_the_listener(context: RunContext[None], **arguments: Any) -> None:
        raise AssertionError(f"{spec.name} went past the journal")

    first = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=RunContext[None])
    function: Callable[..., Any] = made_by_the_listener
    function.__signature__ = signature.replace(parameters=[first, *parameters])  # type: ignore[attr-defined]
    function.__annotations__ = {"context": RunContext[None], **{item.name: hints[item.name] for item in parameters}}
    function.__doc__ = spec.description
    return Tool(function, takes_ctx=True, name=spec.name)
