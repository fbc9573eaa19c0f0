"""A task as people, programs and models write it: what a new one says, and what a change says."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chat.log import MAX_TEXT
from tasks.models import Mode
from workflows.models import Misfire, Overlap
from workflows.schedules.parsing import LONGEST_TEXT

LONGEST_TITLE = 200
LONGEST_REFERENCE = 200
LONGEST_GRACE = 366 * 86_400
MOST_DEPENDENCIES = 20

Delay = Annotated[float | None, Field(description="How long from now; several delays are added up.")]
Reference = Annotated[str | None, Field(max_length=LONGEST_REFERENCE, description="An id or a name.")]
Zone = Annotated[str | None, Field(max_length=64, description="An IANA name, such as Europe/Berlin.")]


class When(BaseModel):
    """Exactly one of three: an absolute time, delays, or a schedule. A delay of 0 is now."""

    model_config = ConfigDict(extra="forbid")

    run_at: Annotated[str | None, Field(max_length=100, description="ISO 8601 with an offset, or local beside a time_zone.")] = None
    delay_seconds: Delay = None
    delay_minutes: Delay = None
    delay_hours: Delay = None
    delay_days: Delay = None
    schedule: Annotated[str | None, Field(max_length=LONGEST_TEXT, description="Such as daily@09:00 or every 2 hours.")] = None
    time_zone: Zone = None

    def delays(self) -> dict[str, float | None]:
        """The delays by their names."""
        return {name: getattr(self, name) for name in DELAYS}

    def says_once(self) -> bool:
        """Whether it names a time at which the task happens once."""
        return self.run_at is not None or any(value is not None for value in self.delays().values())


DELAYS = ("delay_seconds", "delay_minutes", "delay_hours", "delay_days")
# What decides when a task is due; a change of any of them makes the old due time void.
TIMING = ("run_at", *DELAYS, "schedule", "time_zone")


class Draft(When):
    """A whole new task."""

    title: Annotated[str, Field(max_length=LONGEST_TITLE)] = ""
    mode: Mode = Mode.PROMPT_AGENT
    text: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    agent: Reference = None
    workflow: Reference = None
    inputs: dict[str, str] = {}
    conversation: UUID | None = None
    overlap: Overlap = Overlap.SKIP
    misfire: Misfire = Misfire.LATEST
    grace_seconds: Annotated[int | None, Field(ge=0, le=LONGEST_GRACE)] = None
    enabled: bool = True
    depends_on: Annotated[list[UUID], Field(max_length=MOST_DEPENDENCIES)] = []
    metadata: dict[str, Any] = {}
    allow_duplicates: bool = False


class Changes(When):
    """What is to be different; a field that is left out stays as it is. `metadata` is merged into what is there."""

    title: Annotated[str | None, Field(min_length=1, max_length=LONGEST_TITLE)] = None
    mode: Mode | None = None
    text: Annotated[str | None, Field(max_length=MAX_TEXT)] = None
    agent: Reference = None
    workflow: Reference = None
    inputs: dict[str, str] | None = None
    overlap: Overlap | None = None
    misfire: Misfire | None = None
    grace_seconds: Annotated[int | None, Field(ge=0, le=LONGEST_GRACE)] = None
    enabled: bool | None = None
    depends_on: Annotated[list[UUID] | None, Field(max_length=MOST_DEPENDENCIES)] = None
    metadata: dict[str, Any] | None = None

    def given(self) -> dict[str, Any]:
        """The fields that were said, by name; None means “none any more”."""
        return {name: getattr(self, name) for name in self.model_fields_set}
