"""The queue of runs, and the one door to django-q2.

A Run row is the work. A ticket (a django-q2 job) says only that there may be some: it carries no state, may be lost
and may come twice. Leases and fences decide who works.
"""

import hashlib
import os
import socket
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, Subquery, Window
from django.db.models.functions import Coalesce, RowNumber
from django.utils import timezone
from django_q.models import OrmQ
from django_q.models import Task as Job
from django_q.tasks import async_task

from chat import hints
from workflows.models import HelpRequest, HelpStatus, Lane, Run, RunStatus, StepRun, StepStatus
from workflows.models.run import RunQuerySet

CLUSTER = "runs"
# Whoever may have killed workers is driven where it can harm nobody's work but a chore's.
LONELY_CLUSTER = "chores"
LONELY_SECONDS = 30
LEASE_SECONDS = 10
# Deaths without progress: after two a run is driven alone, after two more alone it is given up.
SUSPECT_DEATHS = 2
POISONED_DEATHS = 4
# How long those that lost a worker go on one by one, before there are ever more at a time.
PATIENCE_SECONDS, MOST_DOUBLINGS = 4, 10
# How many ready runs of workflows are looked at for one claim.
MOST_CONSIDERED = 1000
# Any number will do as long as nobody else on the database uses it for an advisory lock.
CAPS_LOCK = 0x4147_5452
# Another one after each start of a machine (random(4)).
BOOT = Path("/proc/sys/kernel/random/boot_id")


def machine() -> str:
    """This machine since its last start, as leases name it; with the namespace of its process ids, which a container has of its own.

    Host names and the numbers of namespaces are the same on many machines, copies of one image above all.
    """
    kernel = f"{BOOT.read_text().strip()} {Path('/proc/self/ns/pid').stat().st_ino}"
    return f"{socket.gethostname()}/{hashlib.blake2s(kernel.encode(), digest_size=6).hexdigest()}"


def worker_name() -> str:
    """This process, as leases name it: machine:pid:something that no later process with the same pid has."""
    return f"{machine()}:{os.getpid()}:{os.urandom(3).hex()}"


def is_dead(worker: str) -> bool:
    """Whether `worker` was a process of this machine and is gone: then nobody has to wait for its leases to run out."""
    here, pid, _ = worker.rsplit(":", 2)
    if here != machine():
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state in "ZX"


def lease_end() -> datetime:
    """When a lease taken or renewed now runs out."""
    return timezone.now() + timedelta(seconds=LEASE_SECONDS)


def ticket() -> None:
    """Make sure that a worker will look for runs after the current transaction.

    A ticket that nobody has taken yet is enough. It is locked until the commit, so that it cannot be taken and
    used up by a worker that does not see this transaction's run yet.
    """
    with transaction.atomic(savepoint=False):
        free = OrmQ.objects.filter(key=CLUSTER, lock__lte=timezone.now())
        if not free.select_for_update(skip_locked=True).values("pk")[:1]:
            async_task("workflows.queue.work", q_options={"cluster": CLUSTER, "task_name": "work"})
        hints.work()


def lonely_ticket() -> None:
    """Let the worker that does the chores look for a run that must be driven alone, after the current transaction."""
    async_task("workflows.queue.work_alone", q_options={"cluster": LONELY_CLUSTER, "task_name": "work alone"})


def claim(worker: str, room: int, *, busy: bool, alone: bool = False) -> list[Run]:
    """Take up to `room` ready runs for `worker`, each under a new fence and a lease.

    Fair across owners, within the caps of each lane, one running turn a conversation. A run that may have killed workers is taken
    by a process that is there for it `alone`; if there is none for a while, by one that is not `busy`, which then takes no other.
    """
    # Which lanes have something ready, and how often its worker died at most: this is asked often, and often there is nothing.
    ready = dict(Run.objects.ready().order_by().values_list("lane").annotate(Max("deaths"))) if room > 0 else {}
    if not ready:
        return []
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CAPS_LOCK])
        chosen = suspects(0)[:1] if alone else choose(worker, room, ready, busy=busy)
        taken = Run.objects.filter(pk__in=chosen, status=RunStatus.QUEUED).update(
            status=RunStatus.RUNNING,
            fence=F("fence") + 1,
            attempts=F("attempts") + 1,
            leased_by=worker,
            lease_expires_at=lease_end(),
            claimed_at=timezone.now(),
        )
        mine = Run.objects.running().filter(pk__in=chosen, leased_by=worker)
        related = ("agent", "conversation__owner", "owner__profile", "revision", "workflow")
        return list(mine.select_related(*related)) if taken else []


