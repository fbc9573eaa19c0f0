"""Drive one run: let its step talk to the model, make its tool calls by the journal, commit what comes of it."""

import asyncio
import inspect
import logging
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol

from asgiref.sync import sync_to_async

from workflows import endings, journal
from workflows.errors import LostError
from workflows.gates import gate, outcome_unknown
from workflows.journal import Hold
from workflows.ledger import Outcome
from workflows.llm.errors import ModelError
from workflows.llm.step import converse, pending
from workflows.llm.types import Answered, Ask, Asked, Call, Checkpoint, Failure, Parked, Reply, Result
from workflows.models import CallState, Effect, Run
from workflows.outcome import attempt, plain, question
from workflows.policy import Verdict, decide
from workflows.prepare import Start, StoppedByOwnerError, UnusableError, start
from workflows.tools import Question, Tool, ToolContext

logger = logging.getLogger(__name__)

# Five tries a model call (promise P32), waiting 1, 2, 4, 8 seconds or as long as the provider asks for.
MAX_TRIES = 5
LONGEST_WAIT_SECONDS = 90
SAY_WAIT_SECONDS = 2


class StoppedError(Exception):
    """The worker must end: the run is handed back at this checkpoint."""


class TroubledError(Exception):
    """The model of a workflow's step cannot be had: the step is tried again after `wait`."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"tried again in {wait}")
        self.wait = wait


class Host(Protocol):
    """The process that drives: whether it must end, and where streamed text goes."""

    stopping: bool

    def stream(self, hold: Hold, text: str) -> None:
        """Show the text of a reply so far."""

    def drop(self, hold: Hold) -> None:
        """Forget the text that was shown: it is committed or given up."""


async def db(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a short database function on the process's one database thread."""
    return await sync_to_async(function)(*arguments)


async def drive(run: Run, host: Host) -> None:
    """Drive `run` until it ends, parks, or has to be handed back (StoppedError).

    Raises LostError when it belongs to another worker by now. A cancelled task leaves the run as it is.
    """
    try:
        begun: Start = await db(start, run)
    except UnusableError as exc:
        await db(endings.fail, bare(run), str(exc))
        return
    except StoppedByOwnerError:
        await db(endings.cancel, bare(run), "")
        return
    await Driver(begun, host).run()


def bare(run: Run) -> Hold:
    """A hold on a run whose step could not begin."""
    return Hold(run.pk, run.fence, run.conversation_id, run.pk, "")


