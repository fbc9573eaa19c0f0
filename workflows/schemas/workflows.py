"""What the API takes and gives for workflows."""

from typing import Any, Self
from uuid import UUID

from ninja import Field, Schema

from chat.schemas import Stamp
from workflows import timetable
from workflows.definition import MOST_ROUNDS, BudgetPart, Definition, InputPart, Part, StepPart, WhenPart
from workflows.models import GRACE_SECONDS, Step, Workflow

RUNS = Field(1, ge=1, le=1000, description="How many of its runs may work at a time.")
ROUNDS = Field(1, ge=1, le=MOST_ROUNDS, description="How often steps that lead back to earlier ones are gone through.")

BUDGET: Any = Field(
    BudgetPart(), description="What one run may use before its owner is asked whether to go on; {} for no limit of its own."
)


class WorkflowStepIn(StepPart):
    """A step. `agent_name` is taken, so that the steps of an answer can be sent back, and not read."""

    agent_name: str = Field("", exclude=True)


class WorkflowIn(Definition):
    """A new workflow; agents of steps by id or name."""

    steps: list[WorkflowStepIn]  # type: ignore[assignment] # pydantic reads the list anew, whatever its items are

    def definition(self) -> Definition:
        """The workflow, its steps without what is not read."""
        return Definition.model_validate(self.model_dump(by_alias=True))


class WorkflowChange(Part):
    """What to change; what is left out stays. Steps and inputs are replaced as a whole."""

    name: str = Field("", min_length=1, max_length=100)
    description: str = Field("", max_length=300)
    instruction: str = Field("", max_length=20_000)
    inputs: list[InputPart] = []
    max_concurrent: int = RUNS
    max_rounds: int = ROUNDS
    budget: BudgetPart = BUDGET
    execution_mode: timetable.Mode = "manual"
    schedule: timetable.Text = ""
    time_zone: timetable.Zone = ""
    overlap: timetable.Overlaps = "skip"
    misfire: timetable.Misfires = "latest"
    grace_seconds: timetable.Grace = GRACE_SECONDS
    steps: list[WorkflowStepIn] = []

    def over(self, current: Definition) -> Definition:
        """`current` with what was given in its place."""
        given = self.model_dump(by_alias=True, exclude_unset=True)
        return Definition.model_validate({**current.stored(), **timetable.with_mode(given, current.execution_mode)})


class WorkflowStepOut(Schema):
    """A step of a workflow; `agent` is an id."""

    key: str
    agent: UUID
    agent_name: str
    prompt: str
    after: list[str]
    when: WhenPart | None

    @classmethod
    def of(cls, step: Step) -> Self:
        """Reads `step.agent`."""
        when = WhenPart.model_validate(step.when) if step.when else None
        return cls(key=step.key, agent=step.agent_id, agent_name=step.agent.name, prompt=step.prompt, after=step.after, when=when)


class WorkflowOut(Schema):
    """A workflow. `revision` is the number of its newest version."""

    id: UUID
    name: str
    description: str
    instruction: str
    inputs: list[dict[str, Any]]
    max_concurrent: int
    max_rounds: int
    budget: dict[str, int | float]
    execution_mode: str
    schedule: str | None
    time_zone: str | None
    overlap: str
    misfire: str
    grace_seconds: int
    revision: int | None
    steps: list[WorkflowStepOut]
    created_at: Stamp
    updated_at: Stamp

    @classmethod
    def of(cls, workflow: Workflow) -> Self:
        """For a workflow that came through `rows.shown`, which fetches everything this reads."""
        own = ("name", "description", "instruction", "inputs", "max_concurrent", "max_rounds", "budget", "created_at", "updated_at")
        times = ("execution_mode", "overlap", "misfire", "grace_seconds")
        return cls(
            id=workflow.pk,
            revision=getattr(workflow, "revision", None),
            schedule=workflow.schedule or None,
            time_zone=workflow.time_zone or None,
            steps=[WorkflowStepOut.of(step) for step in workflow.steps.all()],
            **{name: getattr(workflow, name) for name in (*own, *times)},
        )


class Workflows(Schema):
    """A page of workflows, the newest first."""

    items: list[WorkflowOut]
    next: str | None
