"""One django-q2 cluster as a group of processes that lives and dies as a whole.

As it comes, a cluster hangs for ever when a worker dies at the wrong moment, and its members go on working when its
head dies. Here the head ends the group as soon as anything is wrong with it, and the supervisor starts a new one.
"""

import logging
import os
import queue
import signal
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from multiprocessing import Event
from typing import Any, NoReturn

from django import db
from django.conf import settings
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.cluster import Sentinel, get_mp_context
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.scheduler import scheduler
from django_q.worker import worker

from chat import hints
from workflows.life import Pulse, die_with_parent, here, name_process
from workflows.models import Heartbeat
from workflows.queue import worker_name

RUNS, CHORES = "runs", "chores"
# Below the ten seconds that the whole program has; what has not ended by then is killed.
STOP_SECONDS = 9.0
LOOK_SECONDS = 3
STALL_SECONDS = 3
NO_HINT_SECONDS = 0.25
SCHEDULER_SECONDS = 30

log = logging.getLogger(__name__)


def run(name: str, life: int) -> None:
    """Be the head of cluster `name` until SIGTERM; every member shows life on the pipe `life`.

    The caller has opened no database and started no thread, and nothing else is in its process group.
    """
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    configure(name)
    Head(name, life).start()


def configure(name: str) -> None:
    """Make django-q2 use the settings of cluster `name`; it has read the common ones at import."""
    for key, value in settings.Q_CLUSTER["ALT_CLUSTERS"][name].items():
        setattr(Conf, key.upper(), value)
    Conf.CLUSTER_NAME = name


class PatientBroker(ORM):  # type: ignore[misc]
    """django-q2's own broker, which waits when the database is away, instead of ending its process.

    That of the runs looks as soon as a hint comes, not twenty times a second; without any all the same, for a hint may be lost.
    """

    listener: hints.Listener | None = None

    def dequeue(self) -> list[tuple[int, str]] | None:
        try:
            if self.list_key == RUNS and self.listener is None:
                self.listener = hints.listen(hints.WORK)
            found: list[tuple[int, str]] | None = super().dequeue()
            # django-q2 has slept a little already: so often it looks at most.
            if not found and self.listener:
                self.listener.wait(NO_HINT_SECONDS)
        except db.Error as exc:
            wait_for_database(exc)
            return None
        return found

    def acknowledge(self, task_id: int) -> None:
        try:
            super().acknowledge(task_id)
        except db.Error as exc:
            # The ticket stays locked and is dropped by a later job.
            wait_for_database(exc)


def wait_for_database(exc: db.Error) -> None:
    """Let go of a broken connection; the next query opens a new one."""
    log.warning("The database does not answer: %s", str(exc).strip().split("\n")[0])
    db.connection.close()
    time.sleep(1)


