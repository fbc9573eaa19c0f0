"""What can never be true of the rows for long, put as queries."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, F, Max, Q

from chat.models import Conversation
from workflows import queue
from workflows.models import FINISHED, HelpRequest, HelpStatus, Run, RunStatus


def inconsistencies(since: datetime) -> Iterator[str]:
    """A sentence for each kind of contradiction that has lasted since `since`."""
    dead = Run.objects.running().filter(Q(lease_expires_at__lt=since) | Q(lease_expires_at=None)).count()
    if dead:
        yield f"{dead} runs are running, but nobody drives them: the clock takes them back, so start one."
    if Run.objects.ready().filter(queued_at__lt=since).exists() and not queue.has_ticket():
        yield "Runs are queued without a ticket: the clock writes a new one, so start one."
    deaf = Run.objects.filter(status=RunStatus.WAITING_FOR_USER).exclude(help_requests__status=HelpStatus.OPEN).count()
    if deaf:
        yield f"{deaf} runs wait for an answer, but have no open question: cancel or retry them (`agentron runs list --status waiting_for_user`)."
    stale = HelpRequest.objects.filter(status=HelpStatus.OPEN, run__status__in=FINISHED).count()
    if stale:
        yield f"{stale} questions are open, but their runs have ended: please report this."
    gaps = Conversation.objects.annotate(posted=Count("messages"), top=Max("messages__seq")).filter(
        ~Q(last_seq=F("posted")) | Q(posted__gt=0) & ~Q(top=F("last_seq"))
    )
    if number := gaps.count():
        yield f"{number} conversations have gaps in their numbers: please report this."
