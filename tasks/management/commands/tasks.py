"""`agentron tasks`: what is scheduled, from the terminal."""

import re
import sys
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core.management.base import CommandParser

from chat.commands import Command as BaseCommand
from chat.commands import add_user_argument, the_user
from chat.figures import span
from chat.models import Message
from tasks import arguments, planning, reading, task_text
from tasks.drafts import Changes, Draft
from tasks.models import Occurrence, Task, TaskStatus
from tasks.models.task import TaskQuerySet
from tasks.schemas import DueOut, OccurrenceOut, TaskOut
from workflows.errors import InvalidError, MissingError, NotAllowedError
from workflows.reading import read
from workflows.run_text import short

# Pages show the last eight characters of an id.
ENDING = re.compile(r"[0-9a-fA-F]{6,12}")
VERBS = {
    "add": "schedule something, once or again and again",
    "list": "what is scheduled: pending ones first, in the order in which they come",
    "show": "one task, with its next times",
    "update": "change a pending task; what is not named stays",
    "cancel": "end a task, and what of it is at work",
    "run": "let a task happen now",
    "pause": "let a task have no due times",
    "resume": "let a paused task go on",
    "delete": "delete a task with its history",
    "clear": "delete all tasks, or those in one status",
    "history": "the newest due times of a task, and what became of them",
    "why": "slot by slot, what fired, what did not, and why",
}
# How many have a number in the list, and how many that stay are named.
MOST_NUMBERED = 1000
MOST_TOLD = 5
OF_ONE = ("show", "update", "cancel", "run", "pause", "resume", "delete", "history", "why")


