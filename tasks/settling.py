"""What becomes of a task when its run, or the one that made it, has moved on."""

from uuid import UUID

from tasks import anchors
from tasks.models import Task


def settle_run(run_id: UUID) -> None:
    """See to the tasks of a run, and to those that it made."""
    for task in Task.objects.filter(created_in=run_id, anchor=None).select_related("created_in"):
        anchors.resolve(task)
