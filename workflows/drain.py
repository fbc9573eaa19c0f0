"""A worker's loop: claim ready runs and drive them together in one event loop, until nothing is left.

The loop lives as long as its process, because the clients of models are bound to it.
"""

import asyncio
import gc
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

import django.db
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections

from chat import hints
from workflows import endings, journal, queue
from workflows.drafts import Drafts
from workflows.drive import StoppedError, db, drive
from workflows.errors import LostError
from workflows.heart import Heart
from workflows.models import Lane, Run
from workflows.walk import Walk

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
HINT_SECONDS = 0.25
HEAL_SECONDS = 5
# After the last run ends the loop listens a little longer, so that an answer to its answer starts at once.
LINGER_SECONDS = 2
# With the supervisor's ten seconds in mind: the rest is for handing back and ending.
STOP_SECONDS = 7

_runner: asyncio.Runner | None = None
_current: "Worker | None" = None
_must_stop = threading.Event()


def drain(*, alone: bool = False) -> bool:
    """Drive whatever is ready, or one run that must be driven `alone`, on the process's one event loop; whether there was any."""
    global _runner
    if _must_stop.is_set():
        return False
    if _runner is None:
        _runner = asyncio.Runner()
        # Turns make many objects that live shortly: collecting more rarely costs little memory and saves time.
        gc.set_threshold(20_000, 50, 100)
    worker = Worker(alone=alone)
    _runner.run(worker.run())
    return worker.found


def stop() -> None:
    """Hand the runs back at their next checkpoint, take no more. Safe to call from a signal handler."""
    _must_stop.set()
    if _current is not None:
        _current.must_stop()


