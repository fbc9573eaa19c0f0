"""What a person may do with a whole conversation."""

import hashlib
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from chat.errors import InvalidError, MissingError
from chat.http.rows import Paging, page
from chat.log import check_text
from chat.models import Conversation, Message
from chat.signals import agent_wanted, conversation_closing, conversation_weighed

LIST_SIZE = 60
MAX_TITLE = 200


@dataclass(frozen=True)
class Listed:
    """A page of the list. `next` is the cursor at which another one starts, None at the end."""

    rows: list[Conversation]
    next: str | None

    @property
    def version(self) -> str:
        """Another one as soon as a row shows something else, or stands elsewhere."""
        shown = "\n".join(f"{row.pk} {row.unread > 0} {row}" for row in self.rows)
        return hashlib.blake2s(shown.encode(), digest_size=8).hexdigest()


def listed(user: User, *, before: str | None = None, archived: bool = False) -> Listed:
    """A page of what the list in the sidebar shows: the ones used last come first. `before` is a page's `next`."""
    rows = Conversation.objects.of(user).filter(archived=archived)
    return Listed(*page(rows, Paging(limit=LIST_SIZE, before=before, after=None), "updated_at"))


def rename(conversation: Conversation, title: str) -> None:
    """Give it another title. Raises InvalidError for one that nobody could read in a list."""
    title = " ".join(check_text(title, "title").split())
    if len(title) > MAX_TITLE:
        sentence = f"The title has {len(title)} characters: use at most {MAX_TITLE}."
        raise InvalidError(sentence, fields={"title": sentence})
    Conversation.objects.filter(pk=conversation.pk).update(title=title)


def archive(conversation: Conversation, archived: bool) -> None:
    """Put it away, or back into the list; nothing else changes about it."""
    Conversation.objects.filter(pk=conversation.pk).update(archived=archived)


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
    to_the_end = Conversation.objects.filter(pk=conversation.pk, last_seq__lte=seq)
    if conversation.read_seq >= seq or to_the_end.update(read_seq=F("last_seq"), unread=0):
        return
    with transaction.atomic():
        # Locked: what is posted meanwhile is counted by its own transaction.
        row = Conversation.objects.select_for_update().filter(pk=conversation.pk, read_seq__lt=seq).first()
        if row is None:
            return
        row.read_seq = seq
        row.unread = row.messages.worth_reading().after(row.read_seq).count()
        row.save(update_fields=["read_seq", "unread"])


def deletion(conversation: Conversation) -> str:
    """The question to ask before it is deleted: it says with numbers what would go with it."""
    counts = {"message": conversation.messages.filter(kind=Message.Kind.MESSAGE).count(), "file": conversation.files.count()}
    for _, found in conversation_weighed.send(sender=Conversation, conversation=conversation):
        counts |= cast("dict[str, int]", found)
    told = [f"{number:,} {word}{'' if number == 1 else 's'}" for word, number in counts.items() if number]
    what = " and ".join(filter(None, (", ".join(told[:-1]), *told[-1:])))
    return f"Delete “{conversation}”{f' with its {what}' if what else ''}? This cannot be undone."


def delete(conversation: Conversation) -> None:
    """Delete a conversation with all its messages and runs. Raises ConflictError while something there is at work."""
    with transaction.atomic():
        # Holds off new messages: each begins with an update of this row.
        if not Conversation.objects.select_for_update().filter(pk=conversation.pk):
            raise MissingError("The conversation is gone already.")
        conversation_closing.send(sender=Conversation, conversation=conversation)
        conversation.delete()