def suspects(seconds: float) -> list[UUID]:
    """The ready runs that must be driven alone and have waited so long for it; the eldest first."""
    since = timezone.now() - timedelta(seconds=seconds)
    found = Run.objects.ready().filter(startable(), deaths__gte=SUSPECT_DEATHS).filter(Q(not_before=None) | Q(not_before__lte=since))
    return list(found.order_by("queued_at", "pk").values_list("pk", flat=True))


def on_trial(worker: str) -> bool:
    """Whether `worker` drives a run that may have killed workers and has not got anywhere yet."""
    return Run.objects.running().filter(leased_by=worker, deaths__gte=SUSPECT_DEATHS).exists()


def marked(worker: str) -> list[UUID]:
    """The ready runs that `worker` may take of those in whose company one worker died already.

    One at first: if its worker dies again before it has got anywhere, no other one is suspected with it. Those that wait
    for a slow model get anywhere only slowly, so after four seconds twice as many may be taken every second: after twelve
    nobody waits any more (promise P6).
    """
    found = Run.objects.ready().filter(startable(), deaths__gt=0, deaths__lt=SUSPECT_DEATHS)
    since = found.aggregate(at=Min("not_before"))["at"]
    waited = (timezone.now() - since).total_seconds() if since else 0
    mine = Run.objects.running().filter(leased_by=worker, deaths__gt=0).count()
    room = 2 ** min(max(int(waited) - PATIENCE_SECONDS, 0), MOST_DOUBLINGS) - mine
    return list(found.order_by("queued_at", "pk").values_list("pk", flat=True)[: max(room, 0)])


def choose(worker: str, room: int, lanes: dict[str, int], *, busy: bool) -> list[UUID]:
    """The ids of the runs that `worker` is to claim next, from `lanes`, each with the most workers that a run there has lost."""
    lost = max(lanes.values())
    if lost >= SUSPECT_DEATHS and not busy and (lonely := suspects(LONELY_SECONDS)):
        return lonely[:1]
    in_lane: Counter[str] = Counter()
    of_owner: Counter[int] = Counter()
    for lane, owner, number in Run.objects.running().order_by().values_list("lane", "owner").annotate(Count("pk")):
        in_lane[lane] += number
        of_owner[owner] += number
    found: list[tuple[int, datetime, UUID]] = []
    unsuspected = Q(deaths=0) | Q(pk__in=marked(worker)) if lost else Q(deaths=0)
    for lane, cap in ((Lane.TURN, settings.AGENTRON_MAX_TURNS), (Lane.RUN, settings.AGENTRON_MAX_RUNS)):
        free = min(room, cap - in_lane[lane])
        if free < 1 or lane not in lanes:
            continue
        place = Window(RowNumber(), partition_by=F("owner_id"), order_by=("queued_at", "pk"))
        ready = Run.objects.ready().filter(startable(), unsuspected, lane=lane)
        if lane == Lane.RUN:
            ready = ready.filter(pk__in=within_caps(ready))
        rows = (
            ready.annotate(place=place).order_by("place", "queued_at").values_list("place", "owner_id", "queued_at", "pk")[: 2 * free + 20]
        )
        fair = sorted((of_owner[owner] + nth, at, pk) for nth, owner, at, pk in rows)
        found += fair[:free]
    return [pk for _, _, pk in sorted(found)[:room]]


def startable() -> Q:
    """A turn whose conversation is free and whose elders have started; a workflow's run always."""
    turns = Run.objects.filter(conversation=OuterRef("conversation"), lane=Lane.TURN)
    running = turns.running()
    elder = turns.ready().filter(Q(queued_at__lt=OuterRef("queued_at")) | Q(queued_at=OuterRef("queued_at"), pk__lt=OuterRef("pk")))
    return ~Q(lane=Lane.TURN) | ~Q(Exists(running)) & ~Q(Exists(elder))


