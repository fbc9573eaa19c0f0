"""The one entry point of every command."""

import os
import sys


def main(argv: list[str] | None = None) -> None:
    """Run the command named in `argv` (default: this process's arguments)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentron.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(argv or sys.argv)