class Head(Sentinel):  # type: ignore[misc]
    """The head of a cluster: starts a pusher, a worker and a monitor, and watches them."""

    def __init__(self, name: str, life: int) -> None:
        self.life = life
        self.cluster = name
        self.stalled = False
        self.busy_since: float | None = None
        super().__init__(Event(), Event(), uuid.uuid4(), broker=PatientBroker(name), start=False)

    def start(self) -> None:
        """Start the members and watch them. Does not return before the end."""
        # Until a worker has its handler, the signal to hand back its runs must not kill it.
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        self.spawn_cluster()
        # Blocked before the pulse's thread starts: any thread that lets it through would end the process.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        self.guard(Pulse(self.life))

    def spawn_process(self, target: Callable[..., None], *args: Any) -> Any:
        """Start a member that dies with this process."""
        process = get_mp_context().Process(target=member, args=(os.getpid(), self.life, target, *args), daemon=True)
        if target is worker:
            process.timer = args[2]
            self.pool.append(process)
        process.start()
        return process

    def guard(self, pulse: Pulse) -> None:
        """Watch the members until SIGTERM."""
        look_at = schedule_at = 0.0
        while signal.sigtimedwait({signal.SIGTERM}, Conf.GUARD_CYCLE) is None:
            pulse.tick()
            self.check_members()
            if time.monotonic() >= look_at:
                self.look()
                look_at = time.monotonic() + LOOK_SECONDS
            if Conf.SCHEDULER and time.monotonic() >= schedule_at:
                scheduler(broker=self.broker)
                schedule_at = time.monotonic() + SCHEDULER_SECONDS
        self.stop()

    def check_members(self) -> None:
        """End the group when a member has died, or a job has outlived its time."""
        for process in (*self.pool, self.monitor, self.pusher):
            if not process.is_alive():
                self.end_without(process)
        if self.idle():
            self.busy_since = None
        elif self.busy_since is None:
            self.busy_since = time.monotonic()
        # django-q2's own alarm comes first, unless the job hangs inside a library.
        elif time.monotonic() - self.busy_since > Conf.TIMEOUT + 10:
            self.give_up(f"A job of the cluster {self.cluster} took longer than {Conf.TIMEOUT} s")

    def end_without(self, dead: Any) -> None:
        """End the group because a member died. A worker that is busy and well hands its runs back first: they did not do it."""
        reason = f"Process {dead.pid} of the cluster {self.cluster} died"
        if dead in self.pool or self.idle():
            self.give_up(reason)
        log.error("%s: its worker hands back what it drives, then the whole group is started anew.", reason)
        # The last sign of life stays and tells of the death; while the database is away nobody is told.
        with suppress(db.Error):
            self.beat()
        self.stop(in_order=False)

    def idle(self) -> bool:
        """Whether no worker has a job. Read without the lock, which a killed worker may have taken with it."""
        return all(process.timer.get_obj().value == -1 for process in self.pool)

    def look(self) -> None:
        """Record a sign of life, and end the group when tickets wait while its worker is idle."""
        try:
            self.beat()
            # A fresh ticket's lock is the moment of its making.
            waiting = OrmQ.objects.filter(key=self.cluster, lock__lt=timezone.now() - timedelta(seconds=STALL_SECONDS))
            stalled = self.idle() and waiting.exists()
        except db.Error as exc:
            wait_for_database(exc)
            return
        if stalled and self.stalled:
            self.give_up(f"The cluster {self.cluster} does not take its tickets")
        self.stalled = stalled

    def beat(self) -> None:
        """Record a sign of life of a cluster that drives runs; it stays when the group dies, and tells that it did."""
        if self.cluster == RUNS:
            Heartbeat.beat(Heartbeat.Kind.WORKER, here(), cluster=self.cluster, process=worker_name())

    def give_up(self, reason: str) -> NoReturn:
        """Kill the whole group, this process included."""
        log.error("%s: its whole group is started anew.", reason)
        os.killpg(0, signal.SIGKILL)
        raise AssertionError("SIGKILL cannot be survived.")

    def stop(self, *, in_order: bool = True) -> None:
        """Let the worker hand its work back and the monitor write down what was done; kill what takes too long."""
        end = time.monotonic() + STOP_SECONDS
        self.event_out.set()
        for process in self.pool:
            os.kill(process.pid, signal.SIGUSR1)
        self.pusher.join(left(end))
        put_last(self.task_queue, end)
        for process in self.pool:
            process.join(left(end))
        put_last(self.result_queue, end)
        self.monitor.join(left(end))
        for process in (*self.pool, self.monitor, self.pusher):
            process.kill()
        if in_order:
            Heartbeat.end(here())
        # Not sys.exit: at exit the queues' threads would wait for readers that are gone.
        os._exit(0)


def left(end: float) -> float:
    """Seconds until `end`, never negative."""
    return max(0.0, end - time.monotonic())


def put_last(messages: Any, end: float) -> None:
    """Tell the reader of a queue that nothing more comes, unless it takes nothing any more."""
    try:
        messages.put("STOP", timeout=left(end))
    except queue.Full:
        log.warning("A process of the cluster did not end in time and is killed.")


def member(parent: int, life: int, target: Callable[..., None], *args: Any) -> None:
    """Be one member of the group: a pusher, a worker or a monitor. `target` is django-q2's function for it."""
    die_with_parent(parent)
    name_process(f"{Conf.CLUSTER_NAME} {target.__name__}")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Only the head decides when to end; a signal to the whole group must not cut a job off.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if target is worker:
        signal.signal(signal.SIGUSR1, hand_back)
    Pulse(life)
    target(*args)


def hand_back(*_: object) -> None:
    """Leave what this worker is doing at the next checkpoint."""
    from workflows.queue import stop_working

    stop_working()
