"""Daphne's access log, without what may be secret in it."""

from typing import Any

from daphne.access import AccessLogGenerator

from agentron.masking import masked


def mask_tokens() -> None:
    """Let Daphne write masked lines only. It offers no place to say so."""
    write = AccessLogGenerator.write_entry

    def write_masked(self: AccessLogGenerator, host: Any, date: Any, request: str, *rest: Any, **more: Any) -> None:
        write(self, host, date, masked(request), *rest, **more)

    AccessLogGenerator.write_entry = write_masked
