"""Daphne's access log, without what may be secret in it."""

import re
from typing import Any

from daphne.access import AccessLogGenerator

SECRETS = re.compile(r"([?&](?:token|key|secret)=)[^&\s\"]+", re.IGNORECASE)


def masked(line: str) -> str:
    """`line` with every token in a query string replaced."""
    return SECRETS.sub(r"\1***", line)


def mask_tokens() -> None:
    """Let Daphne write masked lines only. It offers no place to say so."""
    write = AccessLogGenerator.write_entry

    def write_masked(self: AccessLogGenerator, host: Any, date: Any, request: str, *rest: Any, **more: Any) -> None:
        write(self, host, date, masked(request), *rest, **more)

    AccessLogGenerator.write_entry = write_masked
