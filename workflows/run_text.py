"""A run in plain lines, for a terminal."""

from collections.abc import Iterator

from chat import asking
from chat.figures import span
from chat.terminal import clean
from chat.tool_cards import gist, label
from workflows.models import CallState, HelpStatus, Lane, Run, RunStatus
from workflows.schemas import HelpRequestOut, RunOut, StepOut, ToolCallOut

INDENT = 16


def described(run: RunOut) -> Iterator[str]:
    """A run for a person to read: what was asked, what was done for it, what came of it."""
    yield f"Run {run.id}"
    yield line("Status", Run(status=run.status).get_status_display())
    yield line("Asked", asked(run))
    yield line("Since", f"{run.queued_at:%Y-%m-%d %H:%M} UTC{took(run)}")
    if run.revision:
        yield line("Version", run.revision)
    yield line("Conversation", run.conversation_id)
    if run.usage.input_tokens or run.usage.output_tokens:
        yield line("Tokens", f"{run.usage.input_tokens:,} in, {run.usage.output_tokens:,} out")
    for step in run.steps:
        yield from step_lines(run, step)
    for question in run.help_requests:
        yield from question_lines(question)
    if run.error:
        yield line("Error", clean(run.error))
    if run.output is not None:
        yield line("Answer", clean(str(run.output)))


def line(name: str, value: object) -> str:
    """One fact under its name."""
    return f"  {name:<{INDENT - 2}}{value}"


def asked(run: RunOut) -> str:
    """What a run was asked, in one line: the words of a turn, whose end it follows up, or the workflow with its inputs."""
    if run.lane == Lane.TURN and run.parent_id:
        return f"Follow-up to run {str(run.parent_id)[-8:]}"
    if run.lane == Lane.TURN:
        return short(str(run.input.get("text", "")))
    given = ", ".join(f"{name}={value}" for name, value in run.input.get("inputs", {}).items())
    return short(f"{run.workflow_name or 'a workflow that was deleted'}{f': {given}' if given else ''}")


def took(run: RunOut) -> str:
    """How long it worked, once it has ended."""
    if run.started_at is None or run.finished_at is None:
        return ""
    return f", took {span((run.finished_at - run.started_at).total_seconds())}"


def step_lines(run: RunOut, step: StepOut) -> Iterator[str]:
    """A step, unless it is the only one as in a turn, and the tools it used."""
    if run.lane != Lane.TURN:
        yield line("Step", clean(told(step)))
    for call in step.tool_calls:
        about = gist(call.arguments or {})
        yield line("Tool", f"{label(call.tool)}{f' ({short(about)})' if about else ''}: {progress(run, call)}")


def told(step: StepOut) -> str:
    """How a step of a workflow stands: who does it, in which round, and what went wrong or why it was left out."""
    number = f", round {step.round}" if step.round > 1 else ""
    by = f" by {step.agent_name}" if step.agent_name else ""
    why = step.error or step.reason
    return f"{step.key}{number}{by}: {step.status.label.lower()}{f' ({short(why)})' if why else ''}"


def progress(run: RunOut, call: ToolCallOut) -> str:
    """What is known of a call."""
    match call.state:
        case CallState.INTENDED:
            return "waits for the answer" if run.status == RunStatus.WAITING_FOR_USER else "at work"
        case CallState.FAILED:
            return f"failed ({short(call.error)})" if call.error else "failed"
        case _:
            return call.state.label.lower()


def question_lines(question: HelpRequestOut) -> Iterator[str]:
    """A question with its answer, or with how to give one."""
    if question.status == HelpStatus.OPEN:
        shown = {**question.model_dump(mode="json"), "request_id": question.id, "question_kind": question.kind}
        first, *more = map(clean, asking.question_lines(shown))
        yield line("Question", first)
        yield from (line("", item) for item in more)
        return
    yield line("Question", clean(question.question))
    by = f" by {question.answered_by}" if question.answered_by else ""
    answer = ": ".join(filter(None, dict.fromkeys([question.decision, question.response])))
    yield line("", clean(f"{question.status.label}{by}{f': {answer}' if answer else ''}"))


def in_a_line(question: HelpRequestOut) -> str:
    """A question in one line, with the beginning of what a call is about."""
    return short(f"{question.question} {gist(question.arguments or {})}")


def short(text: str) -> str:
    """The beginning of a text, in one line."""
    found = clean(" ".join(text.split()))
    return found if len(found) <= 70 else f"{found[:69]}…"
