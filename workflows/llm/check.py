"""Ask a model for one word, to see whether it can be reached and answers."""

import asyncio

from workflows.llm import names
from workflows.llm.names import Source

QUESTION = "This is a connection test. Answer with the single word: ready"


def try_model(name: str = "") -> str:
    """What the model called `name` (or the default one) answers. Raises ModelError. Takes a live call, so money.

    For commands and synchronous views.
    """
    source = names.resolve(name)
    return asyncio.run(answer_of(source))


async def answer_of(source: Source) -> str:
    """The model's answer, streamed as in a real turn; at most 200 characters of it."""
    from pydantic_ai import Agent

    from workflows.llm.models import close, open_model

    try:
        async with Agent(open_model(source)).run_stream_events(QUESTION) as events:
            async for _ in events:
                pass
            return str(events.result.output)[:200] if events.result else ""
    finally:
        await close()
