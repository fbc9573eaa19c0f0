"""The clock's work for tasks once a minute, should no clock run: a schedule of the cluster that does the chores."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

NAME = "Fallback tick of the tasks"
MINUTES = "I"


def create(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    tick = {"func": "tasks.chores.tick", "schedule_type": MINUTES, "minutes": 1, "repeats": -1, "cluster": "chores"}
    apps.get_model("django_q", "Schedule").objects.get_or_create(name=NAME, defaults={**tick, "next_run": timezone.now()})


def remove(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("django_q", "Schedule").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0001_initial"),
        ("django_q", "0019_alter_task_options_alter_ormq_key_alter_ormq_lock_and_more"),
    ]
    operations = [migrations.RunPython(create, remove)]
