"""Found by the registry like every app's tools, in a worker process, once pydantic-ai is there: the place to put in the model.

Each turn makes three calls: one that reads, one that may be repeated, one that acts once. An effect is a line in a file,
written in one system call, so that a kill leaves it there whole or not at all.
"""

import asyncio
import os
from typing import Any

from tests.fakes.script import scripted
from workflows.llm import step
from workflows.models import Effect
from workflows.tools import ToolContext, tool

PAUSE = float(os.environ.get("AGENTRON_PEER_PAUSE", "0.05"))
REPLIES = [
    ("Looking.", [("look", '{"what": "one"}', "call_0")]),
    ("Putting.", [("put", '{"what": "two"}', "call_0")]),
    ("Sending.", [("send", '{"what": "three"}', "call_0")]),
    "All three are done.",
]


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


MODEL = scripted(*REPLIES)


async def build(name: str = "") -> Any:
    """The scripted model, after the pause that a real one takes."""
    await asyncio.sleep(PAUSE)
    return MODEL


step.build = build
