"""The engine's app."""

from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    """Agents, workflows and their runs."""

    name = "workflows"

    def ready(self) -> None:
        """Listen to the conversations below."""
        from workflows import listening, receivers  # noqa: F401 - registers them
