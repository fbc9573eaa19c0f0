"""The time zones that there are."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

# Files beside the zones that are none: each means something else on another machine.
NOT_ZONES = {"localtime", "Factory", "posixrules"}


@cache
def zone_names() -> frozenset[str]:
    """The IANA names of all zones that this machine knows; looked up once a process, for that reads six hundred files."""
    return frozenset(available_timezones()) - NOT_ZONES


def named(name: str) -> ZoneInfo | None:
    """The zone of an IANA name; None where there is no such zone, or none any more."""
    return ZoneInfo(name) if name in zone_names() else None