class Command(BaseCommand):
    """Schedule, list, show, change, run, pause, stop and delete tasks, and tell why they did what they did."""

    help = f"Tasks: {', '.join(f'{verb} ID' if verb in OF_ONE else verb for verb in VERBS)}."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, parser_class=arguments.Parser)
        subs: dict[str, CommandParser] = {verb: verbs.add_parser(verb, help=text, description=text) for verb, text in VERBS.items()}
        for verb, sub in subs.items():
            add_user_argument(sub)
            sub.add_argument("--json", action="store_true", help="print JSON")
            if verb in OF_ONE:
                sub.add_argument("id", help="its id or the end of it, its number in the list, or its title")
        self.add_texts(subs)
        for verb in ("add", "update"):
            arguments.add_when(subs[verb])
            arguments.add_what(subs[verb])
        for verb in ("delete", "clear"):
            subs[verb].add_argument("-f", "--force", action="store_true", help="do not ask first")
        for verb in ("list", "history", "why"):
            subs[verb].add_argument("--limit", type=int, default=50, metavar="N", help="at most this many (50)")
        subs["list"].add_argument("--status", choices=TaskStatus.values)
        which = subs["clear"].add_mutually_exclusive_group(required=True)
        which.add_argument("--status", choices=TaskStatus.values, help="those in this status")
        which.add_argument("--all", action="store_true", help="all")

    def add_texts(self, subs: dict[str, CommandParser]) -> None:
        """What is said of a new task alone, and what in a change has another place."""
        subs["add"].add_argument("text", nargs="?", default="", metavar="TEXT", help="what to remind of, or what the agent is asked")
        subs["add"].add_argument("--allow-duplicates", action="store_true", help="make it even though the very same is there")
        subs["add"].add_argument("--run-now", action="store_true", help="let it happen now, also when it recurs")
        subs["update"].add_argument("--text", metavar="TEXT", help="what to remind of, or what the agent is asked")
        subs["add"].add_argument("--chat", type=UUID, metavar="ID", help="the conversation; without one, in its own")
        subs["list"].add_argument("--chat", type=UUID, metavar="ID", help="only those of this conversation")

    def handle(self, *args: Any, **options: Any) -> None:
        user = the_user(options["user"])
        about = (the_task(user, options["id"]),) if options["verb"] in OF_ONE else ()
        getattr(self, f"{options['verb']}_")(user, *about, options)

    def add_(self, user: User, options: dict[str, Any]) -> None:
        fields = arguments.said(options, ids(user, options["depends_on"]))
        if options["run_now"] and not fields.keys() & {"run_at", "delay_seconds", "schedule"}:
            fields["delay_seconds"] = 0
        draft = read(Draft, {**fields, "conversation": options["chat"], "allow_duplicates": options["allow_duplicates"]})
        added = planning.add(draft, owner=user, by=user, via=Message.Via.CLI)
        if options["run_now"] and fields.get("delay_seconds") != 0:
            planning.run_now(added.task, by=user)
        if not added.created:
            # A pipe reads the task alone.
            self.stderr.write("The very same is scheduled already: nothing new was made (--allow-duplicates makes another).")
        self.print_task(user, added.task, options)

    def list_(self, user: User, options: dict[str, Any]) -> None:
        rows = reading.listed(user)
        if options["chat"]:
            rows = rows.filter(conversation=options["chat"])
        found = list(islice(in_order(user, rows, options), max(options["limit"], 1)))
        if options["json"]:
            self.print_json([TaskOut.of(task).model_dump(mode="json") for _, task in found])
            return
        table = [
            (number, task.pk, task_text.status(task), next_of(task), short(task.title), reading.description(task)) for number, task in found
        ]
        self.print_table(("#", "ID", "STATUS", "NEXT (UTC)", "TITLE", "WHEN"), table)

    def show_(self, user: User, task: Task, options: dict[str, Any]) -> None:
        self.print_task(user, task, options)

    def update_(self, user: User, task: Task, options: dict[str, Any]) -> None:
        fields = arguments.said(options, ids(user, options["depends_on"]))
        if not fields:
            raise InvalidError("Say what is to be different, such as --title, --text or --in: `agentron tasks update --help` lists it.")
        self.print_task(user, planning.update(task, read(Changes, fields), by=user), options)

    def cancel_(self, user: User, task: Task, options: dict[str, Any]) -> None:
        self.print_task(user, planning.cancel(task, by=user), options)

    def run_(self, user: User, task: Task, options: dict[str, Any]) -> None:
        self.print_task(user, planning.run_now(task, by=user), options)

    def pause_(self, user: User, task: Task, options: dict[str, Any]) -> None:
        self.print_task(user, planning.pause(task, by=user), options)

    def resume_(self, user: User, task: Task, options: dict[str, Any]) -> None:
        self.print_task(user, planning.resume(task, by=user), options)

    def delete_(self, user: User, task: Task, options: dict[str, Any]) -> None:
        self.ask(f"Delete the task “{short(task.title)}” with its history?", options)
        planning.delete(task, by=user)
        self.tell_of_deletion([task.pk], options)

    def clear_(self, user: User, options: dict[str, Any]) -> None:
        rows = Task.objects.of(user) if options["all"] else Task.objects.of(user).filter(status=options["status"])
        count = rows.count()
        if count:
            self.ask(f"Delete {count:,} task{'s' * (count != 1)} with all that is known of their past?", options)
        found = list(rows.order_by("pk"))
        kept = planning.delete_all(reversed(found), by=user)
        self.tell_of_deletion([task.pk for task in found if task not in kept], options)
        if kept:
            told = " ".join(f"“{short(task.title)}”: {sentence}" for task, sentence in list(kept.items())[:MOST_TOLD])
            raise NotAllowedError(f"{len(kept):,} of them {'stays' if len(kept) == 1 else 'stay'}. {told}")

    def history_(self, user: User, task: Task, options: dict[str, Any]) -> None:
        rows = list(task.occurrences.order_by("-due_at")[: max(options["limit"], 1)])
        if options["json"]:
            self.print_json([OccurrenceOut.of(row).model_dump(mode="json") for row in rows])
            return
        table = [(task_text.both(row.due_at, task.zone), row.state, late(row), row.run_id or "", short(row.reason)) for row in rows]
        self.print_table(("DUE", "STATE", "LATE", "RUN", "REASON"), table)

    def why_(self, user: User, task: Task, options: dict[str, Any]) -> None:
        rows = list(task.occurrences.order_by("-due_at")[: max(options["limit"], 1)])[::-1]
        if not options["json"]:
            self.stdout.write("\n".join(task_text.slots(task, rows)))
            return
        slots = [OccurrenceOut.of(row).model_dump(mode="json") for row in rows]
        coming = [DueOut.of(due).model_dump(mode="json") for due in reading.coming(task, task_text.COMING)]
        nothing = {} if coming else {"nothing_next": task_text.still(task)}
        self.print_json({"task": TaskOut.of(task).model_dump(mode="json"), "slots": slots, "next": coming, **nothing})

    def ask(self, question: str, options: dict[str, Any]) -> None:
        """Go on only with a yes. Raises RefusedError for a no, and where there is nobody to ask."""
        if options["force"]:
            return
        if not sys.stdin.isatty():
            raise InvalidError("This asks first, and there is no terminal to ask at: give -f to delete without a question.")
        self.stderr.write(f"{question} [y/N] ", ending="")
        self.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise NotAllowedError("Nothing was deleted.")

    def tell_of_deletion(self, gone: list[UUID], options: dict[str, Any]) -> None:
        """Say what was deleted."""
        if options["json"]:
            self.print_json({"deleted": gone})
            return
        self.stdout.write(f"{len(gone):,} task{' was' if len(gone) == 1 else 's were'} deleted.")

    def print_task(self, user: User, task: Task, options: dict[str, Any]) -> None:
        """A task as it stands, as JSON or for a person."""
        found = reading.own_task(user, task.pk)
        if options["json"]:
            self.print_json(TaskOut.of(found).model_dump(mode="json"))
            return
        self.stdout.write("\n".join(task_text.described(found)))


