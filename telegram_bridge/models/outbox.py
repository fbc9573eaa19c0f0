"""What has to reach Telegram: deliveries, their buttons, and which message there is which one here."""

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils import timezone

from chat.models import Message
from telegram_bridge.models.people import TelegramChat, TelegramTalk


class Keyboard(models.Model):
    """Buttons under one message: what they say and do, and whose they are. Telegram only ever sees `h:TOKEN:NUMBER`."""

    class Purpose(models.TextChoices):
        ANSWER = "answer", "Answer a question"
        CANCEL_TASK = "cancel_task", "Cancel a task"
        RESUME = "resume", "Go on with a conversation"
        CONFIRM = "confirm", "Confirm a command"

    token = models.CharField(
        max_length=64, unique=True, default=secrets.token_urlsafe, editable=False, help_text="What callback data says."
    )
    chat = models.ForeignKey(TelegramChat, models.CASCADE, related_name="+", help_text="Where they are.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", help_text="Who may press them.")
    purpose = models.CharField(max_length=16, choices=Purpose.choices, help_text="What pressing one does.")
    subject: models.UUIDField[UUID | None, UUID | None] = models.UUIDField(null=True, help_text="The question, where they answer one.")
    # Rows of buttons, each {"text": …, "value": …}; numbered through from 0.
    rows: models.JSONField[list[list[dict[str, str]]], list[list[dict[str, str]]]] = models.JSONField(help_text="The buttons, row by row.")
    closed_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, help_text="Since when pressing them does nothing."
    )
    created_at = models.DateTimeField(default=timezone.now, help_text="When they were made.")

    class Meta:
        verbose_name = "Telegram keyboard"

    def __str__(self) -> str:
        return f"{self.purpose} in {self.chat}"

    def value(self, number: int) -> str | None:
        """What the button of that number stands for; None: there is no such button."""
        buttons = [button for row in self.rows for button in row]
        return buttons[number]["value"] if 0 <= number < len(buttons) else None

    def markup(self) -> dict[str, Any]:
        """The Bot API's inline keyboard."""
        numbers = iter(range(1000))
        rows = [[{"text": one["text"], "callback_data": f"h:{self.token}:{next(numbers)}"} for one in row] for row in self.rows]
        return {"inline_keyboard": rows}


class DeliveryState(models.TextChoices):
    """Where a delivery is in its life. `failed` is tried again, `dead` never."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed", "Failed, to be tried again"
    DEAD = "dead", "Given up"


class Delivery(models.Model):
    """One Telegram message that has to be sent or edited; sent when Telegram's message id is stored."""

    class Kind(models.TextChoices):
        TEXT = "text"
        EDIT = "edit", "Change of a message"
        FILE = "file"

    chat = models.ForeignKey(TelegramChat, models.CASCADE, related_name="deliveries", help_text="Where it goes; there, the order is kept.")
    thread_id = models.BigIntegerField(default=0, help_text="The forum topic; 0: none.")
    talk = models.ForeignKey(TelegramTalk, models.CASCADE, null=True, related_name="deliveries", help_text="Whose talk it belongs to.")
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="telegram_deliveries", help_text="What it shows.")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.TEXT, help_text="What is to be done.")
    part = models.PositiveSmallIntegerField(default=0, help_text="A long message goes in parts, from 0.")
    text = models.TextField(blank=True, help_text="What is shown, at most 4096 UTF-16 units.")
    entities: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list, blank=True, help_text="How it looks: the Bot API's entities, in UTF-16 units."
    )
    source = models.TextField(blank=True, help_text="The same part as written, sent as it is when Telegram refuses the entities.")
    keyboard = models.OneToOneField(Keyboard, models.SET_NULL, null=True, related_name="delivery", help_text="The buttons under it.")
    edits = models.ForeignKey("self", models.CASCADE, null=True, related_name="+", help_text="The delivery whose message it changes.")
    # Which message of the talk's conversation it answers, resolved when it is sent; else Telegram's own number.
    reply_seq = models.PositiveIntegerField(null=True, help_text="The number of the message here that it answers.")
    reply_to = models.BigIntegerField(null=True, help_text="The number of the message there that it answers.")
    force_reply = models.BooleanField(default=False, help_text="Whether the phone opens an answer to it.")
    silent = models.BooleanField(default=False, help_text="Whether the phone stays quiet.")
    state = models.CharField(max_length=8, choices=DeliveryState.choices, default=DeliveryState.PENDING, help_text="Whether it was sent.")
    telegram_id = models.BigIntegerField(null=True, help_text="Telegram's number of the sent message.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often it was tried.")
    # Set before each call, and never set back: what comes late of an earlier call changes nothing.
    taken = models.PositiveIntegerField(default=0, help_text="How often a call for it was begun.")
    # Counted before each call and taken back where Telegram says that it has not carried it out. Telegram may not say whether it
    # did, and the process may die: once more and never again, for the phone may show it already.
    uncertain = models.PositiveSmallIntegerField(default=0, help_text="How often it may have arrived.")
    next_try_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, help_text="Not before this.")
    error = models.TextField(blank=True, help_text="Why it failed, last.")
    created_at = models.DateTimeField(default=timezone.now, help_text="When it was put here.")
    sent_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, help_text="When it was sent.")

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["talk", "message", "kind", "part"], condition=models.Q(message__isnull=False), name="one_delivery_a_part"
            ),
        ]
        indexes = [
            # Not a partial one: SQLite does not use those for conditions with parameters.
            models.Index(fields=["state", "chat", "id"], name="deliveries_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.chat}"


class Shown(models.Model):
    """Which message of Telegram is which one of ours: both what was sent and what came in."""

    chat = models.ForeignKey(TelegramChat, models.CASCADE, related_name="+", help_text="The chat that it stands in.")
    telegram_id = models.BigIntegerField(help_text="Telegram's number of it, unique in its chat.")
    message = models.ForeignKey(Message, models.CASCADE, related_name="+", help_text="The message here.")

    class Meta:
        verbose_name = verbose_name_plural = "shown messages"
        constraints = [models.UniqueConstraint(fields=["chat", "telegram_id"], name="one_message_of_ours")]

    def __str__(self) -> str:
        return f"{self.telegram_id} in {self.chat}"


class LiveMessage(models.Model):
    """The one message in a talk that is edited in place while a run works; it becomes the answer's first part, or goes."""

    talk = models.ForeignKey(TelegramTalk, models.CASCADE, related_name="+", help_text="Where it is shown.")
    run_id = models.UUIDField("run", help_text="The run that works.")
    telegram_id = models.BigIntegerField(help_text="Telegram's number of it.")
    # Words come with a sound, and grow into the answer; the line that says what is done is silent, and goes.
    answers = models.BooleanField(default=False, help_text="Whether it shows the answer so far; else what is being done.")
    edited_at = models.DateTimeField(default=timezone.now, help_text="When it last changed.")

    class Meta:
        verbose_name = "live Telegram message"
        constraints = [models.UniqueConstraint(fields=["talk", "run_id"], name="one_live_message_a_run")]

    def __str__(self) -> str:
        return f"{self.run_id} in {self.talk}"