def within_caps(ready: RunQuerySet) -> list[UUID]:
    """Those `ready` runs that may start without more runs of one workflow at a time than it allows; the eldest first."""
    running = Run.objects.running().filter(workflow=OuterRef("workflow")).order_by()
    busy = Coalesce(Subquery(running.values("workflow").annotate(n=Count("pk")).values("n")), 0)
    nth = Window(RowNumber(), partition_by=F("workflow_id"), order_by=("queued_at", "pk"))
    rows = ready.annotate(nth=nth, busy=busy).filter(Q(workflow=None) | Q(nth__lte=F("workflow__max_concurrent") - F("busy")))
    return list(rows.values_list("pk", flat=True)[:MOST_CONSIDERED])


def renew(worker: str, runs: list[UUID]) -> int:
    """Prolong the leases of those `runs` that `worker` still holds; how many they are."""
    mine = Run.objects.running().filter(leased_by=worker, pk__in=runs)
    return mine.update(lease_expires_at=lease_end()) if runs else 0


def held(worker: str) -> dict[UUID, bool]:
    """The runs that `worker` holds, each with whether its owner wants it cancelled."""
    rows = Run.objects.running().filter(leased_by=worker).values_list("pk", "cancel_requested_at")
    return {pk: at is not None for pk, at in rows}


def answered(worker: str) -> list[UUID]:
    """The workflow runs that `worker` drives in which a step that waited has all its answers."""
    waiting = StepRun.objects.filter(run=OuterRef("pk"), status=StepStatus.WAITING)
    asking = HelpRequest.objects.filter(step_run=OuterRef("pk"), status=HelpStatus.OPEN)
    mine = Run.objects.running().filter(Exists(waiting.filter(~Exists(asking))), leased_by=worker, lane=Lane.RUN)
    return list(mine.values_list("pk", flat=True))


def nudge() -> None:
    """Have the ready runs looked at, for something that stood in their way has gone."""
    if Run.objects.ready().exists():
        ticket()


def repair() -> None:
    """Give ready runs a ticket if theirs was lost."""
    nudge()
    if not OrmQ.objects.filter(key=LONELY_CLUSTER).exists() and suspects(LONELY_SECONDS / 3):
        lonely_ticket()


def has_ticket() -> bool:
    """Whether a ticket waits to be taken."""
    return bool(OrmQ.objects.filter(key=CLUSTER, lock__lte=timezone.now()).exists())


def load() -> dict[str, Any]:
    """Counts of runs by state, how many may run at once, and the age of the oldest ready one in seconds."""
    states = (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.WAITING_FOR_USER)
    found = dict(Run.objects.filter(status__in=states).order_by().values_list("status").annotate(Count("pk")))
    oldest = Run.objects.ready().aggregate(at=Min("queued_at"))["at"]
    return {
        "queued": found.get(RunStatus.QUEUED, 0),
        "running": found.get(RunStatus.RUNNING, 0),
        "waiting": found.get(RunStatus.WAITING_FOR_USER, 0),
        "capacity": settings.AGENTRON_MAX_TURNS + settings.AGENTRON_MAX_RUNS,
        "oldest_queued_s": (timezone.now() - oldest).total_seconds() if oldest else None,
    }


def position(run: Run) -> int | None:
    """How many ready runs of its lane stand before `run`, plus one; None when it is not queued."""
    if run.status != RunStatus.QUEUED:
        return None
    return Run.objects.ready().filter(lane=run.lane, queued_at__lt=run.queued_at).count() + 1


def forget_taken_tickets() -> None:
    """Drop tickets that were handed out: whatever they stood for is in the Run table."""
    OrmQ.objects.filter(key=CLUSTER, lock__gt=timezone.now()).delete()


def work() -> None:
    """The django-q2 job: drive whatever is ready until nothing is left. Safe to run never, once or often."""
    from workflows.drain import drain

    forget_taken_tickets()
    drain()


def forget_failed_jobs(before: datetime) -> None:
    """Delete what django-q2 keeps of jobs that failed; of those that went well it keeps nothing."""
    Job.objects.filter(stopped__lt=before).delete()


def work_alone() -> None:
    """The django-q2 job for runs that may have killed workers: drive them one by one until none is left."""
    from workflows.drain import drain

    while drain(alone=True):
        continue


def stop_working() -> None:
    """Called in a worker process that must end: hand the runs back at their next checkpoint."""
    from workflows.drain import stop

    stop()
