"""The one entry point of every command."""

import os
import sys
from types import TracebackType


def main(argv: list[str] | None = None) -> None:
    """Run the command named in `argv` (default: this process's arguments)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentron.settings")
    from django.core.management import execute_from_command_line

    sys.excepthook = complain
    try:
        execute_from_command_line(argv or sys.argv)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output, such as `head`, has read enough; what is left in the buffer must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def complain(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Show what ended this program, masked as in the logs."""
    from agentron.masking import MaskedFormatter

    print(MaskedFormatter().formatException((kind, error, trace)), file=sys.stderr)