class Driver:
    """Drives one step, hearing from its conversation and committing at each point where it could go on from."""

    def __init__(self, begun: Start, host: Host) -> None:
        self.start, self.host, self.hold = begun, host, begun.hold
        self.request = begun.request
        self.text = ""
        self.progressed = False
        self.reply_calls: dict[str, Call] = {}
        self.effects = {name: tool.effect for name, tool in begun.tools.items()}

    async def run(self) -> None:
        """Until the step is answered, parked or failed."""
        try:
            async with asyncio.timeout(self.start.seconds):
                await self.make_granted()
                if not await self.ask_again():
                    await self.converse()
        except TimeoutError:
            await db(endings.fail, self.hold, f"It took longer than {self.start.seconds:g} seconds, the limit of its agent.")
        finally:
            self.host.drop(self.hold)

    async def make_granted(self) -> None:
        """Make the calls that the owner has allowed; their results are the answers."""
        for call in self.start.granted:
            tool = self.start.tools.get(call.tool)
            if tool is None or decide(self.start.policy, tool, call.arguments) == Verdict.DENY:
                made: Result | Failure | Ask = await self.save(call, tool, denied(call.tool))
            else:
                await db(journal.use_leave, self.hold, call, tool.effect)
                made = await self.make(call, tool)
            # Of unknown outcome again: no answer, so the owner is asked again.
            if not isinstance(made, Ask):
                text = made.value if isinstance(made, Result) else made.sentence
                self.request = replace(self.request, answers={**self.request.answers, call.call_id: text})

    async def ask_again(self) -> bool:
        """Ask what a checkpoint waits for and nobody answered: a retried run has the questions, not yet the rows."""
        missing = [item for item in pending(self.request.checkpoint) if item.call.call_id not in self.request.answers]
        if missing and self.request.checkpoint:
            await db(endings.park, self.hold, [await self.as_it_stands(item) for item in missing], self.request.checkpoint)
        return bool(missing)

    async def as_it_stands(self, item: Asked) -> Asked:
        """The question about a call by now: leave may have been used up by a worker that died while it made the call."""
        tool = self.start.tools.get(item.call.tool)
        row = await db(journal.made_before, self.hold, item.call)
        cut_off = row is not None and tool is not None and tool.effect == Effect.ONCE and row.state == CallState.INTENDED
        return replace(item, detail=outcome_unknown(item.call, tool)) if cut_off and tool else item

    async def converse(self) -> None:
        """Talk to the model, trying again what may work the next time."""
        tries = 0
        while True:
            try:
                ended = await converse(self.request, self)
                break
            except ModelError as exc:
                tries, self.progressed = (1 if self.progressed else tries + 1), False
                if not exc.retryable or tries >= MAX_TRIES or (exc.retry_after or 0) > LONGEST_WAIT_SECONDS:
                    await self.give_up(exc)
                    return
                await self.wait(exc, tries)
        self.host.drop(self.hold)
        match ended:
            case Answered(reply):
                await db(endings.finish, self.hold, reply)
            case Parked(asked, saved):
                await db(endings.park, self.hold, asked, saved)

    async def give_up(self, exc: ModelError) -> None:
        """A turn fails, for somebody waits; a workflow's step is tried again later. Raises TroubledError for that."""
        if self.hold.whole or not exc.retryable:
            await db(endings.fail, self.hold, str(exc))
        elif wait := await db(endings.trouble, self.hold, str(exc)):
            raise TroubledError(wait)

    async def wait(self, exc: ModelError, tries: int) -> None:
        """Wait before the next try, as long as the provider asks or a little longer each time."""
        seconds = exc.retry_after or 2 ** (tries - 1) * random.uniform(0.8, 1.2)  # noqa: S311 - spreads the tries, keeps no secret
        self.host.stream(self.hold, "")
        if self.host.stopping:
            raise StoppedError
        if seconds >= SAY_WAIT_SECONDS:
            await db(self.say_waiting, f"{exc} Trying again in {seconds:.0f} s ({tries + 1} of {MAX_TRIES}).")
        await asyncio.sleep(seconds)

    def say_waiting(self, sentence: str) -> None:
        journal.note(self.hold, status="retrying", error=sentence)

    async def on_text(self, text: str) -> None:
        self.text = text
        self.host.stream(self.hold, text)

    async def on_reply(self, reply: Reply) -> None:
        self.host.drop(self.hold)
        self.text = ""
        self.reply_calls = {call.call_id: call for call in reply.calls}
        await db(journal.save_reply, self.hold, reply, self.effects)
        self.reached(reply.checkpoint)

    async def on_calls_done(self, checkpoint: Checkpoint, refused: dict[str, str]) -> None:
        unmade = [(self.reply_calls[call_id], why) for call_id, why in refused.items() if call_id in self.reply_calls]
        await db(journal.save_batch, self.hold, checkpoint, unmade)
        self.reached(checkpoint)

    def reached(self, checkpoint: Checkpoint) -> None:
        """A committed checkpoint: what comes next starts here, and a worker that must end stops here."""
        self.request = replace(self.request, checkpoint=checkpoint, answers={})
        self.progressed = True
        if self.host.stopping:
            raise StoppedError

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
        key = f"{self.hold.step_run_id}:{call.reply}:{call.call_id}"
        hold, start = self.hold, self.start
        context = ToolContext(start.owner_id, hold.conversation_id, hold.run_id, hold.step_run_id, key, start.agent_id)
        if tool.atomic:
            # Its rows, the journal's and the message stand or fall together.
            return await self.save(call, tool, lambda: attempt(tool, context, call.arguments))
        try:
            async with asyncio.timeout(tool.timeout):
                made = await self.outside(tool, context, call.arguments)
        except TimeoutError:
            if tool.effect == Effect.ONCE:
                return Ask(outcome_unknown(call, tool))
            made = Failure(f"{tool.name} did not answer within {tool.timeout:g} seconds.")
        if isinstance(made, Question):
            return Ask(question(made, tool))
        return await self.save(call, tool, lambda: made)

    async def outside(self, tool: Tool, context: ToolContext, arguments: dict[str, Any]) -> Outcome | Question:
        """Call a tool outside of any transaction."""
        if not inspect.iscoroutinefunction(tool.function):
            found: Outcome | Question = await db(attempt, tool, context, arguments)
            return found
        with plain(tool) as caught:
            caught.value = await tool.function(context, **arguments)
        return caught.outcome()

    async def save(self, call: Call, tool: Tool | None, make: Callable[[], Outcome | Question]) -> Outcome:
        outcome: Outcome = await db(journal.save_result, self.hold, call, tool.effect if tool else Effect.READ, make)
        return outcome


def denied(name: str) -> Callable[[], Failure]:
    """What comes of a call that the agent's policy forbids."""
    return lambda: Failure(f"{name} is not allowed to you in this way: its owner's policy denies it. Go on without it.")


__all__ = ["Asked", "Driver", "Host", "LostError", "StoppedError", "drive"]
