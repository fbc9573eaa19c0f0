"""A question that a run asks a person, and the answer."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone
from django.utils.text import Truncator

from chat.models import Message, new_id
from chat.quotes import unmarked
from workflows.models.run import Run
from workflows.models.step import StepRun


class HelpStatus(models.TextChoices):
    """Where a question is in its life."""

    OPEN = "open"
    ANSWERED = "answered"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class HelpRequestQuerySet(models.QuerySet["HelpRequest"]):
    """Named queries on questions."""

    def of(self, user: User) -> Self:
        """Those that `user` may see: their runs'."""
        return self.filter(run__owner=user)

    def open(self) -> Self:
        """Those without an answer yet, oldest first."""
        return self.filter(status=HelpStatus.OPEN).order_by("asked_at", "id")


class HelpRequest(models.Model):
    """A question of a run to its owner; the answer becomes the result of the very tool call that asked."""

    class Kind(models.TextChoices):
        QUESTION = "question"
        CHOICE = "choice"
        CONFIRMATION = "confirmation"
        APPROVAL = "approval"
        CREDENTIALS = "credentials"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="help_requests", help_text="The run that asks.")
    step_run = models.ForeignKey(
        StepRun, models.CASCADE, related_name="help_requests", verbose_name="step", help_text="The step that waits for the answer."
    )
    reply = models.PositiveIntegerField(help_text="In which reply of the model it was asked, from 1.")
    call_id = models.CharField("call", max_length=200, help_text="The tool call whose result the answer becomes.")
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.QUESTION, help_text="What sort of answer it wants.")
    question = models.TextField(help_text="What is asked.")
    options: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True, help_text="Answers to choose from.")
    default = models.TextField(blank=True, help_text="The answer that stands when nobody gives one.")
    reason = models.TextField(blank=True, help_text="Why it is asked.")
    tool = models.CharField(max_length=100, blank=True, help_text="The tool that asks, or that is asked about.")
    arguments: models.JSONField[dict[str, object] | None, dict[str, object] | None] = models.JSONField(
        null=True, help_text="What the tool would be called with."
    )
    args_hash = models.CharField("arguments' hash", max_length=64, blank=True, help_text="An approval holds for these arguments alone.")
    decisions: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list, blank=True, help_text="The decisions that it takes, such as approve and deny."
    )
    status = models.CharField(max_length=16, choices=HelpStatus.choices, default=HelpStatus.OPEN, help_text="Whether it is answered.")
    response = models.TextField(blank=True, help_text="What was answered, in words.")
    decision = models.CharField(max_length=16, blank=True, help_text="What was decided.")
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", help_text="Whoever answered first."
    )
    answered_via = models.CharField(max_length=16, choices=Message.Via.choices, blank=True, help_text="The way the answer came.")
    message_seq = models.PositiveIntegerField(default=0, help_text="The number of the message that shows it.")
    asked_at = models.DateTimeField(default=timezone.now, help_text="When it was asked.")
    answered_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, help_text="When it was answered or closed."
    )
    expires_at = models.DateTimeField(null=True, help_text="Until when it can be answered. Empty: for as long as the run waits.")
    reminded_at = models.DateTimeField(null=True, help_text="When its owner was reminded of it.")
    # When “again” was acted upon: one answer allows one more call, never a second.
    used_at = models.DateTimeField(null=True, help_text="When the call was made once more, as was decided.")

    objects = HelpRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "question"
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(fields=["step_run", "reply", "call_id"], condition=models.Q(used_at=None), name="one_question_a_call")
        ]
        indexes = [models.Index(fields=["status", "asked_at"])]

    def __str__(self) -> str:
        return Truncator(unmarked(self.question[:200])).chars(80)

    def body(self) -> dict[str, Any]:
        """What a message shows of it, and what a person needs to answer."""
        return {
            "request_id": str(self.pk),
            "question_kind": self.kind,
            "question": self.question,
            "options": self.options,
            "reason": self.reason,
            "default": self.default,
            "tool": self.tool,
            "arguments": self.arguments,
            "args_hash": self.args_hash,
            "decisions": self.decisions,
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
        }
