"""Tasks as models are told of them: few fields, and times as a person reads them beside the same in UTC."""

from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from tasks import reading
from tasks.models import Task
from workflows.schedules import Due

COMING = 3
SIZES = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def seen(task: Task) -> dict[str, Any]:
    """A task in a few fields, with what was understood of its time."""
    found: dict[str, Any] = {"task": str(task.pk), "title": task.title, "mode": task.mode, "status": task.status}
    found |= {"when": reading.promised(task), "next": [due(one) for one in reading.coming(task, COMING)]}
    found |= {"schedule": task.schedule} if task.schedule else {}
    found["time_zone"] = task.zone.key
    if task.text and task.text != task.title:
        found["text"] = task.text
    if task.workflow:
        found["workflow"] = task.workflow.name
    if not task.enabled:
        found["paused"] = task.paused_because or "It is paused."
    return found


def due(one: Due) -> dict[str, str]:
    """A due time: on the task's own clock, in UTC, and how far away it is."""
    local = f"{one.local:%a} {one.local.day} {one.local:%b %Y %H:%M:%S}".removesuffix(":00")
    return {"local": local, "utc": one.at.astimezone(UTC).isoformat(timespec="seconds"), "in": ahead(one.at)} | (
        {"note": one.note} if one.note else {}
    )


def ahead(at: datetime) -> str:
    """How far away a time is: “in 2 hours 5 minutes”."""
    seconds = (at - timezone.now()).total_seconds()
    return f"in {length(seconds)}" if seconds >= 0.5 else "now"


def length(seconds: float) -> str:
    """A length of time in its two largest units: “2 hours 5 minutes”."""
    parts: list[str] = []
    left = max(round(seconds), 1)
    for unit, size in SIZES:
        number, left = divmod(left, size)
        if number or parts:
            parts.append(f"{number} {unit}{'s' * (number != 1)}" if number else "")
    return " ".join(filter(None, parts[:2]))
