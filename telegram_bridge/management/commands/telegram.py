"""`agentron telegram`: the telegram process alone."""

from typing import Any

from chat.commands import Command as BaseCommand
from telegram_bridge import process
from telegram_bridge.models import TelegramSettings


class Command(BaseCommand):
    """Run the telegram process."""

    help = "Run the telegram process alone: it receives and sends. Of several, one works and the others stand by."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{self.greeting()} Ctrl-C ends it.")
        self.stdout.flush()
        process.run()

    def greeting(self) -> str:
        """What there is to do, in a sentence."""
        settings = TelegramSettings.now()
        if not settings.enabled:
            return "Telegram is switched off: this process waits until it is switched on under Settings → Telegram in the admin."
        if not settings.secret():
            return "There is no bot token: this process waits until one is stored under Settings → Telegram in the admin."
        return "Telegram is switched on."
