"""When a workflow runs by itself: what its definition says about it, checked and put into words."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol
from zoneinfo import ZoneInfo

from django.conf import settings
from pydantic import BeforeValidator, Field

from chat.zones import zone_names
from workflows import schedules
from workflows.errors import InvalidError
from workflows.models import ExecutionMode
from workflows.schedules.parsing import LONGEST_TEXT

# The fields of a workflow that say when it runs.
TIMES = ("execution_mode", "schedule", "time_zone", "overlap", "misfire", "grace_seconds")
LONGEST_GRACE = 366 * 86_400
# Words that earlier versions gave and took.
FORMER = {"one_time": "manual", "interval": "schedule"}

# A pause of one unit.
ONE = {"second": "a second", "minute": "a minute", "hour": "an hour", "week": "a week"}

# JSON's null is as good as an empty text.
EMPTY = BeforeValidator(lambda value: "" if value is None else value)
Mode = Annotated[
    Literal["manual", "schedule", "continuous"],
    BeforeValidator(lambda word: FORMER.get(word, word) if isinstance(word, str) else word),
    Field(description="When it runs by itself; with a schedule and no mode: at the schedule's times."),
]
Text = Annotated[
    str, EMPTY, Field(max_length=LONGEST_TEXT, description="Such as daily@09:00, every 2 hours, 0 9 * * 1-5; continuous: the pause.")
]
Zone = Annotated[str, EMPTY, Field(max_length=64, description="An IANA name, such as Europe/Berlin; none: the owner's.")]
Overlaps = Annotated[
    Literal["skip", "queue", "allow", "replace"], Field(description="What a due time does while an earlier run is not over.")
]
Misfires = Annotated[Literal["latest", "all", "none"], Field(description="What is done about times at which nothing was running.")]
Grace = Annotated[int, Field(ge=0, le=LONGEST_GRACE, description="A missed time older than this is not made up for.")]


class Timed(Protocol):
    """What says when a workflow runs: a definition, or a workflow itself."""

    @property
    def execution_mode(self) -> str: ...
    @property
    def schedule(self) -> str: ...
    @property
    def time_zone(self) -> str: ...


def with_mode(data: Any, current: str = "manual") -> Any:
    """`data` in which a schedule that comes without a mode says the mode: nobody writes one for nothing."""
    if not isinstance(data, dict) or "execution_mode" in data or not data.get("schedule") or current != "manual":
        return data
    return {**data, "execution_mode": "schedule"}


def scheduled(timed: Timed) -> bool:
    """Whether it runs by itself."""
    return timed.execution_mode != ExecutionMode.MANUAL


def differs(one: Timed, other: Timed) -> bool:
    """Whether two versions run at other times."""
    return any(getattr(one, name) != getattr(other, name) for name in ("execution_mode", "schedule"))


def mistakes(timed: Timed) -> Iterator[tuple[str, str]]:
    """What is wrong with the times at which it runs, and where."""
    if timed.time_zone and timed.time_zone not in zone_names():
        sentence = f"“{timed.time_zone[:64]}” is not a time zone: give its IANA name, such as Europe/Berlin or America/New_York."
        yield "time_zone", sentence
    if timed.schedule or timed.execution_mode == ExecutionMode.SCHEDULE:
        yield from wrong_schedule(timed)


def wrong_schedule(timed: Timed) -> Iterator[tuple[str, str]]:
    """What is wrong with a schedule that was given, or is needed."""
    try:
        found = schedules.parse(timed.schedule)
    except InvalidError as exc:
        yield "schedule", str(exc)
        return
    if timed.execution_mode == ExecutionMode.CONTINUOUS and found.every is None:
        pause = "give the pause between them, such as “every 5 minutes”, or nothing."
        yield "schedule", f"“{found}” is a time of day, and each run begins when the one before has ended: {pause}"


def undefaulted(needed: set[str], named: list[str]) -> Iterator[tuple[str, str]]:
    """Inputs that nobody is there to give when a workflow runs by itself. `named` are those that it declares, in order."""
    for name in sorted(needed):
        place = f"inputs[{named.index(name)}].default" if name in named else "inputs"
        yield place, f"“{name}” needs a default: nobody is there to give it when the workflow runs by itself."


def described(timed: Timed) -> str:
    """When it runs, such as “weekdays at 09:00, Europe/Berlin”; empty when only somebody runs it."""
    if not scheduled(timed):
        return ""
    try:
        if timed.execution_mode == ExecutionMode.CONTINUOUS:
            return continuous(timed.schedule)
        schedule = schedules.parse(timed.schedule)
    except InvalidError:
        return f"its schedule “{timed.schedule[:80]}” cannot be read: give it another, such as daily@09:00"
    # The name alone: a zone that the zone database has lost can still be told.
    return schedules.describe(schedule) + (f", {timed.time_zone}" if schedule.fields and timed.time_zone else "")


def continuous(pause: str) -> str:
    """The same of what begins anew when it has ended. `pause`: an interval, or nothing for the shortest."""
    words = schedules.describe(schedules.parse(pause)).removeprefix("every ") if pause else f"{settings.AGENTRON_MIN_INTERVAL} seconds"
    return f"again and again, {ONE.get(words, words)} after the run before has ended"


def upcoming(timed: Timed, now: datetime, n: int = 3) -> list[schedules.Due]:
    """The next times of a schedule that is right; none where they count from a moment that only the task knows."""
    schedule = schedules.parse(timed.schedule) if timed.execution_mode == ExecutionMode.SCHEDULE else None
    if schedule is None or schedule.fields is None:
        return []
    return schedules.upcoming(schedule, now, ZoneInfo(timed.time_zone), n)
