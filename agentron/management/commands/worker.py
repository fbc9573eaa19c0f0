"""`agentron worker`: everything that works on runs, without the web."""

from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from agentron import processes
from agentron.supervisor import Supervisor
from chat.commands import Command as BaseCommand


def count(text: str) -> int:
    """A number of clusters."""
    if not text.isdigit() or not 1 <= int(text) <= 64:
        raise ArgumentTypeError(f"{text!r} is not a number of clusters: give 1 to 64.")
    return int(text)


class Command(BaseCommand):
    """Run the clusters and the clock under one supervisor."""

    help = "Run the worker alone: clusters that drive runs, one for the chores, and a clock, under one supervisor."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--clusters", type=count, default=settings.AGENTRON_CLUSTERS, help="how many processes drive runs")

    def handle(self, *args: Any, **options: Any) -> None:
        Supervisor(processes.worker(options["clusters"])).run()
