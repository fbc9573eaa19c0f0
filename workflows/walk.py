"""Drive a workflow's run: the steps that can go on, side by side, until it ends or waits for a person."""

import asyncio
from datetime import timedelta
from uuid import UUID

from workflows import endings
from workflows.advance import advance
from workflows.drive import Driver, Host, TroubledError, bare, db
from workflows.models import Run
from workflows.prepare import StoppedByOwnerError, UnusableError


class Walk:
    """The steps of one run that this process drives."""

    def __init__(self, run: Run, host: Host) -> None:
        self.run, self.host = run, host
        self.steps: dict[UUID, asyncio.Task[None]] = {}
        # Steps whose models cannot be had, each with the time on the loop's clock when it is tried again.
        self.troubled: dict[UUID, float] = {}
        self.news = asyncio.Event()

    def hear(self) -> None:
        """An answer may have come: look whether a step that waited can go on."""
        self.news.set()

    async def drive(self) -> None:
        """Until the run ends, waits, or has to be handed back (StoppedError). Raises LostError when it went to another worker."""
        try:
            while await self.go_on():
                await self.one_ends()
        except UnusableError as exc:
            await db(endings.fail, bare(self.run), str(exc))
        except StoppedByOwnerError:
            await db(endings.cancel, bare(self.run), "")
        finally:
            await self.leave()

    async def go_on(self) -> bool:
        """Begin what can begin; whether anything is being driven."""
        self.news.clear()
        now = asyncio.get_running_loop().time()
        self.troubled = {pk: at for pk, at in self.troubled.items() if at > now}
        waits = {pk: timedelta(seconds=at - now) for pk, at in self.troubled.items()}
        going = await db(advance, self.run, set(self.steps), waits)
        for begun in going.starts:
            self.steps[begun.hold.step_run_id] = asyncio.create_task(Driver(begun, self.host).run())
        return not going.over

    async def one_ends(self) -> None:
        """Wait for a step to end or for news. What ended a step otherwise than by its own rules ends the walk, once the others are through."""
        listening = asyncio.create_task(self.news.wait())
        try:
            await asyncio.wait([listening, *self.steps.values()], timeout=self.patience(), return_when=asyncio.FIRST_COMPLETED)
        finally:
            listening.cancel()
        ended = {pk: task for pk, task in self.steps.items() if task.done()}
        for pk, task in list(ended.items()):
            del self.steps[pk]
            if not task.cancelled() and isinstance(exc := task.exception(), TroubledError):
                self.troubled[pk] = asyncio.get_running_loop().time() + exc.wait.total_seconds()
                del ended[pk]
        if any(task.cancelled() or task.exception() for task in ended.values()):
            await self.others(list(ended.values()))

    def patience(self) -> float | None:
        """Seconds until the first of the troubled steps is tried again; None when there is none."""
        return max(0.0, min(self.troubled.values()) - asyncio.get_running_loop().time()) if self.troubled else None

    async def others(self, ended: list[asyncio.Task[None]]) -> None:
        """A step broke off: when this process is to end, let the others come to their next checkpoint first; then raise."""
        if self.steps and self.host.stopping:
            done, _ = await asyncio.wait(self.steps.values())
            ended += done
        for task in ended:
            task.result()

    async def leave(self) -> None:
        """Take the steps that are still driven from their drivers."""
        for task in self.steps.values():
            task.cancel()
        if self.steps:
            await asyncio.wait(self.steps.values())
