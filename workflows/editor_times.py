"""When a workflow runs by itself, as its form asks for it and shows what was understood."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.utils import timezone

from chat.models import Profile
from workflows import schedules, timetable
from workflows.definition import Definition
from workflows.errors import InvalidError
from workflows.models import GRACE_SECONDS, ExecutionMode, Misfire, Overlap

HOUR = 3600
FIELDS = ("execution_mode", "schedule", "time_zone", "overlap", "misfire", "grace_hours")
USUAL = {"execution_mode": "manual", "overlap": "skip", "misfire": "latest", "grace_hours": f"{GRACE_SECONDS / HOUR:.12g}"}
LABELS = {
    "execution_mode": "When it runs by itself",
    "schedule": "Schedule",
    "time_zone": "Time zone",
    "overlap": "While an earlier run is not over",
    "misfire": "Times that were missed",
    "grace_seconds": "How late at most",
}
# In the words of the buttons.
MODES = {ExecutionMode.MANUAL: "Only by hand", ExecutionMode.SCHEDULE: "On a schedule", ExecutionMode.CONTINUOUS: "Again and again"}
CHOICES = {"modes": MODES.items(), "overlaps": Overlap.choices, "misfires": Misfire.choices}


@dataclass(frozen=True)
class Times:
    """What says when it runs, as far as it was typed."""

    execution_mode: str
    schedule: str
    time_zone: str


@dataclass(frozen=True)
class Understood:
    """When it would run, in words and with its next times; or what is wrong with what was typed, and the schedule that it may mean."""

    words: str = ""
    next: tuple[schedules.Due, ...] = ()
    wrong: str = ""
    meant: schedules.Schedule | None = None


def times_data(own: Mapping[str, str]) -> dict[str, Any]:
    """The times as a definition has them, right or wrong."""
    given = {name: own.get(name) or USUAL.get(name, "") for name in FIELDS}
    return {**{name: given[name] for name in FIELDS if name != "grace_hours"}, "grace_seconds": seconds(given["grace_hours"])}


def seconds(hours: str) -> int | str:
    """Seconds, where a number of hours was typed; whatever else it is, is refused at its place."""
    return round(float(hours) * HOUR) if re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,12})?", hours) else hours


def filled_times(definition: Definition) -> dict[str, str]:
    """What the form shows of a definition."""
    own = {name: str(getattr(definition, name)) for name in FIELDS if name != "grace_hours"}
    return own | {"grace_hours": f"{definition.grace_seconds / HOUR:.12g}"}


def understood(own: Mapping[str, str], owner: User) -> Understood:
    """What was typed so far, for its owner to look at before it is saved."""
    zone = own.get("time_zone") or Profile.of(owner).zone().key
    times = Times(own.get("execution_mode") or ExecutionMode.MANUAL, own.get("schedule", ""), zone)
    if times.execution_mode == ExecutionMode.SCHEDULE and not times.schedule:
        return Understood()
    now = timezone.now()
    wrong = dict(timetable.mistakes(times))
    if "time_zone" in wrong:
        return Understood(wrong=wrong["time_zone"])
    if "schedule" in wrong:
        found = meant(times, now)
        return Understood(schedules.describe(found) if found else "", wrong=wrong["schedule"], meant=found)
    return Understood(timetable.described(times), tuple(timetable.upcoming(times, now)))


def meant(times: Times, now: datetime) -> schedules.Schedule | None:
    """The schedule that somebody has said in words of their own, such as “every weekday at 9”."""
    try:
        # Something to do has to stand behind the time.
        return schedules.understand(f"{times.schedule} work", now, ZoneInfo(times.time_zone)).schedule
    except InvalidError:
        return None
