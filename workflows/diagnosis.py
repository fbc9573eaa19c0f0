"""What somebody who is asked for help needs to know of a run: what happened when, and none of what was said."""

from datetime import UTC, datetime

from workflows.trace import StepShown, Trace


def diagnosis(trace: Trace) -> str:
    """A run as plain text, without words of the person, the model or the tools, which may hold secrets."""
    run = trace.run
    head = [
        f"Run {run.pk}",
        f"{trace.status}, {run.lane} by {run.trigger}, agent {run.agent.name if run.agent else '-'}",
        f"queued {utc(run.queued_at)}, started {utc(run.started_at)}, finished {utc(run.finished_at)}",
        f"attempts {run.attempts}, deaths {run.deaths}, tokens {run.input_tokens} in, {run.output_tokens} out",
    ]
    if run.retry_of_id:
        head.append(f"another try of {run.retry_of_id}")
    if run.error:
        head.append(f"error: {run.error}")
    return "\n".join([*head, *(line for step in trace.steps for line in step_lines(step))])


def step_lines(step: StepShown) -> list[str]:
    """A step, its replies and its calls."""
    found = [f"step {step.key}: {step.status}, {len(step.replies)} replies"]
    for reply in step.replies:
        found.append(f"  {reply.number}. {reply.model or 'no reply saved'}")
        found += [f"     {call.tool or 'halt'}: {call.state or 'no row'} ({call.took or 'no end'})" for call in reply.calls]
    return found


def utc(at: datetime | None) -> str:
    """A moment as logs have it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z" if at else "-"
