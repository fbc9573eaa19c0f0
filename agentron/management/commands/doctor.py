"""`agentron doctor`: is everything as it should be, and if not, what to do."""

from typing import Any

from django.core.management.base import CommandParser

from agentron.checkup import FAIL, OK, WARN, Finding, examine
from chat.commands import Command as BaseCommand


class Command(BaseCommand):
    """Print a line for each check; status 1 when one failed."""

    help = "Check this installation: a line for each check, and what to do where something is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--model", action="store_true", help="make a live call to the default model")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = []
        for finding in examine(call_model=options["model"]):
            findings.append(finding)
            if not options["json"]:
                self.show(finding)
        failed = any(finding.state == FAIL for finding in findings)
        if options["json"]:
            self.print_json({"ok": not failed, "checks": [finding.as_dict() for finding in findings]})
        if failed:
            raise SystemExit(1)

    def show(self, finding: Finding) -> None:
        """One line, coloured when a person is watching."""
        colour = {OK: self.style.SUCCESS, WARN: self.style.WARNING, FAIL: self.style.ERROR}[finding.state]
        self.stdout.write(f"{colour(f'{finding.state:<5}')}{finding.check:<12} {finding.text}")
