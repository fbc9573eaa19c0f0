"""Tools for tests: one of each effect, and broken ones. `calls` lists what was really done."""

from base64 import b64encode

from workflows.models import Effect
from workflows.tools import REGISTRY, Question, Secret, Tool, ToolContext, ToolError, tool

calls: list[tuple[str, str]] = []
before = set(REGISTRY)


@tool(effect=Effect.READ)
def look(context: ToolContext, what: str) -> str:
    """Look at something."""
    calls.append(("look", what))
    return f"{what} is green"


@tool(effect=Effect.ONCE)
async def send(context: ToolContext, what: str) -> str:
    """Send something outside."""
    calls.append(("send", what))
    return f"sent {what}"


@tool(effect=Effect.READ)
async def refuse(context: ToolContext, what: str) -> str:
    """Refuse."""
    raise ToolError(f"There is no {what}: ask for green instead.")


@tool(effect=Effect.READ)
async def break_down(context: ToolContext) -> str:
    """Break."""
    raise ZeroDivisionError


@tool(effect=Effect.READ, timeout=0.05)
async def hang(context: ToolContext) -> str:
    """Hang."""
    import asyncio

    await asyncio.sleep(10)
    return "never"


@tool(effect=Effect.READ)
def inquire(context: ToolContext, question: str) -> Question:
    """Ask the person."""
    return Question(question)


@tool(effect=Effect.READ)
async def sign_in(context: ToolContext, password: Secret, how: str = "") -> str:
    """Sign in somewhere; `how` is how it goes wrong."""
    calls.append(("sign_in", password))
    if how == "refuse":
        raise ToolError(f"“{password}” is wrong.")
    if how == "break":
        raise ZeroDivisionError(password)
    return f"signed in with {password}, in base64 {b64encode(password.encode()).decode()}"


TOOLS: dict[str, Tool] = {name: REGISTRY[name] for name in set(REGISTRY) - before}
for name in TOOLS:
    del REGISTRY[name]
