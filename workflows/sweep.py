"""What the clock does for runs every second: nothing may stay with a dead worker, nothing ready without a ticket."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from workflows import overdue, queue
from workflows.ledger import end_run
from workflows.models import Heartbeat, Run, RunStatus

BATCH = 100
# For how long a cluster's death tells that somebody kills them, and the deaths that a run may have meanwhile.
STORM, STORM_DEATHS = timedelta(minutes=5), 12
UNHELD = (RunStatus.QUEUED, RunStatus.WAITING_FOR_USER)


def sweep() -> int:
    """Take back the runs of dead workers and repair lost tickets; how many runs were taken back."""
    end_leases_of_the_dead()
    expired = list(Run.objects.expired().order_by("lease_expires_at")[:BATCH])
    taken = sum(reclaim(run) for run in expired)
    for run in Run.objects.filter(status__in=UNHELD, cancel_requested_at__isnull=False)[:BATCH]:
        end_unheld(run)
    overdue.look_after()
    queue.repair()
    return taken


@transaction.atomic
def end_unheld(run: Run) -> None:
    """End a run that was to be cancelled but was handed back or parked in that very moment."""
    if Run.objects.filter(pk=run.pk, status__in=UNHELD).update(leased_by=""):
        end_run(run.pk, RunStatus.CANCELLED)


def end_leases_of_the_dead() -> None:
    """A worker that was killed on this machine renews nothing any more: its leases end now, not in ten seconds."""
    holders = Run.objects.running().exclude(leased_by="").order_by().values_list("leased_by", flat=True).distinct()
    for worker in filter(queue.is_dead, holders):
        Run.objects.running().filter(leased_by=worker).update(lease_expires_at=timezone.now())


def most_deaths(claims: int) -> int:
    """How many deaths in a row give a run up that was claimed so often: more while clusters of this machine die without it.

    A cluster that did not end in order leaves its heartbeat behind, and a run ends one a claim at most.
    """
    beats = Heartbeat.objects.filter(kind=Heartbeat.Kind.WORKER, at__gt=timezone.now() - STORM)
    died = sum(queue.is_dead(beat.details["process"]) for beat in beats if "process" in beat.details)
    return queue.POISONED_DEATHS if died <= claims else STORM_DEATHS


@transaction.atomic
def reclaim(run: Run) -> bool:
    """Queue a run whose lease ran out; end it when its owner wants that, or when it keeps killing its workers."""
    mine = Run.objects.expired().filter(pk=run.pk, fence=run.fence)
    # A death counts against a run only if nothing was committed since that claim.
    deaths = 0 if run.progress_fence == run.fence else run.deaths + 1
    if not mine.update(deaths=deaths, leased_by=""):
        return False
    run.refresh_from_db()
    if run.cancel_requested_at:
        end_run(run.pk, RunStatus.CANCELLED)
    elif deaths >= queue.POISONED_DEATHS and deaths >= most_deaths(run.attempts):
        sentence = f"Its worker died {deaths} times without any progress, so it was given up. Look at the worker's log before you retry it."
        end_run(run.pk, RunStatus.FAILED, error=sentence)
    else:
        suspect = deaths >= queue.SUSPECT_DEATHS
        run.move(RunStatus.QUEUED, lease_expires_at=None, not_before=timezone.now() if deaths else None)
        queue.lonely_ticket() if suspect else queue.ticket()
    return True
