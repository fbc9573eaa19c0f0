from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce


def count(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Count what is unread now; from here on it is counted as it comes."""
    conversations, messages = apps.get_model("chat", "Conversation"), apps.get_model("chat", "Message")
    later = messages.objects.filter(conversation=OuterRef("pk"), seq__gt=OuterRef("read_seq"))
    later = later.filter(kind__in=("message", "error", "help_request", "file")).exclude(author="user")
    counted = later.order_by().values("conversation").annotate(n=Count("pk")).values("n")
    conversations.objects.filter(last_seq__gt=F("read_seq")).update(unread=Coalesce(Subquery(counted), 0))


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0003_unread"),
    ]

    operations = [
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
