"""What came from Telegram, stored before anything is done about it."""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone


class Update(models.Model):
    """One update as Telegram sent it; handled once, or parked after three failures."""

    bot_id = models.BigIntegerField(help_text="The bot that it came to.")
    update_id = models.BigIntegerField(help_text="Telegram's number, in the order of its making.")
    chat_id = models.BigIntegerField(default=0, help_text="The chat that it is about, whose updates are handled in order; 0: none.")
    album = models.CharField(max_length=64, blank=True, help_text="What belongs to one album comes as updates of its own.")
    payload: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(help_text="The update, unchanged.")
    received_at = models.DateTimeField(default=timezone.now, help_text="When it was stored.")
    handled_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, db_index=True, help_text="When its effect was committed."
    )
    failures = models.PositiveSmallIntegerField(default=0, help_text="How often handling it failed.")
    parked_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, help_text="When it was given up, so that the next ones are served."
    )
    error = models.TextField(blank=True, help_text="Why, last.")

    class Meta:
        verbose_name = "Telegram update"
        ordering = ["-update_id"]
        constraints = [models.UniqueConstraint(fields=["bot_id", "update_id"], name="one_row_an_update")]
        indexes = [
            models.Index(fields=["bot_id", "update_id"], name="updates_to_handle", condition=models.Q(handled_at=None, parked_at=None)),
        ]

    def __str__(self) -> str:
        return f"update {self.update_id}"
