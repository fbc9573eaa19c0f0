"""The log: everything a person may see is a Message in a Conversation."""

from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone

from chat.models.fields import new_id


class ConversationQuerySet(models.QuerySet["Conversation"]):
    """Named queries on conversations."""

    def of(self, user: User) -> Self:
        """Those that `user` may see: their own."""
        return self.filter(owner=user)


class Conversation(models.Model):
    """A log of messages, numbered without gaps, that one person owns."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=200, blank=True)
    # The agent that answers here, when it is not the default; a bare id, for agents live in an app above.
    agent_id = models.UUIDField(null=True, blank=True)
    archived = models.BooleanField(default=False)
    last_seq = models.PositiveIntegerField(default=0, editable=False)
    read_seq = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at"]
        indexes = [models.Index(fields=["owner", "archived", "-updated_at"])]

    def __str__(self) -> str:
        return self.title or "New conversation"


class MessageQuerySet(models.QuerySet["Message"]):
    """Named queries on messages."""

    def after(self, seq: int) -> Self:
        """Those later than `seq`, in order."""
        return self.filter(seq__gt=seq).order_by("seq")


class Message(models.Model):
    """One entry of a conversation; written once, never changed."""

    class Kind(models.TextChoices):
        MESSAGE = "message"
        STATUS = "status"
        THOUGHT = "thought"
        TOOL_USE = "tool_use"
        TOOL_RESULT = "tool_result"
        ERROR = "error"
        HELP_REQUEST = "help_request"
        HELP_ANSWER = "help_answer"
        FILE = "file"

    class Author(models.TextChoices):
        USER = "user"
        ASSISTANT = "assistant"
        SYSTEM = "system"

    class Via(models.TextChoices):
        WEB = "web"
        TELEGRAM = "telegram"
        API = "api"
        CLI = "cli"
        MCP = "mcp"
        SCHEDULE = "schedule"
        RUN = "run"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    # The conversation's owner again, so that a constraint can span all conversations of one person.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.MESSAGE)
    author = models.CharField(max_length=16, choices=Author.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    text = models.TextField(blank=True)
    payload: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    run_id = models.UUIDField(null=True, blank=True, db_index=True)
    task_id = models.UUIDField(null=True, blank=True, db_index=True)
    reply_to = models.PositiveIntegerField(null=True, blank=True, help_text="The seq of the message this answers.")
    via = models.CharField(max_length=16, choices=Via.choices)
    client_id = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001 - null lets the constraint skip it
    at = models.DateTimeField(default=timezone.now)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["conversation", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="one_message_a_seq"),
            models.UniqueConstraint(fields=["owner", "client_id"], name="one_message_a_client_id"),
        ]

    def __str__(self) -> str:
        return f"#{self.seq} {self.kind}"


class Draft(models.Model):
    """The text of an answer so far, while it streams; gone once the message is posted."""

    step_run_id = models.UUIDField(primary_key=True)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="drafts")
    run_id = models.UUIDField()
    step = models.CharField(max_length=64)
    text = models.TextField(blank=True)
    # Grows for as long as the step lives, across resumes, so that a reader can tell old from new.
    version = models.PositiveBigIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.step} v{self.version}"
