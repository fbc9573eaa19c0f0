"""What a person may do with a whole conversation."""

from uuid import UUID

from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Case, F, When

from chat.errors import InvalidError, MissingError
from chat.models import Conversation
from chat.signals import agent_wanted, conversation_closing

LIST_SIZE = 60


def listed(user: User, archived: bool = False) -> models.QuerySet[Conversation]:
    """What the list in the sidebar shows: the ones used last come first."""
    return Conversation.objects.of(user).filter(archived=archived)[:LIST_SIZE]


def choose_agent(conversation: Conversation, user: User, reference: str | None) -> None:
    """Let the agent named or numbered `reference` answer here from now on; None stands for the default agent."""
    conversation.agent_id = agent(user, reference) if reference else None
    conversation.save(update_fields=["agent_id"])


def agent(user: User, reference: str) -> UUID:
    """The id of an agent that `user` may use, or InvalidError."""
    for _, found in agent_wanted.send(sender=Conversation, user=user, reference=reference):
        if found is not None:
            return UUID(str(found))
    sentence = f"There is no agent “{reference}”: GET /api/agents lists yours."
    raise InvalidError(sentence, fields={"agent": sentence})


def mark_read(conversation: Conversation, seq: int) -> None:
    """Remember that everything up to `seq` was read; what was read once stays read."""
    row = Conversation.objects.filter(pk=conversation.pk, read_seq__lt=seq)
    row.update(read_seq=Case(When(last_seq__lt=seq, then=F("last_seq")), default=seq))


def delete(conversation: Conversation) -> None:
    """Delete a conversation with all its messages and runs. Raises ConflictError while something there is at work."""
    with transaction.atomic():
        # Holds off new messages: each begins with an update of this row.
        if not Conversation.objects.select_for_update().filter(pk=conversation.pk):
            raise MissingError("The conversation is gone already.")
        conversation_closing.send(sender=Conversation, conversation=conversation)
        conversation.delete()
