"""Found by the registry like every app's tools, in a worker process, once pydantic-ai is there: the place to put in the model.

What the model does depends on what it is asked. Most turns make three calls: one that reads, one that may be repeated,
one that acts once. “look”, “put” and “send” make one each, “ask” asks its owner, “die” kills the process it runs in. “word” is answered by a word, “slow” by a word after ten seconds. An effect is a line in a file,
written in one system call, so that a kill leaves it there whole or not at all.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelRequest, UserPromptPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

from tests.fakes.script import last_result, said_since_prompt
from workflows.llm import step
from workflows.models import Effect
from workflows.tools import ToolContext, tool

PAUSE = float(os.environ.get("AGENTRON_PEER_PAUSE", "0.05"))
SLOW_SECONDS = 10
CALLS = [
    ("Looking.", "look", '{"what": "one"}'),
    ("Putting.", "put", '{"what": "two"}'),
    ("Sending.", "send", '{"what": "three"}'),
]
ASKING = ("request_user_help", '{"kind": "question", "question": "A or B?"}')


def note(effect: str, context: ToolContext) -> None:
    """Add a line to the file of effects."""
    descriptor = os.open(os.environ["AGENTRON_PEER_EFFECTS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{effect} {context.run_id} {context.key}\n".encode())
    os.close(descriptor)


@tool(effect=Effect.READ)
async def look(context: ToolContext, what: str) -> str:
    """Look at something."""
    await asyncio.sleep(PAUSE)
    note("read", context)
    return f"{what} seen"


@tool(effect=Effect.IDEMPOTENT)
async def put(context: ToolContext, what: str) -> str:
    """Put something somewhere, where it may lie already."""
    await asyncio.sleep(PAUSE)
    note("idempotent", context)
    return f"{what} put"


@tool(effect=Effect.ONCE)
async def send(context: ToolContext, what: str) -> str:
    """Send something outside."""
    await asyncio.sleep(PAUSE)
    note("once", context)
    await asyncio.sleep(PAUSE)
    return f"{what} sent"


@tool(effect=Effect.READ)
async def die(context: ToolContext) -> str:
    """End this process, whoever else is at work in it."""
    os.kill(os.getpid(), signal.SIGKILL)
    return "never"


def asked(messages: list[ModelMessage]) -> str:
    """What the person said last; a scheduled turn is told first what it is."""
    prompts = [
        part.content
        for message in messages
        if isinstance(message, ModelRequest)
        for part in message.parts
        if isinstance(part, UserPromptPart)
    ]
    return str(prompts[-1]).rpartition("\n")[2]


async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
    """The next reply; it depends on the messages only, so it is the same after a resume."""
    match asked(messages):
        case "word":
            yield "Done."
        case "slow":
            await asyncio.sleep(SLOW_SECONDS)
            yield "Done."
        case "look" | "put" | "send" as word:
            await asyncio.sleep(PAUSE)
            if said_since_prompt(messages) == 0:
                yield {0: DeltaToolCall(name=word, json_args='{"what": "it"}', tool_call_id="call_0")}
            else:
                yield f"{word} is done."
        case "ask" | "die" as word:
            if said_since_prompt(messages) == 0:
                name, arguments = ASKING if word == "ask" else ("die", "{}")
                yield {0: DeltaToolCall(name=name, json_args=arguments, tool_call_id="call_0")}
            else:
                yield f"They said {last_result(messages)}."
        case _ if (number := said_since_prompt(messages)) < len(CALLS):
            await asyncio.sleep(PAUSE)
            text, name, arguments = CALLS[number]
            yield text
            # The same id in every reply, as some models do it.
            yield {0: DeltaToolCall(name=name, json_args=arguments, tool_call_id="call_0")}
        case _:
            yield "All three are done."


MODEL = FunctionModel(stream_function=stream)


async def build(name: str = "") -> Any:
    """The scripted model, whatever was asked for."""
    return MODEL


# “real”: only the tools are the peer's, the model is asked over HTTP.
if os.environ.get("AGENTRON_PEER_MODEL") != "real":
    step.__dict__["build"] = build
