"""Files that were sent into a conversation; the content lies in the data folder, not in the database."""

from django.db import models
from django.utils import timezone

from chat.models.conversation import Conversation, Message
from chat.models.fields import new_id


class File(models.Model):
    """A file of a conversation: sent once, never changed, and gone with it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="files", help_text="Where it was sent.")
    message = models.OneToOneField(Message, models.CASCADE, related_name="file", help_text="The entry that shows it.")
    name = models.CharField(max_length=200, help_text="As its sender called it, made safe to store anywhere.")
    content_type = models.CharField(max_length=100, help_text="What its content was found to be, whatever its sender said.")
    size = models.PositiveIntegerField(help_text="In bytes.")
    # Kept here so that what a model is told needs no disk, and stays the same on every machine.
    excerpt = models.TextField(blank=True, help_text="The beginning of a text, for models to read.")
    kept_at = models.DateTimeField(default=timezone.now, help_text="When it was stored.")

    class Meta:
        ordering = ["-kept_at"]

    def __str__(self) -> str:
        return self.name
