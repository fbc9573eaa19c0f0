"""Due times as the admin's lists tell them."""

from datetime import datetime

from django.template.defaultfilters import date
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chat.figures import span


def exact(at: datetime) -> str:
    """A time on the reader's clock, with its seconds where it has some: without them, every 20 seconds look like one time."""
    here = timezone.localtime(at)
    return date(here, "j M Y, H:i:s" if here.second else "j M Y, H:i")


def moment(at: datetime) -> SafeString:
    """A time in one piece."""
    return format_html('<span class="admin-time">{}</span>', exact(at))


def to_come(at: datetime) -> SafeString:
    """A time to come, and how far away it is."""
    return format_html('<span class="admin-time">{}</span> <span class="admin-time admin-left">{}</span>', exact(at), ahead(at))


def ahead(at: datetime) -> str:
    """How far away a time is: “in 40 s”, “in 2 h 5 min”."""
    left = round((at - timezone.now()).total_seconds())
    return f"in {span(left) if left >= 10 else f'{left} s'}" if left > 0 else "now"
