"""Who works: the processes heard of, and what to do about one that is missing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from agentron.health import CLOCK_SECONDS, WORKER_SECONDS
from chat.templatetags.figures import MINUTE, coarse
from workflows.models import Heartbeat

# For how long each kind may be silent, and how to start one.
NEEDED = {
    Heartbeat.Kind.WORKER: (WORKER_SECONDS, "start one with `agentron worker`, or everything with `agentron up`"),
    Heartbeat.Kind.CLOCK: (CLOCK_SECONDS, "`agentron worker` starts one too, `agentron clock` one alone"),
}


@dataclass(frozen=True)
class Presence:
    """One kind of process: which are alive, when the last was heard of, and a sentence where one is missing."""

    kind: str
    alive: list[str]
    age: str
    sentence: str


def presences(beats: Iterable[Heartbeat], now: datetime) -> list[Presence]:
    """Each kind that is needed, as `beats`, the newest first, tell."""
    found = list(beats)
    return [presence(kind, [beat for beat in found if beat.kind == kind], now) for kind in NEEDED]


def presence(kind: Heartbeat.Kind, beats: list[Heartbeat], now: datetime) -> Presence:
    """One kind; `beats` are its own, the newest first."""
    seconds, remedy = NEEDED[kind]
    alive = [beat.name for beat in beats if (now - beat.at).total_seconds() < seconds]
    age = told(now - beats[0].at) if beats else ""
    if alive:
        return Presence(kind.label, alive, age, "")
    since = f"has been heard of for {age}" if age else "is running"
    return Presence(kind.label, [], age, f"No {kind.label.lower()} {since}: {remedy}.")


def told(age: timedelta) -> str:
    """An age in words: seconds, then larger units."""
    return coarse(age) if age >= MINUTE else f"{max(age.seconds, 0)} s"
