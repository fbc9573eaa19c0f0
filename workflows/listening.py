"""What the conversations below ask of the apps above: which agent is meant, what is still at work, what a run has used."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.dispatch import receiver

from chat import frames
from chat.frames import Frame
from chat.models import Conversation, Message
from chat.signals import agent_wanted, conversation_closing, conversation_weighed, frames_wanted, open_questions_wanted
from workflows import references
from workflows.errors import ConflictError, MissingError
from workflows.models import HelpRequest, Run
from workflows.schemas import UsageOut

# After these a run may have used more than before: a reply of the model came before each.
PROGRESS = (Message.Kind.STATUS, Message.Kind.TOOL_USE)


@receiver(agent_wanted)
def find_agent(sender: object, *, user: User, reference: str, **_: Any) -> UUID | None:
    """The agent of that id or name, the person's own before a shared one of the same name."""
    try:
        return references.agent(user, reference).pk
    except MissingError:
        return None


@receiver(conversation_closing)
def keep_while_at_work(sender: object, *, conversation: Conversation, **_: Any) -> None:
    """A conversation with an unfinished run stays."""
    if run := Run.objects.unfinished().filter(conversation=conversation).first():
        sentence = f"Run {run.pk} is {run.status} here: cancel it first, or wait until it has ended."
        raise ConflictError(sentence, run_id=str(run.pk), run_status=run.status)


@receiver(conversation_weighed)
def count_runs(sender: object, *, conversation: Conversation, **_: Any) -> dict[str, int]:
    """The runs that report to a conversation go with it."""
    return {"run": Run.objects.filter(conversation=conversation).count()}


@receiver(open_questions_wanted)
def open_questions(sender: object, *, conversation: Conversation, **_: Any) -> list[int]:
    """The messages that ask something which nobody has answered yet."""
    return list(HelpRequest.objects.open().filter(run__conversation=conversation).values_list("message_seq", flat=True))


@receiver(frames_wanted)
def usage_frames(sender: object, *, messages: list[Message], **_: Any) -> list[Frame]:
    """What each run among `messages` has used by now."""
    run_ids = {message.run_id for message in messages if message.run_id and message.kind in PROGRESS}
    if not run_ids:
        return []
    rows = Run.objects.filter(pk__in=run_ids).only("input_tokens", "output_tokens", "cost")
    return [frames.now("token_usage", run_id=str(run.pk), **UsageOut.of(run).model_dump()) for run in rows]
