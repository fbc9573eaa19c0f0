"""The telegram process: for now it holds the place where Telegram comes later, and ends when told."""

import signal

from workflows.life import end_on_signal


def run() -> None:
    """Wait for SIGTERM or Ctrl-C."""
    end_on_signal()
    while True:
        signal.pause()
