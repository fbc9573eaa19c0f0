"""What a model is told when its turn was scheduled; the log holds nothing of it."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from tasks.models import Occurrence, Task
from tasks.reading import description
from tasks.saying import length
from workflows.models import Run
from workflows.signals import turn_beginning

# Less than this is no lateness worth a word.
ON_TIME_SECONDS = 60
UNWATCHED = (
    "The person is not watching: do it now, answer shortly, and use ask_user only if you cannot go on without them. "
    "If there is nothing to tell, say so in a few words."
)


@receiver(turn_beginning)
def tell_of_the_task(sender: object, *, run: Run, **_: Any) -> str:
    """That the turn was scheduled, as which task, for when and how late it is; in one line."""
    task = Task.objects.filter(pk=run.task_id).first() if run.task_id else None
    if task is None:
        return ""
    row = Occurrence.objects.filter(task=task, run=run.retry_of_id or run.pk).order_by("-due_at").first()
    again = f" It recurs: {description(task)}." if task.recurs else ""
    return f"[Scheduled: it is time for the task “{' '.join(task.title.split())}”. {when(task, row)}{again} {UNWATCHED}]"


def when(task: Task, row: Occurrence | None) -> str:
    """When it was due, and how late that is."""
    if row is None or row.by_hand:
        return "The person ran it by hand."
    late = (timezone.now() - row.due_at).total_seconds()
    told = "" if late < ON_TIME_SECONDS else f", {length(late)} ago: it is late"
    return f"It was due on {clock(row.due_at, task)}{told}."


def clock(at: datetime, task: Task) -> str:
    """A time on the task's own clock."""
    local = at.astimezone(task.zone)
    return f"{local:%A}, {local.day} {local:%B %Y}, at {local:%H:%M} ({task.zone.key})"
