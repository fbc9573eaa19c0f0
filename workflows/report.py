"""What a workflow's run tells when it has ended."""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from workflows.models import Run, StepRun, StepStatus

MOST_TOLD = 12_000


def report(run: Run, output: str | dict[str, str] | None, steps: Iterable[StepRun]) -> str:
    """The result, and below it in one line what each step took; as Markdown."""
    name = run.workflow.name if run.workflow else "The workflow"
    spent = f"{run.input_tokens + run.output_tokens:,} tokens"
    if run.cost is not None:
        spent += f", ${run.cost:.4f}"
    took = seconds(run.started_at, timezone.now())
    trail = " · ".join(f"{step.key} {mark(step)}" for step in steps)
    return f"**{name}** is done ({took}).\n\n{told(output)}\n\n*{trail} · {spent}*"


def told(output: str | dict[str, str] | None) -> str:
    """The result as text: one output, or each under its step's key."""
    if output is None:
        return "No step had anything to do."
    text = output if isinstance(output, str) else "\n\n".join(f"### {key}\n\n{value}" for key, value in output.items())
    return text if len(text) <= MOST_TOLD else f"{text[:MOST_TOLD]}\n\n[{len(text) - MOST_TOLD:,} more characters are on the run's page]"


def mark(step: StepRun) -> str:
    """How one step went."""
    return "skipped" if step.status == StepStatus.SKIPPED else seconds(step.started_at, step.finished_at)


def seconds(begun: datetime | None, ended: datetime | None) -> str:
    """A span of time in words."""
    if begun is None or ended is None:
        return "–"
    span = (ended - begun).total_seconds()
    return f"{span:.1f} s" if span < 60 else f"{span // 60:.0f} min {span % 60:.0f} s"
