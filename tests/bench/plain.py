"""Settings of plain django-q2, as its manual has them, to be measured beside: its own command runs it, nothing of it is ours."""

from agentron.settings import *  # noqa: F403

Q_CLUSTER = {"name": "plain", "orm": "default", "workers": 2, "timeout": 60, "retry": 120, "log_level": "WARNING"}
