"""Drive one run: let its step talk to the model, make its tool calls by the journal, commit what comes of it."""

import asyncio
import logging
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol
from uuid import uuid4

from workflows import endings, journal
from workflows.calls import Calls
from workflows.doing import MODEL, Doing
from workflows.errors import LostError
from workflows.gates import outcome_unknown
from workflows.halts import HaltError
from workflows.journal import Hold
from workflows.llm.errors import ModelError
from workflows.llm.step import converse, pending
from workflows.llm.types import Answered, Ask, Asked, Call, Checkpoint, Failure, Parked, Reply, Result
from workflows.models import CallState, Effect, Run
from workflows.prepare import Start, StoppedByOwnerError, UnusableError, start
from workflows.threads import db

logger = logging.getLogger(__name__)

# Five tries a model call (promise P32), waiting 1, 2, 4, 8 seconds or as long as the provider asks for.
MAX_TRIES = 5
LONGEST_WAIT_SECONDS = 90


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
        self.replies = begun.replies
        self.doing = Doing()
        self.calls = Calls(begun, self.doing)
        self.reply_calls: dict[str, Call] = {}
        self.effects = {name: tool.effect for name, tool in begun.tools.items()}

    async def run(self) -> None:
        """Until the step is answered, parked or failed."""
        own, left = self.start.seconds, self.start.limits.seconds_left()
        try:
            async with asyncio.timeout(own if left is None else min(own, left)):
                await self.make_granted()
                if not await self.ask_again():
                    await self.converse()
        except HaltError as exc:
            await self.halt(exc.detail)
        except TimeoutError:
            await self.out_of_time(own if left is None or own <= left else None)
        finally:
            self.host.drop(self.hold)

    async def halt(self, detail: dict[str, Any]) -> None:
        """Ask the owner whether to go on from the last checkpoint."""
        asked = Asked(Call(self.replies, f"halt-{uuid4()}", "", {}), detail)
        await db(endings.park, self.hold, [asked], self.request.checkpoint or {})

    async def out_of_time(self, limit: float | None) -> None:
        """Fail the step by its agent's `limit`, or ask by the cap of its run; in either case name what took so long."""
        if limit is not None:
            await db(endings.fail, self.hold, f"It took longer than {limit:g} seconds, the limit of its agent. {self.doing}")
        else:
            await self.halt(await db(self.start.limits.out_of_time, str(self.doing)))

    async def make_granted(self) -> None:
        """Make the calls that the owner has allowed; their results are the answers."""
        for call in self.start.granted:
            made = await self.calls.granted(call)
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
        cut_off = (
            row is not None and tool is not None and tool.effect == Effect.ONCE and row.state in (CallState.INTENDED, CallState.UNKNOWN)
        )
        return replace(item, detail=outcome_unknown(item.call, tool)) if cut_off and tool else item

    async def converse(self) -> None:
        """Talk to the model, trying again what may work the next time."""
        tries = 0
        while True:
            try:
                ended = await converse(self.request, self)
                break
            except ModelError as exc:
                self.doing.end(MODEL)
                tries, self.progressed = (1 if self.progressed else tries + 1), False
                if not exc.retryable or tries >= MAX_TRIES or (exc.retry_after or 0) > LONGEST_WAIT_SECONDS:
                    await self.give_up(exc)
                    return
                await self.wait(exc, tries)
        self.doing.end(MODEL)
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
        whole = max(1, round(seconds))
        await db(self.say_waiting, f"{exc.cause}; trying again in {whole} s ({tries + 1} of {MAX_TRIES}).", whole)
        await asyncio.sleep(seconds)

    def say_waiting(self, sentence: str, seconds: int) -> None:
        journal.note(self.hold, status="retrying", error=sentence, seconds=seconds)

    async def before_model(self, replies: int, tokens: int) -> None:
        """Raise HaltError where the owner has to be asked first."""
        if circling := self.calls.streak.question():
            raise HaltError(circling)
        limits = self.start.limits
        used = limits.used(replies, tokens)
        if limits.to_look(used) and (detail := await db(limits.reached, used)):
            raise HaltError(detail)
        self.doing.begin(MODEL, MODEL)

    async def on_text(self, text: str) -> None:
        self.text = text
        self.host.stream(self.hold, text)

    async def on_reply(self, reply: Reply) -> None:
        self.doing.end(MODEL)
        self.host.drop(self.hold)
        self.text = ""
        self.reply_calls = {call.call_id: call for call in reply.calls}
        await db(journal.save_reply, self.hold, reply, self.effects)
        self.replies = reply.number
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
        return await self.calls.call(call)


__all__ = ["Asked", "Driver", "Host", "LostError", "StoppedError", "db", "drive"]
