"""A step's tool calls: made by the journal, once or not at all, and by the leave of those who have to give it."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

from workflows import journal
from workflows.concealing import concealed
from workflows.doing import Doing
from workflows.gates import gate, outcome_unknown
from workflows.ledger import Outcome
from workflows.llm.types import Ask, Call, Failure, Result
from workflows.models import CallState, Effect
from workflows.outcome import attempt, attempt_hiding, plain, question
from workflows.policy import Verdict, decide
from workflows.prepare import Start
from workflows.secrets import kept, reveal
from workflows.threads import ThreadError, apart, db
from workflows.tools import Question, Tool, ToolContext, ToolError


class Calls:
    """Makes the calls of one step, and keeps in mind what it is busy with and whether it goes round in circles."""

    def __init__(self, begun: Start, doing: Doing) -> None:
        self.start, self.hold, self.doing = begun, begun.hold, doing
        self.streak = begun.streak

    async def granted(self, call: Call) -> Result | Failure | Ask:
        """Make a call that the owner has allowed."""
        tool = self.start.tools.get(call.tool)
        if tool is None or decide(self.start.policy, tool, call.arguments) == Verdict.DENY:
            return await self.save(call, tool, denied(call.tool))
        await db(journal.use_leave, self.hold, call, tool.effect)
        return await self.make(call, tool)

    async def call(self, call: Call) -> Result | Failure | Ask:
        """Make `call`, or replay it: a call with a result is never made again."""
        tool = self.start.tools[call.tool]
        row = await db(journal.made_before, self.hold, call)
        if row is not None and row.state == CallState.DONE:
            return Result(row.result)
        if row is not None and row.state == CallState.FAILED:
            return Failure(row.error)
        if row is not None and tool.effect == Effect.ONCE:
            return Ask(outcome_unknown(call, tool))
        verdict = decide(self.start.policy, tool, call.arguments)
        if verdict == Verdict.DENY:
            return await self.save(call, tool, denied(tool.name))
        if asked := gate(call, tool, verdict):
            return Ask(asked)
        if tool.effect == Effect.ONCE and not tool.atomic:
            await db(journal.intend, self.hold, call, tool.effect)
        return await self.make(call, tool)

    async def make(self, call: Call, tool: Tool) -> Result | Failure | Ask:
        """Call the tool's function and record what came of it."""
        with self.doing.during(f"“{tool.name}”", call.key):
            return await self.really_make(call, tool)

    async def really_make(self, call: Call, tool: Tool) -> Result | Failure | Ask:
        """Call it with the credentials that its arguments name: only the function ever sees those.

        What it gives is searched for all of the run's: one that an earlier call sent away may come back by another way.
        """
        try:
            secrets = await db(reveal, tool, self.hold.run_id, call.arguments) if tool.secrets else {}
        except ToolError as exc:
            sentence = str(exc)
            return await self.save(call, tool, lambda: Failure(sentence))
        known: list[str] = [] if tool.atomic else await db(kept, self.hold.run_id)
        with concealed(known):
            return await self.carry_out(call, tool, {**call.arguments, **secrets}, known)

    async def carry_out(self, call: Call, tool: Tool, arguments: dict[str, Any], known: list[str]) -> Result | Failure | Ask:
        """Call it with `arguments`, within the time that it may take."""
        key = f"{self.hold.step_run_id}:{call.reply}:{call.call_id}"
        hold, start = self.hold, self.start
        context = ToolContext(start.owner_id, hold.conversation_id, hold.run_id, hold.step_run_id, key, start.agent_id)
        if tool.atomic:
            # Its rows, the journal's and the message stand or fall together.
            return await self.save(call, tool, lambda: attempt(tool, context, arguments))
        try:
            async with asyncio.timeout(tool.timeout):
                made = await self.outside(tool, context, arguments, known)
        except TimeoutError:
            if tool.effect == Effect.ONCE:
                return Ask(outcome_unknown(call, tool))
            made = Failure(f"{tool.name} did not answer within {tool.timeout:g} seconds.")
        if isinstance(made, Question):
            return Ask(question(made, tool))
        return await self.save(call, tool, lambda: made)

    async def outside(self, tool: Tool, context: ToolContext, arguments: dict[str, Any], known: list[str]) -> Outcome | Question:
        """Call a tool outside of any transaction; `known` are the credentials to conceal."""
        if inspect.iscoroutinefunction(tool.function):
            with plain(tool) as caught:
                caught.value = await tool.function(context, **arguments)
            return caught.outcome()
        found: Outcome | Question
        if tool.quick:
            found = await db(attempt, tool, context, arguments)
            return found
        try:
            found = await apart(tool.name, attempt_hiding, known, tool, context, arguments)
        except ThreadError as exc:
            return Failure(str(exc))
        return found

    async def save(self, call: Call, tool: Tool | None, make: Callable[[], Outcome | Question]) -> Outcome:
        outcome: Outcome = await db(journal.save_result, self.hold, call, tool.effect if tool else Effect.READ, make)
        self.streak.add(call, outcome)
        return outcome


def denied(name: str) -> Callable[[], Failure]:
    """What comes of a call that the agent's policy forbids."""
    return lambda: Failure(f"{name} is not allowed to you in this way: its owner's policy denies it. Go on without it.")
