"""Keeps out of the logs what lets somebody in, and what nobody needs to read."""

import logging
import re
from typing import Any

from workflows.concealing import conceal

# The last is the secret of a webhook, which the library of Telegram writes among the parameters of a call.
SECRETS = re.compile(r"([?&](?:token|key|secret)=|/sign-in/|\bBearer |\bagt_|\bsecret_token\W{1,6})[\w%.~+=-]+", re.IGNORECASE)
# A Telegram bot's token: its number, a colon however often it was quoted, and the secret. A \b would miss `/bot123…`.
BOT_TOKENS = re.compile(r"(?<!\d)(\d{5,18}(?::|%(?:25)*3A))[\w-]{20,}", re.IGNORECASE | re.ASCII)


def masked(line: str) -> str:
    """`line` without tokens and sign-in links."""
    return BOT_TOKENS.sub(r"\1***", SECRETS.sub(r"\1***", line))


class MaskedFormatter(logging.Formatter):
    """Formats a log record, traceback included, and masks it."""

    def format(self, record: logging.LogRecord) -> str:
        return conceal(masked(super().format(record)))

    def formatException(self, ei: Any) -> str:  # noqa: N802  # logging's own name
        return conceal(masked(super().formatException(ei)))


class WithoutReason(logging.Filter):
    """Takes the traceback from what was refused: whoever asked is told why, and nothing here is broken."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = None
        return True


class NotUnready(logging.Filter):
    """Leaves out that the installation is not ready: whoever asks is told why, and asks every second while it starts."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(getattr(record, "request", None), "path", "") != "/api/health/ready"
