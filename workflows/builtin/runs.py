"""The tools that look after runs: find, stop and repeat them, and pass on what a person answers."""

from typing import Any

from chat.models import Message
from workflows import engine, references
from workflows.builtin.agents import owner_of
from workflows.models import Effect, HelpRequest, Lane, Run, RunStatus, StepRun, StepStatus, Trigger
from workflows.tools import ToolContext, ToolError, tool

MOST_LISTED = 50
# How much of an output is told; the rest is on the run's page.
MOST_OUTPUT, MOST_STEP_OUTPUT = 6_000, 1_000
# Triggers of turns that a person's own words set going; a report, a schedule or a retry by a model is nobody's word.
SAID_BY_A_PERSON = (Trigger.CHAT, Trigger.API, Trigger.CLI, Trigger.TELEGRAM, Trigger.MCP)
ANSWERABLE = (HelpRequest.Kind.QUESTION, HelpRequest.Kind.CHOICE)


@tool(effect=Effect.READ, quick=True)
def list_runs(
    context: ToolContext, status: str = "", workflow: str = "", waiting_for_person: bool = False, limit: int = 10
) -> list[dict[str, Any]]:
    """List the newest runs of the person's workflows, each with its status, link and open questions.

    Use it when the person asks what is going on, what has happened, or what waits for them.

    Args:
        status: Only runs that are queued, running, waiting_for_user, succeeded, failed or cancelled.
        workflow: Only runs of this workflow, by name or id.
        waiting_for_person: Only what has an open question for the person, in chats too.
        limit: How many at most, up to 50.
    """
    owner = owner_of(context)
    rows = Run.objects.filter(owner=owner).exclude(pk=context.run_id).select_related("workflow", "conversation").order_by("-queued_at")
    if status and status not in RunStatus:
        raise ToolError(f"“{status[:40]}” is not a status: use one of {', '.join(RunStatus)}.")
    rows = rows.filter(status=status) if status else rows
    rows = rows.filter(workflow=references.workflow(owner, workflow)) if workflow else rows
    asking = HelpRequest.objects.open().filter(run__owner=owner).order_by().values("run")
    rows = rows.filter(pk__in=asking) if waiting_for_person else rows.filter(lane=Lane.RUN)
    return [told(run) for run in rows[: max(1, min(limit, MOST_LISTED))]]


def told(run: Run) -> dict[str, Any]:
    """A run in a few fields."""
    chat = f"the chat “{run.conversation.title}”" if run.conversation.title else "a chat"
    what = run.workflow.name if run.workflow else chat if run.lane == Lane.TURN else "a deleted workflow"
    found = {"run": str(run.pk), "workflow": what, "status": run.status, "link": f"/runs/{run.pk}/"}
    found["began"] = (run.started_at or run.queued_at).isoformat(timespec="minutes")
    questions = [question(request) for request in HelpRequest.objects.open().filter(run=run)]
    return {**found, "questions": questions} if questions else found


def question(request: HelpRequest) -> dict[str, Any]:
    """An open question as a model can pass it on."""
    return {"request_id": str(request.pk), "kind": request.kind, "question": request.question, "options": request.options}


@tool(effect=Effect.READ, quick=True)
def get_run(context: ToolContext, run: str) -> dict[str, Any]:
    """Show one run: what each step gave or why it failed, the result, the cost, and its open questions.

    Use it when the person asks how a run went or why it failed. You need not watch a run that you started: you are told.

    Args:
        run: Its id; or a workflow's name for its newest run; or “last” for the last one of this conversation.
    """
    row = references.run(owner_of(context), run, context.conversation_id)
    steps = [step_told(step) for step in row.steps.select_related("agent").defer("messages")]
    spent = {"tokens": row.input_tokens + row.output_tokens, "cost": str(row.cost) if row.cost is not None else "unknown"}
    ended = {"output": cut(row.output, MOST_OUTPUT)} if row.status == RunStatus.SUCCEEDED else {"error": row.error}
    return {**told(row), "inputs": row.input.get("inputs", {}), "steps": steps, **ended, **spent}


def step_told(step: StepRun) -> dict[str, Any]:
    """A step of a run."""
    found = {"step": step.key, "round": step.round, "agent": step.agent.name if step.agent else "", "status": step.status}
    if step.status == StepStatus.FAILED:
        return {**found, "error": step.error}
    return {**found, "output": cut(step.output, MOST_STEP_OUTPUT)} if step.output else found


