"""The tasks' app."""

from django.apps import AppConfig


class TasksConfig(AppConfig):
    """What is scheduled."""

    name = "tasks"

    def ready(self) -> None:
        """Listen to the conversations and runs below."""
        from tasks import mirror, receivers, telling  # noqa: F401 - registers them
