"""The admin pages of other people's apps: people and rights, sign-ins, the audit trail, and django-q2's tables."""

from agentron.admin import people, queue_tables, sign_ins, trail

__all__ = ["people", "queue_tables", "sign_ins", "trail"]
