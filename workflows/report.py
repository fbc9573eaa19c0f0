"""What a workflow's run tells when it has ended."""

import re
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from workflows.graph import Next
from workflows.models import Run, StepRun, StepStatus

MOST_TOLD = 12_000
# Of many rounds only the last steps are told: the run's page has all.
MOST_STEPS, MOST_OF_A_STEP = 12, 120
# What would be taken for Markdown.
SIGNS = re.compile(r"([\\`*_\[\]<>#|~])")


def report(run: Run, found: Next, steps: Sequence[StepRun]) -> str:
    """What was asked, the result, what each step gave and took, and where all of it stands; as Markdown."""
    name = run.workflow.name if run.workflow else "The workflow"
    spent = f"{run.input_tokens + run.output_tokens:,} tokens"
    if run.cost is not None:
        spent += f", ${run.cost:.4f}"
    took = seconds(run.started_at, timezone.now())
    parts = [f"**{name}**{given(run)} is done ({took}).", told(found.output), unmet(found, steps), trail(steps, found.output)]
    return "\n\n".join([*filter(None, parts), f"*{spent}* · [the run](/runs/{run.pk}/)"])


def given(run: Run) -> str:
    """The inputs, in a few words."""
    inputs = ", ".join(f"{name}={value}" for name, value in run.input.get("inputs", {}).items())
    return f" with {in_a_line(inputs)}" if inputs else ""


def unmet(found: Next, steps: Sequence[StepRun]) -> str:
    """That the rounds were used up before a condition was content."""
    if not found.unmet:
        return ""
    last = max(step.round for step in steps)
    return f"It stopped after {last} rounds, which is the most: by its condition “{found.unmet[0]}” was to run once more."


def trail(steps: Sequence[StepRun], output: str | dict[str, str] | None) -> str:
    """What each step gave, a line each; the result stands above already."""
    if len(steps) < 2:
        return ""
    left_out = len(steps) - MOST_STEPS
    before = [f"- {left_out} more steps before"] if left_out > 0 else []
    return "\n".join([*before, *(one_line(step, step.output != output) for step in steps[-MOST_STEPS:])])


def one_line(step: StepRun, quote: bool) -> str:
    """A step: its round, how long it took, and the beginning of what it gave."""
    number = f", round {step.round}" if step.round > 1 else ""
    gave = f": {in_a_line(str(step.output))}" if step.output and quote else ""
    return f"- {in_a_line(step.key)}{number}, {mark(step)}{gave}"


def in_a_line(text: str) -> str:
    """The beginning of a text, as plain words."""
    words = " ".join(text.split())
    return SIGNS.sub(r"\\\1", words if len(words) <= MOST_OF_A_STEP else f"{words[: MOST_OF_A_STEP - 1]}…")


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
