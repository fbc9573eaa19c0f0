"""The app that wires the others."""

from django.apps import AppConfig
from django.db.models.signals import pre_save


class AgentronConfig(AppConfig):
    """Settings, pages and commands that belong to no domain."""

    name = "agentron"

    def ready(self) -> None:
        """Sign what is written into the audit trail."""
        from agentron.audit import sign

        pre_save.connect(sign, sender="auditlog.LogEntry", dispatch_uid="sign")
