"""The periodic chores, as django-q2 schedules of the cluster that is there for them."""

from datetime import datetime, timedelta

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

MINUTES, HOURLY, DAILY = "I", "H", "D"
# Name, function, how often, and the hour (UTC) of the daily ones.
CHORES = [
    ("Fallback tick of the clock", "tick", MINUTES, None),
    ("Prune what has expired", "prune", HOURLY, None),
    ("Optimise the database", "optimise", HOURLY, None),
    ("Back up the database", "backup", DAILY, 3),
    ("Check the database", "check", DAILY, 4),
]


def next_time(hour: int | None) -> datetime:
    now = timezone.now()
    if hour is None:
        return now
    today = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


def create(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    schedule = apps.get_model("django_q", "Schedule")
    for name, function, kind, hour in CHORES:
        schedule.objects.get_or_create(
            name=name,
            defaults={
                "func": f"workflows.chores.{function}",
                "schedule_type": kind,
                "minutes": 1 if kind == MINUTES else None,
                "repeats": -1,
                "next_run": next_time(hour),
                "cluster": "chores",
            },
        )


def remove(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("django_q", "Schedule").objects.filter(name__in=[name for name, *_ in CHORES]).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0002_seed_assistant"),
        ("django_q", "0019_alter_task_options_alter_ormq_key_alter_ormq_lock_and_more"),
    ]
    operations = [migrations.RunPython(create, remove)]
