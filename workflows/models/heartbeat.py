"""Signs of life of the processes that no request passes through."""

from contextlib import suppress
from datetime import timedelta
from typing import Any, Self

from django.db import Error, models
from django.utils import timezone


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    """Named queries on heartbeats."""

    def alive(self, seconds: int) -> Self:
        """Those heard of within `seconds`."""
        return self.filter(at__gt=timezone.now() - timedelta(seconds=seconds))


class Heartbeat(models.Model):
    """The last sign of life of one process."""

    class Kind(models.TextChoices):
        WORKER = "worker"
        CLOCK = "clock"
        TELEGRAM = "telegram"

    name = models.CharField(max_length=200, primary_key=True, help_text="The machine and the process id.")
    kind = models.CharField(max_length=16, choices=Kind.choices, help_text="What the process does.")
    at = models.DateTimeField(db_index=True, help_text="When it was last heard of.")
    details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, help_text="What it says of itself.")

    objects = HeartbeatQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @classmethod
    def beat(cls, kind: str, name: str, **details: Any) -> None:
        """Record a sign of life now."""
        cls.objects.update_or_create(name=name, defaults={"kind": kind, "at": timezone.now(), "details": details})

    @classmethod
    def end(cls, name: str) -> None:
        """Take the process off the list, as it ends in order. Without a database it just falls silent."""
        with suppress(Error):
            cls.objects.filter(name=name).delete()
