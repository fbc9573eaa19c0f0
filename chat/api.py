"""Conversations over HTTP: say something, list, read, change, delete."""

from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from chat import conversations
from chat.downloads import attachment
from chat.http.auth import person
from chat.http.idempotency import PARAMETER, idempotent
from chat.http.rows import Paging, one, page
from chat.log import check_text, say
from chat.models import Conversation, File, Message
from chat.models.conversation import MessageQuerySet
from chat.schemas import (
    ChatIn,
    ChatOut,
    ConversationChange,
    ConversationOut,
    Conversations,
    MessageOut,
    MessagePaging,
    Messages,
    Posted,
)

router = Router(tags=["conversations"])

# How the document declares an answer that is a file of whatever type.
CONTENT = {"responses": {200: {"description": "OK", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}}}


def own(request: HttpRequest, conversation_id: UUID) -> Conversation:
    """The caller's conversation, or MissingError."""
    return one(Conversation.objects.of(person(request)), conversation_id, "conversation")


@router.post("/chat", response={202: ChatOut}, openapi_extra=PARAMETER)
@idempotent(202)
def chat(request: HttpRequest, body: ChatIn) -> ChatOut:
    """Say something. The answer comes as messages of the same conversation, by the run `run_id`."""
    check_text(body.text)
    with transaction.atomic():
        conversation = place(person(request), body)
        said = say(conversation, person(request), body.text, via=Message.Via.API, client_id=body.client_id).message
    return ChatOut(conversation_id=conversation.pk, message=Posted(id=said.pk, seq=said.seq), run_id=said.run_id)


def place(user: User, body: ChatIn) -> Conversation:
    """Where `body` is to be said: in the conversation it names, where it was said before, or in a new one."""
    if body.conversation_id:
        return one(Conversation.objects.of(user), body.conversation_id, "conversation")
    if body.client_id:
        # Two copies of a message at the same instant must not begin two conversations.
        User.objects.select_for_update().get(pk=user.pk)
        if before := Message.objects.filter(owner=user, client_id=body.client_id).select_related("conversation").first():
            return before.conversation
    return Conversation.objects.create(owner=user)


@router.get("/conversations", response=Conversations)
def list_conversations(request: HttpRequest, paging: Query[Paging], archived: bool | None = None) -> Conversations:
    """Your conversations, the most recently used first."""
    rows = Conversation.objects.of(person(request))
    if archived is not None:
        rows = rows.filter(archived=archived)
    found, onward = page(rows, paging, "updated_at")
    return Conversations(items=[ConversationOut.of(row) for row in found], next=onward)


@router.get("/conversations/{conversation_id}", response=ConversationOut)
def show_conversation(request: HttpRequest, conversation_id: UUID) -> ConversationOut:
    """One conversation."""
    return ConversationOut.of(own(request, conversation_id))


@router.get("/conversations/{conversation_id}/messages", response=Messages)
def list_messages(request: HttpRequest, conversation_id: UUID, paging: Query[MessagePaging]) -> Messages:
    """A conversation's messages in order: the first ones, those after a seq, or the last ones before a seq."""
    rows = Message.objects.filter(conversation=own(request, conversation_id)).select_related("user")
    items, onward = stretch(rows, paging)
    return Messages(items=[MessageOut.of(row) for row in items], next=onward)


def stretch(rows: MessageQuerySet, paging: MessagePaging) -> tuple[list[Message], int | None]:
    """A page of messages in order, and the seq at which the next one starts, if there is one."""
    rows = rows.after(paging.after or 0)
    if paging.before is not None:
        rows = rows.filter(seq__lt=paging.before).order_by("-seq")
    found = list(rows[: paging.limit + 1])
    kept = found[: paging.limit]
    onward = kept[-1].seq if len(found) > len(kept) else None
    return kept if paging.before is None else kept[::-1], onward


@router.patch("/conversations/{conversation_id}", response=ConversationOut)
def change_conversation(request: HttpRequest, conversation_id: UUID, body: ConversationChange) -> ConversationOut:
    """Change what is given, and leave the rest."""
    conversation = own(request, conversation_id)
    given = body.model_dump(exclude_unset=True)
    with transaction.atomic():
        if "agent" in given:
            conversations.choose_agent(conversation, person(request), given["agent"])
        if given.get("read_seq") is not None:
            conversations.mark_read(conversation, given["read_seq"])
        changed = {name: given[name] for name in ("title", "archived") if given.get(name) is not None}
        if changed:
            Conversation.objects.filter(pk=conversation.pk).update(**changed)
    conversation.refresh_from_db()
    return ConversationOut.of(conversation)


@router.delete("/conversations/{conversation_id}", response={204: None})
def delete_conversation(request: HttpRequest, conversation_id: UUID) -> Status[None]:
    """Delete a conversation with everything in it; refused while a run is at work there."""
    conversations.delete(own(request, conversation_id))
    return Status(204, None)


@router.get("/files/{file_id}", openapi_extra=CONTENT)
def download_file(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """What is in a file that was sent into one of your conversations; a message of kind `file` carries its id."""
    return attachment(one(File.objects.filter(conversation__owner=person(request)), file_id, "file"))
