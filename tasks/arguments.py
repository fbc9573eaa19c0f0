"""What the words after `agentron tasks add` and `update` say, as the fields of a task."""

import argparse
import re
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.management.base import CommandParser

from tasks.models import Mode
from workflows import schedules
from workflows.models import Misfire, Overlap

# The options that are a field of the same name; what was not given stays out.
SAME = ("text", "title", "mode", "agent", "workflow", "overlap", "misfire", "grace_seconds")

MINUS = re.compile(r"-[0-9]")


class Parser(CommandParser):
    """Takes `-5m` after `--in` for a delay, which is refused as such, and not for an option."""

    def parse_known_args(  # type: ignore[override]  # the library tells what it gives by overloads
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        words = list(args or ())
        for place in range(len(words) - 2, -1, -1):
            if words[place] == "--in" and MINUS.match(words[place + 1]):
                words[place : place + 2] = [f"--in={words[place + 1]}"]
        return super().parse_known_args(words, namespace)


def add_what(parser: ArgumentParser) -> None:
    """Let it be said what a task does."""
    parser.add_argument("--title", metavar="T", help="how it is called in lists; without one, as its text begins")
    parser.add_argument("--mode", choices=Mode.values, help="remind (notify), ask the agent (the usual one) or run a workflow")
    parser.add_argument("--workflow", metavar="NAME", help="the workflow to run; the mode is then run_workflow")
    parser.add_argument("-i", "--input", nargs="+", type=pair, action="extend", metavar="KEY=VALUE", help="an input of the workflow")
    parser.add_argument("--agent", metavar="NAME", help="who is asked; without one, the conversation's agent")
    parser.add_argument("-m", "--metadata", nargs="+", type=pair, action="extend", metavar="KEY=VALUE", help="something to keep with it")
    parser.add_argument("--depends-on", nargs="+", action="extend", metavar="ID", help="tasks that have to succeed first")
    parser.add_argument("--overlap", choices=Overlap.values, help="what a due time does while an earlier run is not over")
    parser.add_argument("--misfire", choices=Misfire.values, help="what is done about times at which nothing was running")
    parser.add_argument("--grace", type=int, dest="grace_seconds", metavar="SECONDS", help="a missed time older than this stays missed")


def add_when(parser: ArgumentParser) -> None:
    """Let it be said when a task happens."""
    parser.add_argument("--at", dest="run_at", metavar="ISO", help="once, at this time: 2030-06-15T09:30:00+02:00, or local with --tz")
    parser.add_argument("--in", dest="delay", metavar="DELAY", help="once, after 30s, 10m, 2h, 1d or 1h30m")
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--every", metavar="LENGTH", help="again and again: “1 hour”, 10m, or a number of seconds")
    again.add_argument("--cron", metavar="EXPRESSION", help="by five fields: “0 9 * * 1-5”")
    again.add_argument("--schedule", metavar="SCHEDULE", help="in any form: daily@09:00, “every 2 hours”, weekly@1,3,5@09:30")
    parser.add_argument("--tz", dest="time_zone", metavar="ZONE", help="whose clock: Europe/Berlin; without one, your profile's")


def pair(text: str) -> tuple[str, str]:
    """KEY=VALUE as its two parts."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise argparse.ArgumentTypeError(f"“{text}” is not KEY=VALUE, such as topic=tea; the task's text goes before such options")
    return key.strip(), value


def said(options: dict[str, Any], depends_on: list[UUID] | None) -> dict[str, Any]:
    """What was said, as the fields of a draft or a change. Raises InvalidError for what is no delay."""
    fields = {name: options[name] for name in (*SAME, "run_at", "time_zone") if options.get(name) is not None}
    fields |= {name: dict(options[word]) for name, word in (("inputs", "input"), ("metadata", "metadata")) if options[word] is not None}
    if depends_on is not None:
        fields["depends_on"] = depends_on
    if options["workflow"] and options["mode"] is None:
        fields["mode"] = Mode.RUN_WORKFLOW
    if options["delay"] is not None:
        fields["delay_seconds"] = seconds(options["delay"])
    schedule = recurring(options)
    return fields if schedule is None else {**fields, "schedule": schedule}


def seconds(delay: str) -> float:
    """A delay such as 1h30m; one with a minus in front is refused later, in the words that all other ways have."""
    length = schedules.parse_delay(delay.strip().removeprefix("-")).total_seconds()
    return -length if delay.strip().startswith("-") else length


def recurring(options: dict[str, Any]) -> str | None:
    """The schedule, in the grammar of all other ways."""
    if options["every"] is not None:
        return every(options["every"].strip())
    return f"cron({options['cron']})" if options["cron"] is not None else options["schedule"]


def every(length: str) -> str:
    """`1 hour`, `90` or `10m` as a schedule."""
    if length[-1:] in "smhdw" and length[:1].isdecimal() and " " not in length:
        return f"{schedules.parse_delay(length).total_seconds():.0f}"
    return length if length.lstrip("+-").isdecimal() or length.lower().startswith("every") else f"every {length}"
