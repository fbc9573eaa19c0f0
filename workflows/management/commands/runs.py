"""`agentron runs`: what is running, what has run, and what waits for an answer."""

import re
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core.management.base import CommandParser

from chat.commands import Command as BaseCommand
from chat.commands import add_user_argument, the_user
from chat.errors import InvalidError, MissingError
from chat.http.rows import one
from chat.models import Conversation, Message
from workflows import engine
from workflows.errors import NotAllowedError
from workflows.models import HelpRequest, HelpStatus, Run, RunStatus, Trigger
from workflows.progress import follow
from workflows.rows import listed, own_run, questions_of
from workflows.run_text import asked, described, in_a_line
from workflows.schemas import HelpRequestOut, RunOut

# Pages show the last eight characters of an id.
ENDING = re.compile(r"[0-9a-fA-F]{6,12}")

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
                sub.add_argument("id", help="the run's id, or how it ends: its last six characters or more")
        subs["list"].add_argument("--status", choices=RunStatus.values)
        subs["list"].add_argument("--limit", type=int, default=50, metavar="N", help="at most this many (50)")
        subs["respond"].add_argument("text", nargs="?", default="", metavar="TEXT", help="the answer")
        subs["respond"].add_argument("--decision", default="", metavar="WORD", help="such as approve, deny, yes, no or decline")
        for verb in ("retry", "respond"):
            subs[verb].add_argument("--wait", action="store_true", help="show how it goes on, until it has ended or asks something")
        subs["respond"].add_argument("--request", type=UUID, metavar="ID", help="which question, when the run asks several")

    def handle(self, *args: Any, **options: Any) -> None:
        user = the_user(options["user"])
        verb = options["verb"].replace("-", "_")
        if "id" in options:
            options["id"] = run_id(user, options["id"])
        getattr(self, verb)(user, options)

    def list(self, user: User, options: dict[str, Any]) -> None:
        rows = listed(Run.objects.of(user))
        if options["status"]:
            rows = rows.filter(status=options["status"])
        runs = [RunOut.of(run) for run in rows[: max(options["limit"], 1)]]
        if options["json"]:
            self.print_json([run.model_dump(mode="json") for run in runs])
            return
        table = [(run.id, run.status, run.trigger, f"{run.queued_at:%Y-%m-%d %H:%M}", asked(run)) for run in runs]
        self.print_table(("ID", "STATUS", "BY", "SINCE (UTC)", "WHAT"), table)

    def show(self, user: User, options: dict[str, Any]) -> None:
        self.print_run(own_run(user, options["id"]), options)

    def cancel(self, user: User, options: dict[str, Any]) -> None:
        engine.cancel(one(Run.objects.of(user), options["id"], "run"), by=user)
        self.print_run(own_run(user, options["id"]), options)

    def retry(self, user: User, options: dict[str, Any]) -> None:
        again = engine.retry(one(Run.objects.of(user), options["id"], "run"), by=user, trigger=Trigger.CLI)
        if options["wait"]:
            follow(again, self.stderr if options["json"] else self.stdout, self.stderr)
        self.print_run(own_run(user, again.pk), options)

    def pending_help(self, user: User, options: dict[str, Any]) -> None:
        found = [HelpRequestOut.of(item) for item in questions_of(HelpRequest.objects.of(user).open())]
        if options["json"]:
            self.print_json([item.model_dump(mode="json") for item in found])
            return
        self.print_table(("ID", "RUN", "KIND", "QUESTION"), [(item.id, item.run_id, item.kind, in_a_line(item)) for item in found])

    def respond(self, user: User, options: dict[str, Any]) -> None:
        question = HelpRequest.objects.of(user).filter(pk=options["id"]).first()
        run = question.run if question else one(Run.objects.of(user), options["id"], "run or question")
        request_id = question.pk if question else options["request"] or only_question(run)
        before = Conversation.objects.values_list("last_seq", flat=True).get(pk=run.conversation_id)
        given = {"response": options["text"], "decision": options["decision"], "request_id": request_id}
        engine.respond_to_run(run, by=user, via=Message.Via.CLI, **given)
        if options["wait"]:
            follow(run, self.stderr if options["json"] else self.stdout, self.stderr, before)
        found = RunOut.of(own_run(user, run.pk))
        if options["json"]:
            self.print_json(found.model_dump(mode="json"))
        elif not options["wait"]:
            self.stdout.write(f"Your answer was taken, {outlook(found)}: agentron runs show {run.pk}")

    def print_run(self, run: Run, options: dict[str, Any]) -> None:
        """A run, as JSON or for a person."""
        found = RunOut.of(run)
        if options["json"]:
            self.print_json(found.model_dump(mode="json"))
        elif not options.get("wait"):
            self.stdout.write("\n".join(described(found)))


def run_id(user: User, text: str) -> UUID:
    """The id that `text` is, or that of the only run of `user`'s that ends so. Raises RefusedError where there is no such one."""
    try:
        return UUID(text)
    except ValueError:
        pass
    if not ENDING.fullmatch(text):
        raise InvalidError(f"“{text[:60]}” is no run's id: give it whole, or its last six characters or more.")
    found = list(Run.objects.of(user).filter(pk__iendswith=text).values_list("pk", flat=True)[:2])
    if not found:
        raise MissingError(f"There is no run whose id ends in {text}: `agentron runs list` shows those there are.")
    if len(found) > 1:
        raise InvalidError(f"Several runs have ids that end in {text}: give more of it.")
    return found[0]


def outlook(run: RunOut) -> str:
    """What becomes of a run that got an answer."""
    waiting = sum(item.status == HelpStatus.OPEN for item in run.help_requests)
    return f"the run waits for {waiting} more" if waiting else "the run goes on"


def only_question(run: Run) -> UUID:
    """The question that `run` waits for. Raises RefusedError where there is none, or not only one."""
    waiting = list(HelpRequest.objects.filter(run=run).open().values_list("pk", flat=True)[:2])
    if not waiting:
        raise NotAllowedError(f"Run {run.pk} has no open question: `agentron runs pending-help` lists those that wait.")
    if len(waiting) > 1:
        raise InvalidError(f"Run {run.pk} has several open questions: answer each by its id, which `agentron runs pending-help` shows.")
    return waiting[0]
