"""What tasks do when something happens below them: in a conversation, a run, or to what they need."""

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from chat.models import Conversation, Message
from chat.signals import conversation_closing, conversation_weighed, task_messages_coming
from tasks import anchors
from tasks.models import Occurrence, OccurrenceState, Task, TaskStatus
from tasks.settling import settle_run
from workflows.errors import ConflictError
from workflows.models import Agent, HelpRequest, Run, Workflow
from workflows.signals import agent_closing, help_closed, help_requested, run_finished, workflow_closing

NAMED = 5


@receiver(task_messages_coming)
def answer_the_promise(sender: object, *, messages: list[Message], **_: Any) -> None:
    """All that a task says answers the message that promised it."""
    anchors.give_anchors(messages)


@receiver(run_finished)
def follow_a_run(sender: object, *, run: Run, **_: Any) -> None:
    """A task's run has ended, or one that made tasks: see to them when this is committed.

    Not here: the sender holds the run and the conversation, and a task is locked before both. What is lost
    between the commit and then, the clock repairs.
    """
    if concerns_tasks(run):
        transaction.on_commit(partial(settle_run, run.pk), robust=True)


def concerns_tasks(run: Run) -> bool:
    """Whether it is a task's, has made tasks, or stands in the way of one."""
    made_calls = run.calls or run.retry_of_id  # Without any it has made no task.
    if run.task_id or (made_calls and Task.objects.filter(created_in=run, anchor=None).exists()):
        return True
    return Occurrence.objects.filter(task__conversation=run.conversation_id, state=OccurrenceState.QUEUED).exists()


@receiver(help_requested)
@receiver(help_closed)
def follow_a_question(sender: object, *, help_request: HelpRequest, **_: Any) -> None:
    """A task's run asks somebody, or goes on; or a turn does for whose end a task waits."""
    if concerns_tasks(help_request.run):
        transaction.on_commit(partial(settle_run, help_request.run_id), robust=True)


@receiver(conversation_closing)
def keep_conversation(sender: object, *, conversation: Conversation, **_: Any) -> None:
    """A conversation with a task that is not over stays; one that failed as well, while others wait until it has succeeded."""
    keep(list(Task.objects.live().filter(conversation=conversation)[: NAMED + 1]), "this conversation")
    unmet = Task.objects.filter(conversation=conversation).exclude(status=TaskStatus.SUCCEEDED)
    keep(list(Task.objects.filter(status=TaskStatus.PENDING, depends_on__in=unmet).distinct()[: NAMED + 1]), "this conversation")


@receiver(conversation_weighed)
def count_tasks(sender: object, *, conversation: Conversation, **_: Any) -> dict[str, int]:
    """The tasks that work in a conversation go with it."""
    return {"task": Task.objects.filter(conversation=conversation).count()}


@receiver(agent_closing)
def keep_agent(sender: object, *, agent: Agent, **_: Any) -> None:
    """An agent that a task needs stays."""
    keep(list(Task.objects.live().filter(agent=agent)[: NAMED + 1]), f"“{agent}”")


@receiver(workflow_closing)
def keep_workflow(sender: object, *, workflow: Workflow, **_: Any) -> None:
    """A workflow that a task runs stays; the task that carries out its own schedule goes with it."""
    keep(list(Task.objects.live().filter(workflow=workflow, managed_by=None)[: NAMED + 1]), f"“{workflow}”")


def keep(tasks: list[Task], what: str) -> None:
    """Raise ConflictError that names the tasks which need it."""
    if not tasks:
        return
    names = ", ".join(f"“{task}”" for task in tasks[:NAMED]) + (" and others" if len(tasks) > NAMED else "")
    raise ConflictError(
        f"{what[:1].upper()}{what[1:]} is needed by scheduled tasks ({names}): cancel them first.", tasks=[str(task.pk) for task in tasks]
    )
