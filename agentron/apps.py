from django.apps import AppConfig


class AgentronConfig(AppConfig):
    name = "agentron"
