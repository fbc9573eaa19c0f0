"""What a person gave a run to use but not to know: a password, a key."""

from django.db import models
from django.utils import timezone

from chat.models import EncryptedField, new_id
from workflows.models.run import Run


class Secret(models.Model):
    """A credential for one run: models see only its reference, tools get the value, and it goes when the run ends."""

    PREFIX = "secret:"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="secrets", help_text="The only run that may use it.")
    label = models.CharField(max_length=200, help_text="What it is, in the words of the question that asked for it.")
    value = EncryptedField(help_text="Stored encrypted, shown to nobody.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.label

    @property
    def reference(self) -> str:
        """What models and logs know it by."""
        return f"{self.PREFIX}{self.pk}"
