"""What the API takes and gives for workflows."""

from typing import Any, Literal, Self
from uuid import UUID

from ninja import Field, Schema
from pydantic import field_validator

from chat.schemas import Stamp
from workflows.definition import MOST_ROUNDS, BudgetPart, Definition, InputPart, Part, StepPart, WhenPart
from workflows.models import Step, Workflow

RUNS = Field(1, ge=1, le=1000, description="How many of its runs may work at a time.")
ROUNDS = Field(1, ge=1, le=MOST_ROUNDS, description="How often steps that lead back to earlier ones are gone through.")

BUDGET: Any = Field(
    BudgetPart(), description="What one run may use before its owner is asked whether to go on; {} for no limit of its own."
)


class Timing(Part):
    """When a workflow runs by itself. Schedules come later: until then it runs when somebody starts it, and nothing else is taken."""

    execution_mode: Literal["one_time"] = "one_time"
    schedule: Literal[""] | None = None
    time_zone: Literal[""] | None = None
    overlap: Literal["skip"] = "skip"
    misfire: Literal["latest"] = "latest"
    grace_seconds: Literal[86_400] = 86_400

    @field_validator("schedule", "time_zone", mode="before")
    @classmethod
    def empty(cls, value: Any) -> Any:
        if value not in ("", None):
            raise ValueError("schedules come in a later version: leave this out")
        return value


class WorkflowStepIn(StepPart):
    """A step. `agent_name` is taken, so that the steps of an answer can be sent back, and not read."""

    agent_name: str = Field("", exclude=True)


class WorkflowIn(Definition, Timing):
    """A new workflow; agents of steps by id or name."""

    steps: list[WorkflowStepIn]  # type: ignore[assignment] # pydantic reads the list anew, whatever its items are

    def definition(self) -> Definition:
        """The workflow alone."""
        return Definition.model_validate(self.model_dump(by_alias=True, exclude=set(Timing.model_fields)))


class WorkflowChange(Timing):
    """What to change; what is left out stays. Steps and inputs are replaced as a whole."""

    name: str = Field("", min_length=1, max_length=100)
    description: str = Field("", max_length=300)
    instruction: str = Field("", max_length=20_000)
    inputs: list[InputPart] = []
    max_concurrent: int = RUNS
    max_rounds: int = ROUNDS
    budget: BudgetPart = BUDGET
    steps: list[WorkflowStepIn] = []

    def over(self, current: Definition) -> Definition:
        """`current` with what was given in its place."""
        given = self.model_dump(by_alias=True, exclude_unset=True, exclude=set(Timing.model_fields))
        return Definition.model_validate({**current.stored(), **given})


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


class WorkflowOut(Timing):
    """A workflow. `revision` is the number of its newest version."""

    id: UUID
    name: str
    description: str
    instruction: str
    inputs: list[dict[str, Any]]
    max_concurrent: int
    max_rounds: int
    budget: dict[str, int | float]
    revision: int | None
    steps: list[WorkflowStepOut]
    created_at: Stamp
    updated_at: Stamp

    @classmethod
    def of(cls, workflow: Workflow) -> Self:
        """For a workflow that came through `rows.shown`, which fetches everything this reads."""
        own = ("name", "description", "instruction", "inputs", "max_concurrent", "max_rounds", "budget", "created_at", "updated_at")
        return cls(
            id=workflow.pk,
            revision=getattr(workflow, "revision", None),
            steps=[WorkflowStepOut.of(step) for step in workflow.steps.all()],
            **{name: getattr(workflow, name) for name in own},
        )


class Workflows(Schema):
    """A page of workflows, the newest first."""

    items: list[WorkflowOut]
    next: str | None
