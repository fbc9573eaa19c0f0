"""Where models come from."""

import os
from typing import Any

from django.db import models, transaction

from chat.models import EncryptedField


class ModelProvider(models.Model):
    """A service that runs models, under the name that agents put before the colon."""

    class Kind(models.TextChoices):
        OPENAI = "openai", "OpenAI"
        OPENAI_CHAT = "openai-chat", "OpenAI-compatible server"
        ANTHROPIC = "anthropic", "Anthropic"
        GOOGLE = "google", "Google"
        OLLAMA = "ollama", "Ollama"

    name = models.SlugField(max_length=50, unique=True, help_text="What agents write before the colon: NAME:MODEL.")
    kind = models.CharField(max_length=16, choices=Kind.choices, help_text="Whose protocol it speaks.")
    base_url = models.URLField("address", blank=True, help_text="Empty: the provider's own address.")
    api_key = EncryptedField("API key", blank=True, default="", help_text="Stored encrypted and never shown again.")
    api_key_env = models.CharField(
        "key from variable",
        max_length=100,
        blank=True,
        help_text="Name of an environment variable that holds the key, instead of storing it, such as OPENAI_API_KEY.",
    )
    default_model = models.CharField(max_length=150, blank=True, help_text="The model to use when an agent names none.")
    is_default = models.BooleanField("default", default=False, help_text="Use its default model wherever an agent names none.")
    enabled = models.BooleanField(default=True, help_text="Switched off, it is as if it were not there; its settings stay.")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["is_default"], condition=models.Q(is_default=True), name="one_default_provider")]

    def __str__(self) -> str:
        return self.name

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save it; a new default takes the place of the old one."""
        if self.is_default:
            for other in ModelProvider.objects.filter(is_default=True).exclude(pk=self.pk):
                other.is_default = False
                other.save(update_fields=["is_default"])
        super().save(*args, **kwargs)

    def key(self) -> str:
        """The API key, wherever it is kept; empty when there is none."""
        return os.environ.get(self.api_key_env, "") if self.api_key_env else self.api_key
