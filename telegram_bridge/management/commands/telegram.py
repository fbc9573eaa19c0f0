"""`agentron telegram`: the telegram process alone."""

from typing import Any

from chat.commands import Command as BaseCommand
from telegram_bridge import process


class Command(BaseCommand):
    """Run the telegram process."""

    help = "Run the telegram process alone. It does nothing yet: Telegram comes later."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("Telegram comes later: this process waits and does nothing. Ctrl-C ends it.")
        self.stdout.flush()
        process.run()
