"""What must hold after every fault, read from the rows and the file of effects (docs/promises.md)."""

from collections import Counter
from pathlib import Path
from uuid import UUID

from django.db.models import Count, Max, Min

from chat.models import Conversation, Draft, Message
from workflows.models import FINISHED, CallState, HelpRequest, Run, RunStatus, StepRun, StepStatus, ToolCall


def broken(effects: Path, calls_a_turn: int) -> list[str]:
    """A sentence for each invariant that does not hold; an empty list is what everybody wants."""
    return [*runs(), *steps(calls_a_turn), *log(), *once(effects)]


def broken_walks(effects: Path, calls: dict[str, int]) -> list[str]:
    """The same for runs of a workflow whose steps make so many calls each."""
    return [*runs(), *walks(calls), *log(), *once(effects)]


def walks(calls: dict[str, int]) -> list[str]:
    """Every step of every run was committed once, with its calls, after those that it waits for."""
    found = []
    for run in Run.objects.filter(status=RunStatus.SUCCEEDED).prefetch_related("steps__tool_calls"):
        done = sorted((step.key, step.status, len(step.tool_calls.all()), step.replies) for step in run.steps.all())
        if done != sorted((key, StepStatus.SUCCEEDED, number, number + 1) for key, number in calls.items()):
            found.append(f"run {run.pk} has the steps {done}")
        if any(call.state != CallState.DONE for step in run.steps.all() for call in step.tool_calls.all()):
            found.append(f"run {run.pk} has calls that are not done")
    return found


def runs() -> list[str]:
    """Every run ended or waits for a person, under no lease; each that ended said so once."""
    found = [f"run {run.pk} is {run.status}" for run in Run.objects.filter(status__in=(RunStatus.QUEUED, RunStatus.RUNNING))]
    found += [f"run {run.pk} {run.status}: {run.error}" for run in Run.objects.filter(status__in=(RunStatus.FAILED, RunStatus.CANCELLED))]
    found += [f"run {run.pk} ended under a lease" for run in Run.objects.filter(status__in=FINISHED).exclude(leased_by="")]
    said = Message.objects.filter(kind="status", payload__status__in=[str(status) for status in FINISHED])
    terminal = dict(said.order_by().values_list("run_id").annotate(Count("pk")))
    found += [f"run {pk} has {terminal.get(pk, 0)} terminal messages" for pk in ended() if terminal.get(pk, 0) != 1]
    return found


def ended() -> list[UUID]:
    """The ids of the runs that have ended."""
    return list(Run.objects.filter(status__in=FINISHED).values_list("pk", flat=True))


def steps(calls_a_turn: int) -> list[str]:
    """One step a turn, committed once, with all of its calls in the journal."""
    found = []
    for run in Run.objects.filter(status=RunStatus.SUCCEEDED).prefetch_related("steps__tool_calls"):
        step, *more = run.steps.all()
        states = [call.state for call in step.tool_calls.all()]
        if more or step.status != StepStatus.SUCCEEDED or states != [CallState.DONE] * calls_a_turn:
            found.append(f"run {run.pk} has {1 + len(more)} steps, {step.status}, calls {states}")
        if step.replies != calls_a_turn + 1:
            found.append(f"run {run.pk} committed {step.replies} replies")
    if StepRun.objects.filter(status=StepStatus.RUNNING, run__status__in=FINISHED).exists():
        found.append("a step runs in a run that has ended")
    return found


def log() -> list[str]:
    """Numbers without gaps, tool calls and answers once, no draft left."""
    numbers = Conversation.objects.annotate(n=Count("messages"), low=Min("messages__seq"), high=Max("messages__seq"))
    found = [
        f"conversation {pk}: {n} messages, {low} to {high}, last_seq {last}"
        for pk, n, low, high, last in numbers.filter(last_seq__gt=0).values_list("pk", "n", "low", "high", "last_seq")
        if not (n == high == last and low == 1)
    ]
    place = ("run_id", "kind", "payload__part", "payload__reply", "payload__call_id")
    shown = Message.objects.filter(kind__in=("tool_use", "tool_result")).values_list(*place)
    found += [f"{key} is in the log {n} times" for key, n in Counter(shown).items() if n > 1]
    answers = Message.objects.filter(kind="message", author="assistant").exclude(payload__partial=True).values_list("run_id", "text")
    found += [f"{key} was said {n} times" for key, n in Counter(answers).items() if n > 1]
    if Draft.objects.filter(run_id__in=ended()).exists():
        found.append("a draft was left behind")
    return found


def once(effects: Path) -> list[str]:
    """No effect is missing; one that acts once happened more than once only if its owner was asked."""
    lines = effects.read_text().split("\n") if effects.exists() else []
    done = Counter(tuple(line.split(" ")) for line in lines if line)
    asked = flagged()
    found = [f"{key} happened {n} times" for (effect, _, key), n in done.items() if effect == "once" and n > 1 and key not in asked]
    keys = {key for _, _, key in done}
    for call in ToolCall.objects.filter(state=CallState.DONE):
        key = f"{call.step_run_id}:{call.reply}:{call.call_id}"
        if key not in keys and key not in asked:
            found.append(f"{call.tool} {key} is done in the journal but never happened")
    return found


def flagged() -> set[str]:
    """The calls about which an owner was asked whether they had happened."""
    requests = HelpRequest.objects.exclude(tool="")
    return {f"{request.step_run_id}:{request.reply}:{request.call_id}" for request in requests}
