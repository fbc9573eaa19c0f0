"""Keeps what lets somebody in out of the logs."""

import logging
import re

SECRETS = re.compile(r"([?&](?:token|key|secret)=|/sign-in/|\bBearer |\bagt_)[\w%.~+=-]+", re.IGNORECASE)


def masked(line: str) -> str:
    """`line` without tokens and sign-in links."""
    return SECRETS.sub(r"\1***", line)


class MaskedFormatter(logging.Formatter):
    """Formats a log record, traceback included, and masks it."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))
