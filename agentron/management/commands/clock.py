"""`agentron clock`: one more clock, on a machine without a worker."""

from typing import Any

from agentron import clock
from chat.commands import Command as BaseCommand


class Command(BaseCommand):
    """Run a clock."""

    help = "Run the clock alone. The worker has one; a second one takes over when the first is lost."

    def handle(self, *args: Any, **options: Any) -> None:
        clock.run()
