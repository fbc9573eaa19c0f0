"""What every command has in common: whose data it works on, and how it refuses, lists and prints JSON."""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django import db
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand
from django.core.serializers.json import DjangoJSONEncoder

from chat.errors import InvalidError, MissingError, RefusedError


class Command(BaseCommand):
    """A command that refuses with one line on stderr and status 1; wrong usage is status 2."""

    # The checks are for developers, and cost a command a tenth of a second.
    requires_system_checks = []

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except RefusedError as exc:
            raise SystemExit(f"agentron: {exc}") from exc
        except db.Error as exc:
            reason = str(exc).strip().split("\n")[0]
            raise SystemExit(f"agentron: the database cannot be used ({reason}): `agentron doctor` tells more.") from exc

    def print_json(self, found: Any) -> None:
        """Print `found` for a program to read."""
        self.stdout.write(json.dumps(found, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder))

    def print_table(self, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print `rows` under `head`, in columns."""
        lines = [tuple(map(str, row)) for row in (head, *rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def add_user_argument(parser: ArgumentParser) -> None:
    """Let the command say whose data it works on; `the_user(options["user"])` finds them."""
    parser.add_argument("--user", metavar="NAME", help="whose data; without it, the only superuser's")


def the_user(name: str | None) -> User:
    """The user called `name`, or the only superuser. Raises RefusedError when that is nobody, or not clear."""
    if name:
        found = User.objects.filter(username=name).first()
        if found is None:
            raise MissingError(f"There is no user “{name}”.")
        return found
    superusers = list(User.objects.filter(is_superuser=True, is_active=True).order_by("pk")[:2])
    if not superusers:
        raise MissingError("There is no user yet: `agentron up` makes the first one.")
    if len(superusers) > 1:
        raise InvalidError("There are several superusers: say with --user NAME whose data is meant.")
    return superusers[0]