def cut(output: Any, most: int) -> Any:
    """An output, or as much of it as fits."""
    text = output if isinstance(output, str) else str(output)
    return output if len(text) <= most else f"{text[:most]}\n[{len(text) - most:,} more characters are on the run's page]"


@tool(effect=Effect.IDEMPOTENT, atomic=True)
def cancel_run(context: ToolContext, run: str) -> str:
    """Stop a run that is queued, at work or waiting. What its finished steps gave stays.

    Use it when the person wants a run to stop.

    Args:
        run: Its id; or a workflow's name for its newest run; or “last” for the last one of this conversation.
    """
    owner = owner_of(context)
    row = references.run(owner, run, context.conversation_id)
    if row.pk == context.run_id:
        raise ToolError("This run is your own: just end it with your answer.")
    stopped = engine.cancel(row, by=owner)
    return "The run was cancelled." if stopped.status == RunStatus.CANCELLED else "The run stops at its next checkpoint, within seconds."


@tool(effect=Effect.IDEMPOTENT, atomic=True)
def retry_run(context: ToolContext, run: str) -> dict[str, Any]:
    """Try a failed or cancelled run again from where it ended: finished steps are not repeated.

    Use it when the person wants it, and what made it fail is mended or may have been passing.

    Args:
        run: Its id; or a workflow's name for its newest run; or “last” for the last one of this conversation.
    """
    owner = owner_of(context)
    row, caller = references.run(owner, run, context.conversation_id), Run.objects.get(pk=context.run_id)
    again = engine.retry(row, by=owner, trigger=Trigger.TOOL, because_of=caller)
    return {"run": str(again.pk), "retry_of": str(again.retry_of_id), "status": again.status, "link": f"/runs/{again.pk}/"}


@tool(effect=Effect.IDEMPOTENT, atomic=True)
def respond_to_run(context: ToolContext, run: str, response: str, request_id: str = "") -> str:
    """Pass the person's answer on to a run that asked them a question; the run goes on with it.

    Use it only with what the person told you as their answer, never with one of your own. Approvals, confirmations and
    credentials are for the person alone: tell them the run's link.

    Args:
        run: The id of the run that asks; or its workflow's name; or “last” for the last one of this conversation.
        response: The answer, in the person's words; for a choice, the option.
        request_id: Which of its questions, where it has several.
    """
    owner = owner_of(context)
    row = references.run(owner, run, context.conversation_id)
    request = asked(row, request_id)
    if request.kind not in ANSWERABLE:
        raise ToolError(f"This is not a question but a matter of {request.kind}: only the person may decide it, at /runs/{row.pk}/.")
    if row.pk == context.run_id or not said_by_a_person(Run.objects.get(pk=context.run_id)):
        raise ToolError(
            "Questions of runs are answered by people, and no message of theirs began this work: "
            f"tell the person that the run asks, at /runs/{row.pk}/, or ask them with request_user_help."
        )
    engine.respond(request, by=owner, via=Message.Via.RUN, response=response)
    return f"Passed on: the run of “{row.workflow}” goes on with “{response[:200]}”."


def said_by_a_person(run: Run) -> bool:
    """Whether it is the turn that answers a message of its owner's own, so that it can hold an answer of theirs."""
    # A retry keeps the parent and the task of what it repeats: whoever pressed the button said nothing by it.
    if run.lane != Lane.TURN or run.trigger not in SAID_BY_A_PERSON or run.parent_id or run.task_id or run.asked_seq is None:
        return False
    said = Message.objects.filter(conversation=run.conversation_id, seq=run.asked_seq, author=Message.Author.USER)
    return said.filter(user=run.owner_id).exists()


def asked(run: Run, request_id: str) -> HelpRequest:
    """The open question that is meant, or ToolError that lists those there are."""
    still_open = list(HelpRequest.objects.open().filter(run=run))
    if request_id:
        still_open = [request for request in still_open if request.pk == references.as_id(request_id)]
    if len(still_open) == 1:
        return still_open[0]
    if not still_open:
        raise ToolError(f"The run asks no such question now: it is {run.status}.")
    listed = "; ".join(f"{request.pk}: {request.question[:100]}" for request in still_open)
    raise ToolError(f"The run asks {len(still_open)} questions: give the request_id of one. {listed}")
