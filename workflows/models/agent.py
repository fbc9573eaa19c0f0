"""Who works: agents, and what they remember."""

from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from chat.models import new_id


class AgentQuerySet(models.QuerySet["Agent"]):
    """Named queries on agents."""

    def of(self, user: User) -> Self:
        """Those that `user` may use: their own and the shared ones."""
        return self.filter(Q(owner=user) | Q(owner=None))


class Agent(models.Model):
    """Instructions, a model and tools under a name. The assistant is the agent marked as default."""

    ALL_TOOLS = "*"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="agents",
        help_text="Whose agent it is. Empty: everybody may use it, only administrators may change it.",
    )
    name = models.CharField(max_length=100, help_text="What people call it; each owner has a name once.")
    description = models.CharField(max_length=300, blank=True, help_text="What it is good for, in one line.")
    instructions = models.TextField(
        blank=True, help_text="What it is told before all its work. Empty for the default agent: the built-in instructions."
    )
    model = models.CharField(max_length=200, blank=True, help_text="provider:model, such as openai:gpt-5.2. Empty: the default model.")
    tools: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list, blank=True, help_text="Names of the tools it may use; “*” stands for all."
    )
    tool_policy: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True, help_text="By tool name, or * for all others: allow, ask or deny."
    )
    limits: models.JSONField[dict[str, float], dict[str, float]] = models.JSONField(
        default=dict, blank=True, help_text="Caps of one run by name: steps (the model's replies), tokens, seconds."
    )
    memory = models.BooleanField(default=True, help_text="Whether it sees what its owner asked to be remembered.")
    is_default = models.BooleanField("default", default=False, help_text="Answers where no other agent was chosen.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AgentQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="one_agent_a_name"),
            models.UniqueConstraint(fields=["name"], condition=Q(owner=None), name="one_shared_agent_a_name"),
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_agent"),
        ]

    def __str__(self) -> str:
        return self.name

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save it; a new default takes the place of the old one."""
        if self.is_default:
            for other in Agent.objects.filter(is_default=True).exclude(pk=self.pk):
                other.is_default = False
                other.save(update_fields=["is_default"])
        super().save(*args, **kwargs)


class Memory(models.Model):
    """Something a person asked to be remembered, under a short key."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memories", help_text="Whom it is about; only their agents see it."
    )
    key = models.CharField(max_length=100, help_text="A short name for it, such as “dog”.")
    value = models.TextField(help_text="What is remembered, as the agents are told it.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["key"]
        verbose_name_plural = "memories"
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_memory_a_key")]

    def __str__(self) -> str:
        return self.key
