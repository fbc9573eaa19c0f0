"""`agentron workflows`: what there is, how it is made, and running it."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandParser

from chat.commands import Command as BaseCommand
from chat.commands import add_user_argument, the_user
from chat.errors import InvalidError
from workflows import engine, references, timetable
from workflows.exchange import exported, take_in
from workflows.models import Trigger, Workflow
from workflows.progress import follow
from workflows.rows import own_run, own_workflow, shown
from workflows.run_text import described, short
from workflows.schemas import RunOut, WorkflowOut
from workflows.workflow_text import described as workflow_described

VERBS = {
    "list": "your workflows",
    "show": "one workflow: its inputs, steps and last runs",
    "run": "run a workflow",
    "export": "write a workflow as JSON that import takes, also elsewhere",
    "import": "make a workflow from an export or a definition",
}


class Command(BaseCommand):
    """List, show and run workflows, and carry them from one installation to another."""

    help = "Workflows: list, show NAME, run NAME, export NAME, import FILE."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        subs = {verb: verbs.add_parser(verb, help=text, description=text) for verb, text in VERBS.items()}
        for verb, sub in subs.items():
            add_user_argument(sub)
            if verb != "export":
                sub.add_argument("--json", action="store_true", help="print JSON")
            if verb in ("show", "run", "export"):
                sub.add_argument("name", metavar="NAME", help="the workflow's name or id")
        subs["run"].add_argument("-i", "--input", type=pair, action="append", default=[], metavar="KEY=VALUE", help="an input")
        subs["run"].add_argument("--wait", action="store_true", help="show how it goes on, until it has ended or asks something")
        subs["export"].add_argument("--with-agents", action="store_true", help="put the agents of its steps into it too")
        subs["import"].add_argument("file", metavar="FILE", help="the file; - reads standard input")
        subs["import"].add_argument("--replace", action="store_true", help="change the workflow of that name, if there is one")

    def handle(self, *args: Any, **options: Any) -> None:
        user = the_user(options["user"])
        getattr(self, f"{options['verb']}_")(user, options)

    def list_(self, user: User, options: dict[str, Any]) -> None:
        rows = shown(Workflow.objects.of(user))
        if options["json"]:
            self.print_json([WorkflowOut.of(row).model_dump(mode="json") for row in rows])
            return
        table = [(row.name, len(row.steps.all()), timetable.described(row) or "by hand", short(row.description)) for row in rows]
        self.print_table(("NAME", "STEPS", "RUNS", "DESCRIPTION"), table)

    def show_(self, user: User, options: dict[str, Any]) -> None:
        self.print_workflow(own_workflow(user, references.workflow(user, options["name"]).pk), options)

    def run_(self, user: User, options: dict[str, Any]) -> None:
        workflow = references.workflow(user, options["name"])
        run = engine.execute(workflow, by=user, trigger=Trigger.CLI, inputs=dict(options["input"]))
        if options["wait"]:
            follow(run, self.stderr if options["json"] else self.stdout, self.stderr)
        found = RunOut.of(own_run(user, run.pk))
        if options["json"]:
            self.print_json(found.model_dump(mode="json"))
        elif not options["wait"]:
            self.stdout.write("\n".join(described(found)))

    def export_(self, user: User, options: dict[str, Any]) -> None:
        self.print_json(exported(references.workflow(user, options["name"]), with_agents=options["with_agents"]))

    def import_(self, user: User, options: dict[str, Any]) -> None:
        made = take_in(read_file(options["file"]), owner=user, replace=options["replace"])
        self.print_workflow(own_workflow(user, made.pk), options)

    def print_workflow(self, workflow: Workflow, options: dict[str, Any]) -> None:
        """A workflow, as JSON or for a person."""
        if options["json"]:
            self.print_json(WorkflowOut.of(workflow).model_dump(mode="json"))
            return
        self.stdout.write("\n".join(workflow_described(workflow)))


def pair(text: str) -> tuple[str, str]:
    """KEY=VALUE as its two parts."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise argparse.ArgumentTypeError(f"“{text}” is not KEY=VALUE, such as topic=tea")
    return key.strip(), value


def read_file(name: str) -> Any:
    """The JSON object in a file. Raises InvalidError that says where it is none."""
    source = "Standard input" if name == "-" else name
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        data = json.loads(text)
    except OSError as exc:
        raise InvalidError(f"{source} cannot be read: {exc.strerror}.") from exc
    except (ValueError, RecursionError) as exc:
        raise InvalidError(f"{source} is not JSON: {exc}.") from exc
    if not isinstance(data, dict):
        raise InvalidError(f"{source} holds no workflow: give a file that `agentron workflows export` wrote, or a definition.")
    return data
