"""Times, durations and amounts in templates, as people read them."""

from datetime import datetime, timedelta

from django import template
from django.template.defaultfilters import date
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chat import figures, tool_cards

register = template.Library()
register.filter("money", figures.money)
register.filter("count", figures.count)
register.filter("span", figures.span)
register.filter("tool_label", tool_cards.label)

# How what a message or a run came by is called in a sentence, where not by its value.
WAYS = {"telegram": "Telegram", "api": "the API", "cli": "the terminal", "mcp": "MCP"}
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@register.filter
def ago(at: datetime) -> str:
    """When something was or will be, so coarse that a page may stand for a minute: “just now”, “3 min ago”, “12 Nov, 14:03”."""
    apart = timezone.now() - at
    if abs(apart) < MINUTE:
        return "just now" if apart >= timedelta() else "in a moment"
    if abs(apart) < DAY:
        return f"{coarse(apart)} ago" if apart > timedelta() else f"in {coarse(-apart)}"
    here = timezone.localtime(at)
    return date(here, "j M, H:i" if here.year == timezone.localtime().year else "j M Y")


@register.filter
def moment(at: datetime) -> SafeString:
    """The same, with the exact time in the reader's zone for whoever points at it."""
    here = timezone.localtime(at)
    exact = date(here, "j F Y, H:i:s e")
    return format_html('<time datetime="{}" title="{}">{}</time>', here.isoformat(timespec="seconds"), exact, ago(at))


@register.filter
def way(via: str) -> str:
    """By what way something was said or begun, behind “via”: “Telegram”, “the terminal”, “schedule”."""
    return WAYS.get(via, via)


@register.filter
def age(at: datetime) -> str:
    """For how long something has been so: “a few seconds”, “3 min”, “2 h”, “4 d”."""
    apart = timezone.now() - at
    return coarse(apart) if apart >= MINUTE else "a few seconds"


@register.filter
def until(start: datetime | None, end: datetime | None) -> str:
    """How long it took from one to the other; empty while one is missing."""
    return figures.span((end - start).total_seconds()) if start and end else ""


def coarse(length: timedelta) -> str:
    """A duration in its largest unit."""
    for unit, sign in ((DAY, "d"), (HOUR, "h")):
        if length >= unit:
            return f"{length // unit} {sign}"
    return f"{length // MINUTE} min"
