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
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations", help_text="Whose it is; nobody else sees it."
    )
    title = models.CharField(max_length=200, blank=True, help_text="Made from the first message; its owner may change it.")
    # The agent that answers here, when it is not the default; a bare id, for agents live in an app above.
    agent_id = models.UUIDField("agent", null=True, blank=True, help_text="The agent that answers here. Empty: the default one.")
    archived = models.BooleanField(default=False, help_text="Put away: kept and found by search, and out of the list.")
    last_seq = models.PositiveIntegerField(default=0, editable=False)
    read_seq = models.PositiveIntegerField(default=0, editable=False)
    # Counted as messages are posted and read, so that a list need not look at them.
    unread = models.PositiveIntegerField(default=0, editable=False)
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

    def worth_reading(self) -> Self:
        """Those that a person looks for: what the others said, not the steps of the work."""
        return self.filter(kind__in=Message.WORTH_READING).exclude(author=Message.Author.USER)


class Message(models.Model):
    """One entry of a conversation; written once, never changed."""

    class Kind(models.TextChoices):
        MESSAGE = "message"
        STATUS = "status"
        THOUGHT = "thought"
        TOOL_USE = "tool_use", "Tool call"
        TOOL_RESULT = "tool_result", "Tool result"
        ERROR = "error"
        HELP_REQUEST = "help_request", "Question"
        HELP_ANSWER = "help_answer", "Answer"
        FILE = "file"

    WORTH_READING = (Kind.MESSAGE, Kind.ERROR, Kind.HELP_REQUEST, Kind.FILE)

    class Author(models.TextChoices):
        USER = "user"
        ASSISTANT = "assistant"
        SYSTEM = "system"

    class Via(models.TextChoices):
        WEB = "web"
        TELEGRAM = "telegram"
        API = "api", "API"
        CLI = "cli", "CLI"
        MCP = "mcp", "MCP"
        SCHEDULE = "schedule"
        RUN = "run"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages", help_text="Where it was said.")
    # The conversation's owner again, so that a constraint can span all conversations of one person.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", help_text="The conversation's owner.")
    seq = models.PositiveIntegerField("number", help_text="Its place in the conversation, from 1 and without gaps.")
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.MESSAGE, help_text="What sort of entry it is.")
    author = models.CharField(max_length=16, choices=Author.choices, help_text="Which side said it.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", help_text="The person, where a person said it."
    )
    text = models.TextField(blank=True, help_text="What was said.")
    payload: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True, help_text="What belongs to its kind, such as a tool's name and arguments."
    )
    run_id = models.UUIDField("run", null=True, blank=True, db_index=True, help_text="The run that said it, or that it started.")
    task_id = models.UUIDField("task", null=True, blank=True, db_index=True, help_text="The task that it belongs to.")
    reply_to = models.PositiveIntegerField(null=True, blank=True, help_text="The number of the message that this answers.")
    via = models.CharField(max_length=16, choices=Via.choices, help_text="The way it came.")
    client_id = models.CharField(  # noqa: DJ001 - null lets the constraint skip it
        "client's id", max_length=100, null=True, blank=True, help_text="Given by the sender, so that a repeat is the same message."
    )
    at = models.DateTimeField(default=timezone.now, help_text="When it was said.")

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["conversation", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="one_message_a_seq"),
            models.UniqueConstraint(fields=["owner", "client_id"], name="one_message_a_client_id"),
        ]

    def __str__(self) -> str:
        return f"#{self.seq} {self.kind}"

    def is_worth_reading(self) -> bool:
        """Whether it counts as unread until it was shown."""
        return self.kind in self.WORTH_READING and self.author != self.Author.USER


class Draft(models.Model):
    """The text of an answer so far, while it streams; gone once the message is posted."""

    step_run_id = models.UUIDField("step's run", primary_key=True, help_text="The step that writes it.")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="drafts", help_text="Where it is shown.")
    run_id = models.UUIDField("run", help_text="The run that writes it.")
    step = models.CharField(max_length=64, help_text="The key of the step.")
    text = models.TextField(blank=True, help_text="All of the text so far.")
    # Grows for as long as the step lives, across resumes, so that a reader can tell old from new.
    version = models.PositiveBigIntegerField(default=0, help_text="Grows with each change of the text.")
    updated_at = models.DateTimeField(default=timezone.now, help_text="When it last grew.")

    def __str__(self) -> str:
        return f"{self.step} v{self.version}"
