"""How this installation talks to Telegram: what an administrator chose, and what the telegram process found."""

import os
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from chat.models import EncryptedField

ONLY = 1
VARIABLE = "TELEGRAM_BOT_TOKEN"


class TelegramSettings(models.Model):
    """What an administrator chose: one row, one bot."""

    class Mode(models.TextChoices):
        POLLING = "polling", "Polling: needs no public address"
        WEBHOOK = "webhook", "Webhook: Telegram calls this server at its public https address"

    class Streaming(models.TextChoices):
        OFF = "off", "Off: only whole answers"
        STATUS = "status", "Status only: one line that says what is being done"
        TEXT = "text", "Text: the answer grows while it is written"

    enabled = models.BooleanField(default=False, help_text="Switched off, nothing is fetched or sent; what waits is kept.")
    mode = models.CharField(max_length=16, choices=Mode.choices, default=Mode.POLLING, help_text="How messages get here.")
    token = EncryptedField("bot token", blank=True, default="", help_text="From @BotFather. Stored encrypted and never shown again.")
    token_env = models.CharField(
        "token from variable",
        max_length=100,
        blank=True,
        help_text=f"Name of an environment variable that holds the token, instead of storing it, such as {VARIABLE}.",
    )
    webhook_secret = EncryptedField(blank=True, default="", editable=False)
    streaming = models.CharField(
        "while it works",
        max_length=16,
        choices=Streaming.choices,
        default=Streaming.TEXT,
        help_text="What is shown until an answer is whole.",
    )
    notification_chat = models.ForeignKey(
        "TelegramChat",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Told of questions whose owner has no Telegram. Empty: nobody is.",
    )
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "Telegram settings"
        constraints = [models.CheckConstraint(condition=models.Q(pk=ONLY), name="one_row_of_telegram_settings")]

    def __str__(self) -> str:
        return "Telegram"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the one row, and when: the telegram process looks for it."""
        self.pk, self.changed_at = ONLY, timezone.now()
        super().save(*args, **kwargs)

    @classmethod
    def now(cls) -> "TelegramSettings":
        """The settings as they stand; unsaved ones while nothing was chosen."""
        return cls.objects.select_related("notification_chat").filter(pk=ONLY).first() or cls(pk=ONLY)

    def secret(self) -> str:
        """The bot's token, wherever it is kept; empty when there is none."""
        if self.token_env:
            return os.environ.get(self.token_env, "").strip()
        return self.token or os.environ.get(VARIABLE, "").strip()

    def bot_id(self) -> int:
        """The numeric id that stands in front of the token's colon; 0 when there is no usable token."""
        number = self.secret().partition(":")[0]
        return int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else 0

    def webhook_word(self) -> str:
        """What Telegram has to say with each call of the webhook; empty without a secret.

        It names the bot: one that was used before may still call here, and what it brings is not for this one.
        """
        return f"{self.bot_id()}-{self.webhook_secret}" if self.webhook_secret else ""


class TelegramState(models.Model):
    """What the telegram process keeps: how far it has read, who holds the lease, and how Telegram answered."""

    bot_id = models.BigIntegerField(default=0, help_text="The bot that all of this is about.")
    username = models.CharField(max_length=64, blank=True, help_text="The bot's name, without the @.")
    reads_groups = models.BooleanField(default=False, help_text="Whether privacy mode is off, so that it sees every message of a group.")
    offset = models.BigIntegerField(default=0, help_text="The first update that was not stored yet.")
    leased_by = models.CharField(max_length=200, blank=True, help_text="The process that fetches and sends.")
    lease_expires_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, help_text="When another process may take over."
    )
    began_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, help_text="Since when it is to be connected."
    )
    polled_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, help_text="When Telegram last answered a poll, or the webhook was last checked."
    )
    poll_error = models.TextField(blank=True, help_text="Why the last poll failed, in a sentence. Empty: it did not.")
    conflicts = models.PositiveIntegerField(default=0, help_text="How often another program was found to fetch with the same token.")
    conflict_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, help_text="When, last.")
    send_error = models.TextField(blank=True, help_text="Why the last message could not be sent, in a sentence.")
    send_error_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, help_text="When that was.")
    webhook = models.CharField(max_length=500, blank=True, help_text="The address that Telegram was told to call.")
    backlog = models.PositiveIntegerField(default=0, help_text="How many updates Telegram holds for a webhook.")

    class Meta:
        verbose_name = verbose_name_plural = "Telegram state"
        constraints = [models.CheckConstraint(condition=models.Q(pk=ONLY), name="one_row_of_telegram_state")]

    def __str__(self) -> str:
        return f"@{self.username}" if self.username else "not connected yet"

    @classmethod
    def now(cls) -> "TelegramState":
        """The state as it stands, made on first use."""
        return cls.objects.get_or_create(pk=ONLY)[0]