def the_task(user: User, reference: str) -> Task:
    """A task of `user`'s by its id or the end of it, its number in the list, or its title. Raises RefusedError."""
    if ENDING.fullmatch(reference):
        found = list(reading.listed(user).filter(pk__iendswith=reference)[:2])
        if len(found) > 1:
            raise InvalidError(f"Several tasks have ids that end in {reference}: give more of it.")
        if found:
            return found[0]
    try:
        return reading.find(user, reference)
    except MissingError:
        # Of those that are over, too, somebody may want to know why.
        ended = reading.listed(user).filter(title__iexact=reference.strip()).order_by("-created_at").first()
        if ended is None:
            raise
        return ended


def ids(user: User, references: list[str] | None) -> list[UUID] | None:
    """The ids of tasks that are referred to."""
    return None if references is None else [the_task(user, reference).pk for reference in references]


def in_order(user: User, rows: TaskQuerySet, options: dict[str, Any]) -> Iterator[tuple[str, Task]]:
    """Pending tasks as they come, with the numbers by which they can be called, then the others, the newest first."""
    if options["status"]:
        rows = rows.filter(status=options["status"])
    numbers = {pk: str(number) for number, pk in enumerate(reading.pending(user).values_list("pk", flat=True)[:MOST_NUMBERED], 1)}
    coming = rows.filter(status=TaskStatus.PENDING).order_by(*reading.ORDER)
    past = rows.exclude(status=TaskStatus.PENDING).order_by("-created_at")
    most = max(options["limit"], 1)
    yield from ((numbers.get(task.pk, ""), task) for task in chain(coming[:most], past[:most]))


def late(row: Occurrence) -> str:
    """How long after its time it was started."""
    return "" if row.late_ms is None else span(row.late_ms / 1000)


def next_of(task: Task) -> str:
    """When it is due next, for a column."""
    return f"{task.next_due_at:%Y-%m-%d %H:%M}" if task.next_due_at else "—"
