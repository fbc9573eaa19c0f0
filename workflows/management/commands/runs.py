"""`agentron runs`: what is running, what has run, and what waits for an answer."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core.management.base import CommandParser

from chat.commands import Command as BaseCommand
from chat.commands import add_user_argument, the_user
from chat.http.rows import one
from chat.models import Message
from chat.terminal import clean
from workflows import engine
from workflows.models import HelpRequest, Run, RunStatus, Trigger
from workflows.rows import listed, own_run, questions_of
from workflows.schemas import HelpRequestOut, RunOut

VERBS = {
    "list": "the newest runs",
    "show": "one run: its steps, tool calls and questions",
    "cancel": "stop a run",
    "retry": "start a failed or cancelled run again from where it ended",
    "pending-help": "the questions that wait for an answer",
    "respond": "answer a question, by its id or its run's",
}


class Command(BaseCommand):
    """List and show runs, stop them, start them again, answer their questions."""

    help = "Runs: list, show ID, cancel ID, retry ID, pending-help, respond ID TEXT."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        subs = {verb: verbs.add_parser(verb, help=text, description=text) for verb, text in VERBS.items()}
        for verb, sub in subs.items():
            add_user_argument(sub)
            sub.add_argument("--json", action="store_true", help="print JSON")
            if verb in ("show", "cancel", "retry", "respond"):
                sub.add_argument("id", type=UUID, help="the run's id")
        subs["list"].add_argument("--status", choices=RunStatus.values)
        subs["list"].add_argument("--limit", type=int, default=50, metavar="N", help="at most this many (50)")
        subs["respond"].add_argument("text", nargs="?", default="", metavar="TEXT", help="the answer")
        subs["respond"].add_argument("--decision", default="", metavar="WORD", help="such as approve, deny, yes, no or decline")
        subs["respond"].add_argument("--request", type=UUID, metavar="ID", help="which question, when the run asks several")

    def handle(self, *args: Any, **options: Any) -> None:
        user = the_user(options["user"])
        verb = options["verb"].replace("-", "_")
        getattr(self, verb)(user, options)

    def list(self, user: User, options: dict[str, Any]) -> None:
        rows = listed(Run.objects.of(user))
        if options["status"]:
            rows = rows.filter(status=options["status"])
        runs = [RunOut.of(run) for run in rows[: max(options["limit"], 1)]]
        if options["json"]:
            self.print_json([run.model_dump(mode="json") for run in runs])
            return
        table = [(run.id, run.status, run.trigger, f"{run.queued_at:%Y-%m-%d %H:%M}", said(run)) for run in runs]
        self.print_table(("ID", "STATUS", "BY", "SINCE (UTC)", "WHAT"), table)

    def show(self, user: User, options: dict[str, Any]) -> None:
        self.print_run(own_run(user, options["id"]), options)

    def cancel(self, user: User, options: dict[str, Any]) -> None:
        engine.cancel(one(Run.objects.of(user), options["id"], "run"), by=user)
        self.print_run(own_run(user, options["id"]), options)

    def retry(self, user: User, options: dict[str, Any]) -> None:
        again = engine.retry(one(Run.objects.of(user), options["id"], "run"), by=user, trigger=Trigger.CLI)
        self.print_run(own_run(user, again.pk), options)

    def pending_help(self, user: User, options: dict[str, Any]) -> None:
        found = [HelpRequestOut.of(item) for item in questions_of(HelpRequest.objects.of(user).open())]
        if options["json"]:
            self.print_json([item.model_dump(mode="json") for item in found])
            return
        self.print_table(("ID", "RUN", "KIND", "QUESTION"), [(item.id, item.run_id, item.kind, short(item.question)) for item in found])

    def respond(self, user: User, options: dict[str, Any]) -> None:
        question = HelpRequest.objects.of(user).filter(pk=options["id"]).first()
        run = question.run if question else one(Run.objects.of(user), options["id"], "run or question")
        engine.respond_to_run(
            run,
            by=user,
            via=Message.Via.CLI,
            response=options["text"],
            decision=options["decision"],
            request_id=question.pk if question else options["request"],
        )
        self.print_run(own_run(user, run.pk), options)

    def print_run(self, run: Run, options: dict[str, Any]) -> None:
        """A run, as JSON or for a person."""
        found = RunOut.of(run)
        if options["json"]:
            self.print_json(found.model_dump(mode="json"))
            return
        self.stdout.write("\n".join(lines(found)))


def lines(run: RunOut) -> list[str]:
    """A run for a person to read."""
    used = f"{run.usage.input_tokens} tokens in, {run.usage.output_tokens} out"
    found = [f"Run {run.id}: {run.status}", f"  asked: {said(run)}", f"  conversation: {run.conversation_id}", f"  used: {used}"]
    for step in run.steps:
        found.append(f"  step {step.key}: {step.status}")
        found += [f"    {call.tool}: {call.state}{f' ({short(call.error)})' if call.error else ''}" for call in step.tool_calls]
    found += [f"  question {item.id}: {item.status}: {short(item.question)}" for item in run.help_requests]
    if run.error:
        found.append(f"  error: {clean(run.error)}")
    if run.output is not None:
        found.append(f"  answer: {clean(str(run.output))}")
    return found


def said(run: RunOut) -> str:
    """What a run was asked, in one line."""
    return short(str(run.input.get("text", "")))


def short(text: str) -> str:
    """The beginning of a text, in one line."""
    line = clean(" ".join(text.split()))
    return line if len(line) <= 70 else f"{line[:69]}…"
