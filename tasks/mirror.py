"""The one task of a workflow that runs by itself: made, changed and ended as the workflow's own schedule says."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.dispatch import receiver
from django.utils import timezone

from chat import hints
from chat.models import Conversation, Message, Profile
from tasks import anchors, misfires, quotas
from tasks.fields import fingerprint
from tasks.models import Mode, Occurrence, Task, TaskStatus
from tasks.planning import forget_waiting
from tasks.timing import first_due
from workflows import timetable
from workflows.definition import Definition
from workflows.models import ExecutionMode, Run, Workflow
from workflows.signals import workflow_closing, workflow_saved, workflow_saving

# What a task has from its workflow; a change of TIMES makes the old due time void.
TIMES = ("schedule", "continuous", "time_zone")
POLICIES = ("overlap", "misfire", "grace_seconds")
CHANGED, ENDED = "The schedule of the workflow was changed.", "The workflow does not run by itself any more."


@receiver(workflow_saving)
def before_a_save(sender: object, *, definition: Definition, workflow: Workflow | None, run: Run | None, **_: Any) -> None:
    """An agent schedules within its quotas; and who changes a workflow takes its turn."""
    if workflow is not None:
        take_turn(workflow.pk)
    if run and timetable.scheduled(definition) and (workflow is None or timetable.differs(definition, workflow)):
        quotas.check(run, definition.schedule)


@receiver(workflow_closing)
def before_a_deletion(sender: object, *, workflow: Workflow, **_: Any) -> None:
    """Nothing of it starts any more while it is being deleted; the task goes with it."""
    take_turn(workflow.pk)


@receiver(workflow_saved)
def after_a_save(sender: object, *, workflow: Workflow, by: User, run: Run | None = None, **_: Any) -> None:
    """Follow at once. In a savepoint: what fails here is logged by the sender, and repaired later."""
    with transaction.atomic():
        mirror(workflow, by=by, run=run)


def take_turn(pk: UUID) -> Workflow | None:
    """Lock a workflow and then its task, for this transaction alone: the workflow as it stands.

    Its key stays free, which a clock needs that has locked the task to start a run. So neither waits for the other, even where
    the workflow is then renamed or deleted.
    """
    workflow = Workflow.objects.select_for_update(no_key=True, of=("self",)).select_related("owner").filter(pk=pk).first()
    task_of(pk)
    return workflow


def task_of(workflow: UUID) -> Task | None:
    """The managed task of a workflow as it stands, locked."""
    return Task.objects.select_for_update(no_key=True, of=("self",)).select_related("owner").filter(managed_by=workflow).first()


def mirror(workflow: Workflow, *, by: User, run: Run | None = None) -> Task | None:
    """Bring the managed task of a workflow in line with it; the caller has made the workflow, or has taken its turn.

    `run`: an agent's run schedules it. None where the workflow has never run by itself.
    """
    now = timezone.now()
    task = task_of(workflow.pk)
    if not timetable.scheduled(workflow):
        return retire(task, now) if task else None
    if task is None:
        return begin(workflow, by, run, now)
    follow(task, workflow, now)
    return task


def wanted(workflow: Workflow) -> dict[str, Any]:
    """What the task of a workflow has from it."""
    return {
        "title": workflow.name,
        "schedule": workflow.schedule,
        "continuous": workflow.execution_mode == ExecutionMode.CONTINUOUS,
        "time_zone": workflow.time_zone or Profile.of(workflow.owner).zone().key,
        **{name: getattr(workflow, name) for name in POLICIES},
    }


def begin(workflow: Workflow, by: User, run: Run | None, now: datetime) -> Task:
    """A task for a workflow that had none, in a conversation of its own, which its runs report to."""
    made_by = {"created_by": None if run else by, "created_in": run, "starts_at": now, "own_conversation": True}
    task = Task(owner=workflow.owner, mode=Mode.RUN_WORKFLOW, workflow=workflow, managed_by=workflow, **wanted(workflow), **made_by)
    anchors.settle_down(task)
    task.fingerprint = fingerprint(task)
    task.next_due_at = first_due(task, now)
    task.save(force_insert=True)
    anchors.announce(task, by, Message.Via.SCHEDULE)
    hints.clock()
    return task


def follow(task: Task, workflow: Workflow, now: datetime) -> None:
    """Change a task as its workflow was changed. A paused one stays paused, unless its workflow had stopped running by itself."""
    before = {name: getattr(task, name) for name in TIMES}
    passed = misfires.give_up(task, CHANGED, now)
    rename_conversation(task, workflow.name)
    for name, value in wanted(workflow).items():
        setattr(task, name, value)
    if ended := task.status == TaskStatus.CANCELLED:
        revive(task)
    if ended or before != {name: getattr(task, name) for name in TIMES}:
        retime(task, now, passed)
    task.fingerprint = fingerprint(task)
    task.save()
    hints.clock()


def rename_conversation(task: Task, name: str) -> None:
    """Its own conversation goes by the workflow's name, unless somebody has called it something else."""
    if task.own_conversation and task.title != name:
        mine = Conversation.objects.filter(pk=task.conversation_id, title=f"Task: {task.title}")
        mine.update(title=f"Task: {name}")


def revive(task: Task) -> None:
    """Let a task whose workflow is scheduled again begin anew."""
    task.status, task.ended_at = TaskStatus.PENDING, None
    task.enabled, task.paused_because, task.failures = True, "", 0


def retime(task: Task, now: datetime, passed: list[Occurrence]) -> None:
    """The due times that were are void; the next one counts from now, or from the end of what is at work."""
    forget_waiting(task, CHANGED, passed)
    task.starts_at = now
    task.next_due_at = None if task.continuous and task.active_run_id else first_due(task, now)


def retire(task: Task, now: datetime) -> Task:
    """End a task whose workflow does not run by itself any more. What it did stays; a run that is at work goes on."""
    if task.status == TaskStatus.CANCELLED:
        return task
    passed = misfires.give_up(task, ENDED, now)
    task.status, task.ended_at = TaskStatus.CANCELLED, now
    task.next_due_at = task.active_run = None
    task.save()
    forget_waiting(task, ENDED, passed)
    return task


def repair() -> int:
    """Bring tasks in line that are not, because following a change failed; how many there were."""
    found = list(astray().values_list("pk", flat=True))
    for pk in found:
        again(pk)
    return len(found)


@transaction.atomic
def again(pk: UUID) -> None:
    """Follow a workflow once more; one that still fails is logged, and holds up no other."""
    if workflow := take_turn(pk):
        workflow_saved.send_robust(sender=Workflow, workflow=workflow, by=workflow.owner)


def astray() -> QuerySet[Workflow]:
    """The workflows whose task is not as they say."""
    manual = Q(execution_mode=ExecutionMode.MANUAL)
    live = Q(managed_task__status=TaskStatus.PENDING)
    other = ~Q(managed_task__title=F("name")) | ~Q(managed_task__schedule=F("schedule")) | ~Q(managed_task__time_zone=F("time_zone"))
    other |= Q(*(Q(**{f"managed_task__{name}": F(name)}) for name in POLICIES), _negated=True)
    other |= Q(execution_mode=ExecutionMode.CONTINUOUS, managed_task__continuous=False)
    other |= Q(execution_mode=ExecutionMode.SCHEDULE, managed_task__continuous=True)
    gone = Q(managed_task=None) | Q(managed_task__status=TaskStatus.CANCELLED)
    return Workflow.objects.filter((manual & live) | (~manual & (gone | other))).order_by("pk")
