"""The assistant, an ordinary agent that answers where no other was chosen."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def seed(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    agent = apps.get_model("workflows", "Agent")
    if not agent.objects.filter(is_default=True).exists():
        agent.objects.create(
            name="Assistant",
            description="Answers in chats and delegates what is bigger than an answer.",
            tools=["*"],
            is_default=True,
        )


class Migration(migrations.Migration):
    dependencies = [("workflows", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
