"""The tool that tells the time, and how a place becomes a time zone."""

import difflib
from functools import cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from chat.models import Profile
from chat.zones import zone_names
from workflows.models import Effect
from workflows.tools import ToolContext, ToolError, tool


@tool(effect=Effect.READ, quick=True)
def current_time(context: ToolContext, time_zone: str = "") -> str:
    """Tell the date, the time and the weekday it is now.

    Use it before you work out a date or a time: you do not know what day it is otherwise.

    Args:
        time_zone: An IANA time zone such as Europe/Berlin, or a city such as Tokyo. Empty: the person's own zone.
    """
    name = find_zone(time_zone) if time_zone.strip() else own_zone(context.owner_id)
    now = timezone.now().astimezone(ZoneInfo(name))
    return f"{now.isoformat(timespec='seconds')} ({now:%A}, {name})"


def own_zone(owner_id: int) -> str:
    """The zone a person lives in, as far as it is known."""
    chosen = Profile.objects.filter(user=owner_id).values_list("time_zone", flat=True).first()
    # The zone may have been typed by hand, or left the zone database since.
    return chosen if chosen in zone_names() else settings.TIME_ZONE


def find_zone(text: str) -> str:
    """The IANA zone that `text` names: a zone in any spelling, or its city. Raises ToolError with what is near."""
    wanted = simple(text)
    if name := zones().get(wanted) or cities().get(wanted):
        return name
    near = difflib.get_close_matches(wanted, [*cities(), *zones()], n=6, cutoff=0.7)
    names = dict.fromkeys(cities().get(word) or zones()[word] for word in near)
    hint = f"Did you mean {' or '.join(list(names)[:3])}?" if names else "Give one such as Europe/Berlin, or a large city in the same zone."
    raise ToolError(f"“{text.strip()[:60]}” is not a time zone. {hint}")


def simple(text: str) -> str:
    """A name without case and without its way of writing a space."""
    return " ".join(text.casefold().replace("_", " ").split())


@cache
def zones() -> dict[str, str]:
    """IANA names by their simple form."""
    return {simple(name): name for name in sorted(zone_names())}


@cache
def cities() -> dict[str, str]:
    """IANA names by the simple form of their last part, which is the city; the shortest name is the current one."""
    names = [name for name in zone_names() if "/" in name and not name.startswith("Etc/")]
    return {simple(name.rsplit("/", 1)[1]): name for name in sorted(names, key=lambda name: (-len(name), name))}
