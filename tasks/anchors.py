"""Where a task lives in its conversation: the message that promised it, which all that comes of it answers."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.models import User

from chat import log
from chat.models import Conversation, Message
from tasks.models import Task
from workflows.models import FINISHED, Run, RunStatus

LONGEST_NAME = 200


def settle_down(task: Task) -> None:
    """Give a new task a conversation of its own; the caller saves the task."""
    task.conversation = Conversation.objects.create(owner=task.owner, title=f"Task: {task.title}"[:LONGEST_NAME])


def announce(task: Task, by: User, via: Message.Via) -> None:
    """Say in the conversation that a person made the task: this message is its anchor."""
    from tasks.reading import promised

    text = f"Scheduled: {task.title}, {promised(task)}"
    message = Message(author=Message.Author.USER, user=by, text=text, via=via, task_id=task.pk, payload={"scheduled": True})
    log.post(task.conversation_id, message)
    task.anchor = message.seq
    task.save(update_fields=["anchor"])


def resolve(task: Task) -> bool:
    """Find the anchor of a task that a run made, once that run has ended; whether there is nothing more to wait for."""
    run = task.created_in
    if task.anchor or run is None:
        return True
    if run.status not in FINISHED:
        return False
    if seq := promise_of(run, task):
        task.anchor = seq
        Task.objects.filter(pk=task.pk, anchor=None).update(anchor=seq)
    return True


def promise_of(run: Run, task: Task) -> int | None:
    """The number of the message with which a run ended, or of the one that asked when it gave none."""
    if run.conversation_id != task.conversation_id:
        return None
    said = Message.objects.filter(conversation=run.conversation_id, run_id=run.pk, kind=Message.Kind.MESSAGE)
    last = said.filter(author=Message.Author.ASSISTANT).order_by("-seq").values_list("seq", flat=True).first()
    return (last if run.status == RunStatus.SUCCEEDED else None) or run.asked_seq


def give_anchors(messages: Iterable[Message]) -> None:
    """Let messages of tasks answer the promises of these."""
    wanted = {message.task_id for message in messages if message.task_id}
    anchors: dict[UUID | None, int | None] = dict(Task.objects.filter(pk__in=wanted).values_list("pk", "anchor"))
    for message in messages:
        message.reply_to = anchors.get(message.task_id)
