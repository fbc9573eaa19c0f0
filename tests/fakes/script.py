"""A scripted model: what it says next depends only on what was said before, so it survives a resume."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse, ToolReturnPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

# A reply: a text, a list of calls (tool, arguments JSON, call id), or both; or an error to raise.
Reply = str | list[tuple[str, str, str]] | tuple[str, list[tuple[str, str, str]]] | Exception


def scripted(*replies: Reply | Callable[[list[ModelMessage]], Reply]) -> FunctionModel:
    """A model that gives `replies` in order after each user prompt; `calls` on it counts how often it was asked."""

    async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
        model.calls += 1
        model.heard.append(list(messages))
        reply = replies[min(said_since_prompt(messages), len(replies) - 1)]
        if callable(reply):
            reply = reply(messages)
        if isinstance(reply, Exception):
            raise reply
        text, calls = reply if isinstance(reply, tuple) else (reply, []) if isinstance(reply, str) else ("", reply)
        for word in text.split(" ") if text else []:
            yield word + " "
        if calls:
            yield {n: DeltaToolCall(name=name, json_args=args, tool_call_id=pk) for n, (name, args, pk) in enumerate(calls)}

    model: Any = FunctionModel(stream_function=stream)
    model.calls, model.heard = 0, []
    return model  # type: ignore[no-any-return]


def said_since_prompt(messages: list[ModelMessage]) -> int:
    """How many replies the model has given since a person last spoke."""
    count = 0
    for message in messages:
        if isinstance(message, ModelResponse):
            count += 1
        elif any(isinstance(part, UserPromptPart) for part in message.parts):
            count = 0
    return count


def last_result(messages: list[ModelMessage]) -> str:
    """What the newest tool result said."""
    returns = [part for message in messages for part in message.parts if isinstance(part, ToolReturnPart)]
    return str(returns[-1].content)


def by_prompt(scripts: dict[str, list[Reply | Callable[[list[ModelMessage]], Reply]]]) -> FunctionModel:
    """A model that gives the replies of the first script whose key stands in what it was asked last; `calls` lists the keys."""

    async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
        asked = last_prompt(messages)
        key = next(key for key in scripts if key in asked)
        model.calls.append(key)
        model.infos.append(info)
        chosen: Any = scripted(*scripts[key])
        async for piece in chosen.stream_function(messages, info):
            yield piece

    model: Any = FunctionModel(stream_function=stream)
    model.calls, model.infos = [], []
    return model  # type: ignore[no-any-return]


def last_prompt(messages: list[ModelMessage]) -> str:
    """What the model was asked last."""
    prompts = [part.content for message in messages for part in message.parts if isinstance(part, UserPromptPart)]
    return str(prompts[-1])
