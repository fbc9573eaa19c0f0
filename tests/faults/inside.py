"""What a test does inside an installation, in a process of its own: `python -m tests.faults.inside WHAT …`."""

import json
import sys
from collections.abc import Callable
from datetime import timedelta

import django


def start(definition: str) -> str:
    """Start a run of a workflow with these steps (JSON), by an agent that may send; its id."""
    from django.contrib.auth.models import User

    from tests.factories import make_agent, make_workflow, start_run

    owner = User.objects.first() or User.objects.create_superuser("owner")
    agent = make_agent(owner=owner, tool_policy={"send": "allow"})
    steps = [{"agent": agent.name, **step} for step in json.loads(definition)]
    return str(start_run(make_workflow(*steps, owner=owner)).pk)


def shift(days: str) -> str:
    """Let so many days go by: every time in every row moves into the past."""
    from django.apps import apps
    from django.db.models import DateTimeField, F

    for app in ("chat", "workflows", "tasks"):
        for model in apps.get_app_config(app).get_models():
            times = [field.name for field in model._meta.fields if isinstance(field, DateTimeField)]
            if times:
                model._default_manager.update(**{name: F(name) - timedelta(days=int(days)) for name in times})
    return ""


DEEDS: dict[str, Callable[[str], str]] = {"start": start, "shift": shift}

if __name__ == "__main__":
    django.setup()
    sys.stdout.write(DEEDS[sys.argv[1]](sys.argv[2]))