class Worker:
    """One drain of the queue: the runs this process holds, and its place among the workers."""

    def __init__(self, *, alone: bool = False) -> None:
        self.name = queue.worker_name()
        self.stopping = False
        # Only for a run that must be driven alone; or, for want of such a worker, with one.
        self.lonely, self.alone = alone, False
        self.found = False
        self.tasks: dict[UUID, asyncio.Task[None]] = {}
        self.runs: dict[UUID, Run] = {}
        self.walks: dict[UUID, Walk] = {}
        self.cut: set[UUID] = set()  # taken from their drivers,
        self.cancelled: set[UUID] = set()  # and of those, the ones that their owners wanted stopped
        self.texts: dict[UUID, str] = {}
        self.wake = asyncio.Event()
        self.loop: asyncio.AbstractEventLoop | None = None

    async def run(self) -> None:
        """Until nothing has been ready for a little while, or the process must end."""
        global _current
        self.loop = asyncio.get_running_loop()
        await sync_to_async(close_old_connections)()
        _current = self
        self.drafts = Drafts()
        heart = Heart(self.name, lambda: list(self.tasks), self.loop)
        ears = Ears(lambda: self.call(self.wake.set))
        flusher = asyncio.create_task(self.drafts.keep_flushing())
        healer = asyncio.create_task(self.keep_healing())
        if _must_stop.is_set():
            self.must_stop()
        try:
            await self.work()
            # It may have made room for what it does not take itself, because it must end or is there for one run only.
            with suppress(django.db.Error):
                await db(queue.nudge)
        finally:
            _current = None
            for task in (flusher, healer):
                task.cancel()
            await asyncio.gather(flusher, healer, return_exceptions=True)
            ears.stop()
            heart.stop()

    async def work(self) -> None:
        """Claim, look after what is driven, wait for news; again and again."""
        idle_since = self.now()
        while not self.stopping:
            self.wake.clear()
            with suppress(django.db.Error):
                await self.look()
            if self.tasks:
                idle_since = self.now()
            elif self.lonely or (not self.wake.is_set() and self.now() - idle_since > LINGER_SECONDS):
                return
            await self.nap(LOOK_SECONDS)
        await self.hand_back()

    def now(self) -> float:
        """Seconds on the loop's clock."""
        assert self.loop is not None
        return self.loop.time()

    async def nap(self, seconds: float) -> None:
        """Until a hint comes, a run ends, or `seconds` have passed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.wake.wait()

    async def look(self) -> None:
        """Take new runs, then find out which of ours were cancelled or lost."""
        room = settings.AGENTRON_RUN_CONCURRENCY - len(self.tasks)
        for run in await db(self.claim, room):
            self.found = True
            self.alone = run.deaths >= queue.SUSPECT_DEATHS
            if earlier := self.tasks.get(run.pk):
                # It was lost for a moment and came back here: whoever drove it until then may write nothing any more.
                self.forget(run.pk, earlier)
                earlier.cancel()
            self.runs[run.pk] = run
            self.tasks[run.pk] = task = asyncio.create_task(self.drive(run))
            task.add_done_callback(partial(self.ended, run.pk))
        if not self.tasks:
            return
        if self.walks:
            for pk in await db(queue.answered, self.name):
                if walk := self.walks.get(pk):
                    walk.hear()
        held = await db(queue.held, self.name)
        for pk, task in list(self.tasks.items()):
            # Once only: a second time would cut off the very commit that the first one led to.
            if held.get(pk, True) and pk not in self.cut:
                self.cut.add(pk)
                self.cancelled |= {pk} & held.keys()
                task.cancel()

    def claim(self, room: int) -> list[Run]:
        """New runs, unless one is driven that must be alone: until it has got somewhere, and so is no suspect any more."""
        if self.tasks and (self.alone or self.lonely):
            if queue.on_trial(self.name):
                return []
            self.alone = False
        return queue.claim(self.name, 1 if self.lonely else room, busy=bool(self.tasks), alone=self.lonely)

    async def drive(self, run: Run) -> None:
        """Drive one run, and leave no claim behind however that ends."""
        try:
            await self.walk(run) if run.lane == Lane.RUN else await drive(run, self)
        except LostError:
            logger.warning("Run %s went to another worker", run.pk)
        except StoppedError:
            await self.release(run)
        except (django.db.OperationalError, django.db.InterfaceError):
            logger.warning("The database failed during run %s: it is handed back", run.pk, exc_info=True)
            await self.commit(endings.break_off, run.pk, run.fence)
        except asyncio.CancelledError:
            if run.pk in self.cancelled:
                await self.commit(endings.cancel, self.hold(run), self.texts.get(run.pk, ""))
            elif self.stopping:
                await self.release(run)

    async def walk(self, run: Run) -> None:
        """Drive a workflow's run, which hears of answers while it is driven."""
        walk = self.walks[run.pk] = Walk(run, self)
        try:
            await walk.drive()
        finally:
            if self.walks.get(run.pk) is walk:
                del self.walks[run.pk]

    def hold(self, run: Run) -> journal.Hold:
        """A hold for the writes that need no step."""
        return journal.Hold(run.pk, run.fence, run.conversation_id, run.pk, "", run.task_id)

    async def release(self, run: Run) -> None:
        """Hand a run back, however long the database needs to take it."""
        await self.commit(endings.release, run.pk, run.fence)

    async def commit(self, write: Callable[..., Any], *arguments: Any) -> None:
        """Make a write that may be tried again: under the same fence it succeeds only once."""
        for _ in range(5 if self.stopping else 60):
            try:
                await db(write, *arguments)
                return
            except LostError:
                return
            except django.db.Error:
                await db(close_old_connections)
                await asyncio.sleep(0.5)
        logger.error("%s%r could not be written: its lease will run out", write.__name__, arguments)

    def ended(self, pk: UUID, task: asyncio.Task[None]) -> None:
        """Forget a run that is not driven any more; one whose driver broke is failed, so that its owner learns of it."""
        run = self.runs.get(pk)
        if not self.forget(pk, task) or run is None or task.cancelled() or not (exc := task.exception()):
            return
        logger.error("The driver of run %s broke", pk, exc_info=exc)
        sentence = "Agentron itself made a mistake in this run: its log has the details. Try again."
        failing = asyncio.create_task(self.commit(endings.fail, self.hold(run), sentence))
        self.tasks[pk], self.runs[pk] = failing, run
        failing.add_done_callback(partial(self.forget, pk))

    def forget(self, pk: UUID, task: asyncio.Task[None]) -> bool:
        """Let go of a driver; False when its run was handed back and claimed again meanwhile: that is another task's."""
        if self.tasks.get(pk) is not task:
            return False
        del self.tasks[pk], self.runs[pk]
        self.cut, self.cancelled = self.cut - {pk}, self.cancelled - {pk}
        self.texts.pop(pk, None)
        self.wake.set()
        return True

    async def hand_back(self) -> None:
        """Give each run until its next checkpoint or a few seconds, then take it from its driver."""
        if not self.tasks:
            return
        _, late = await asyncio.wait(self.tasks.values(), timeout=STOP_SECONDS)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=2)

    async def keep_healing(self) -> None:
        """Let go of broken connections: nobody else does in a thread that never ends a request."""
        while True:
            await asyncio.sleep(HEAL_SECONDS)
            await sync_to_async(close_old_connections)()

    def must_stop(self) -> None:
        """From a signal handler, or when the process was told before it began."""
        self.stopping = True
        self.call(self.wake.set)

    def call(self, function: Callable[[], object]) -> None:
        """Call `function` in the loop, from any thread."""
        assert self.loop is not None
        self.loop.call_soon_threadsafe(function)

    def stream(self, hold: journal.Hold, text: str) -> None:
        if hold.whole:
            self.texts[hold.run_id] = text
        self.drafts.put(hold, text)

    def drop(self, hold: journal.Hold) -> None:
        # A driver that is stopped drops its text on the way out; what was said so far is still to be posted.
        if hold.run_id not in self.cancelled:
            self.texts.pop(hold.run_id, None)
        self.drafts.drop(hold)


class Ears:
    """A thread that waits for hints and wakes the loop."""

    def __init__(self, wake: Callable[[], object]) -> None:
        self.wake, self.over = wake, threading.Event()
        self.listener = hints.listen(hints.WORK)
        self.thread = threading.Thread(target=self.listen, name="hints", daemon=True)
        self.thread.start()

    def listen(self) -> None:
        """The thread, until it is told to end."""
        while not self.over.is_set():
            try:
                heard = self.listener.wait(HINT_SECONDS)
            except django.db.Error:
                self.over.wait(1)  # The loop looks for itself meanwhile.
                continue
            if heard and not self.over.is_set():
                self.wake()
        self.listener.close()

    def stop(self) -> None:
        """End within a quarter of a second."""
        self.over.set()
        self.thread.join(1)
