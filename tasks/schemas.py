"""What the API takes and gives for tasks and their due times."""

from typing import Annotated, Any, Self
from uuid import UUID

from ninja import Field, Schema
from pydantic import BeforeValidator, ConfigDict, StrictBool, WithJsonSchema

from chat.schemas import Stamp, whole
from tasks import reading
from tasks.drafts import LONGEST_GRACE, Changes, Draft
from tasks.models import Occurrence, OccurrenceState, Task
from workflows.schedules import Due

# JSON has numbers, texts and truth: none of them is taken for another.
Delay = Annotated[float, Field(strict=True, description="How long from now; several delays are added up.")] | None
Grace = (
    Annotated[
        int, BeforeValidator(whole), Field(strict=True, ge=0, le=LONGEST_GRACE, description="Missed times older are not made up for.")
    ]
    | None
)
# Shown, and so sent back by whoever changes what they were shown; not read.
Ignored = Annotated[Any, Field(exclude=True, description="Taken and not read.")]


class TaskIn(Draft):
    """A new task: what, and when, as one of `run_at`, delays, or a `schedule`."""

    model_config = ConfigDict(extra="forbid", validate_by_name=False, validate_by_alias=True)

    delay_seconds: Delay = None
    delay_minutes: Delay = None
    delay_hours: Delay = None
    delay_days: Delay = None
    grace_seconds: Grace = None
    enabled: StrictBool = True
    allow_duplicates: StrictBool = False
    conversation: UUID | None = Field(None, alias="conversation_id", description="Where it works and reports; none: one of its own.")


class TaskChange(Changes):
    """What to change; what is left out stays. `metadata` is merged into what is there."""

    delay_seconds: Delay = None
    delay_minutes: Delay = None
    delay_hours: Delay = None
    delay_days: Delay = None
    grace_seconds: Grace = None
    enabled: StrictBool | None = None


class TaskPut(TaskChange):
    """A task as it was shown, with changes; what is left out, or is as it was, stays. Only what can be changed is read."""

    id: Ignored = None
    conversation_id: Ignored = None
    agent_name: Ignored = None
    workflow_name: Ignored = None
    continuous: Ignored = None
    status: Ignored = None
    active_run: Ignored = None
    managed_by: Ignored = None
    managed_by_name: Ignored = None
    next_due_at: Ignored = None
    description: Ignored = None
    anchor: Ignored = None
    created_by: Ignored = None
    failures: Ignored = None
    last_error: Ignored = None
    paused_because: Ignored = None
    created_at: Ignored = None
    updated_at: Ignored = None

    def changes(self, current: "TaskOut") -> TaskChange:
        """What is different from `current`."""
        shown = current.model_dump(mode="json")
        given = self.model_dump(mode="json", exclude_unset=True)
        return TaskChange.model_validate({name: value for name, value in given.items() if name not in shown or shown[name] != value})


class TaskOut(Schema):
    """A task. `description` says in words when it happens; `anchor` is the seq of the message that promised it."""

    id: UUID
    title: str
    # Words as they stand: a row that holds another one can still be shown.
    mode: str = Field(description="notify, prompt_agent or run_workflow.")
    text: str
    conversation_id: UUID
    agent: UUID | None
    agent_name: str | None
    workflow: UUID | None
    workflow_name: str | None
    inputs: dict[str, str]
    run_at: Stamp | None
    schedule: str | None
    continuous: bool
    time_zone: str
    overlap: str = Field(description="skip, queue, allow or replace.")
    misfire: str = Field(description="latest, all or none.")
    grace_seconds: int
    enabled: bool
    paused_because: str | None
    status: str = Field(description="pending, running, waiting_for_user, succeeded, failed or cancelled.")
    active_run: UUID | None
    managed_by: UUID | None
    managed_by_name: str | None
    next_due_at: Stamp | None
    description: str
    depends_on: list[UUID]
    metadata: dict[str, Any]
    anchor: int | None
    created_by: str | None
    failures: int
    last_error: str | None
    created_at: Stamp
    updated_at: Stamp

    @classmethod
    def of(cls, task: Task) -> Self:
        """For a task that came through `reading.listed`, which fetches everything this reads. References are ids, names beside them."""
        references = {"agent": task.agent_id, "workflow": task.workflow_id, "managed_by": task.managed_by_id}
        told = reading.told(task)
        names = {f"{name}_name": told[name] for name in references}
        own = {name: getattr(task, name) for name in ("continuous", "failures", "created_at", "updated_at")}
        return cls.model_validate({**told, **references, **names, **own})


class Tasks(Schema):
    """A page of tasks, the newest first."""

    items: list[TaskOut]
    next: str | None


class OccurrenceOut(Schema):
    """A due time and what became of it; one row may stand for several (`count`, the last of them at `until`)."""

    due_at: Stamp
    until: Stamp | None
    count: int
    state: OccurrenceState
    reason: str | None
    by_hand: bool
    run_id: UUID | None
    message_seq: int | None
    fired_at: Stamp | None
    late_ms: int | None

    @classmethod
    def of(cls, row: Occurrence) -> Self:
        return cls.model_validate(reading.occurrence_told(row))


class Occurrences(Schema):
    """A page of due times, the newest first."""

    items: list[OccurrenceOut]
    next: str | None


Local = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization")]


class DueOut(Schema):
    """A due time to come: the instant, the same on the wall clock, and what a change of the clock does to it."""

    at: Stamp
    local: Local
    note: str

    @classmethod
    def of(cls, due: Due) -> Self:
        return cls(at=due.at, local=due.local.isoformat(timespec="seconds"), note=due.note)


class Preview(Schema):
    """What a schedule means."""

    description: str
    time_zone: str
    next: list[DueOut]
