"""Times to come in templates: on the reader's clock, and on the task's where that one differs."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.template.defaultfilters import date
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chat.templatetags.figures import coarse
from tasks.models import Task

register = template.Library()

MINUTE = timedelta(minutes=1)
# Farther away than this nobody looks at seconds.
NEAR = timedelta(minutes=10)


@register.filter
def countdown(at: datetime) -> SafeString:
    """How long it is until then; static/tasks/countdown.js goes on from here."""
    left = at - timezone.now()
    words = f"in {coarse(left)}" if left >= MINUTE else "in a moment" if left >= timedelta() else "now"
    return format_html('<time datetime="{}" data-countdown>{}</time>', at.isoformat(), words)


@register.filter
def clock(at: datetime) -> str:
    """The time of day on the reader's clock; with seconds where there are some and it is near."""
    here = timezone.localtime(at)
    return date(here, "H:i:s" if here.second and abs(at - timezone.now()) < NEAR else "H:i")


@register.filter
def day(at: datetime) -> str:
    """The day and the time on the reader's clock."""
    here = timezone.localtime(at)
    return date(here, "D j M" if here.year == timezone.localtime().year else "D j M Y") + f", {clock(at)}"


@register.filter
def elsewhere(at: datetime, task: Task) -> str:
    """The same on the task's clock, where that one shows another time: “03:00 in New York”."""
    here, there = timezone.localtime(at), at.astimezone(task.zone)
    if here.utcoffset() == there.utcoffset():
        return ""
    moved = "" if here.date() == there.date() else f"{there:%a} "
    return f"{moved}{there:%H:%M} in {place(task.zone.key)}"


def place(zone: str) -> str:
    """A zone's city, as people write it."""
    return zone.rpartition("/")[2].replace("_", " ")


@register.filter
def seconds_late(late_ms: int | None) -> str:
    """A lateness that is worth a word; less than a second is none."""
    if late_ms is None or late_ms < 1000:
        return ""
    return f"{coarse(timedelta(milliseconds=late_ms))} late" if late_ms >= 60_000 else f"{late_ms / 1000:.0f} s late"


@register.simple_tag
def mode_icon(task: Task) -> str:
    """The icon of what a task does."""
    icons: dict[Any, str] = {"notify": "bell", "prompt_agent": "sparkles", "run_workflow": "rectangle-stack"}
    return icons.get(task.mode, "clock")
