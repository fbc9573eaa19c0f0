"""Workflows that run by themselves, for the tests of the tasks that carry that out."""

from typing import Any

from tasks.models import Task
from tests.factories import make_workflow
from workflows import editing
from workflows.definition import Definition
from workflows.models import Workflow


def make_scheduled(**fields: Any) -> Workflow:
    """A workflow that runs every ten minutes."""
    return make_workflow({"key": "write"}, **{"schedule": "every 10 minutes", "time_zone": "Europe/Berlin", **fields})


def change(workflow: Workflow, **fields: Any) -> Workflow:
    """Save it with other fields."""
    found = Definition.model_validate({**Definition.of(workflow).stored(), **fields})
    return editing.save(found, owner=workflow.owner, by=workflow.owner, workflow=workflow)


def task_of(workflow: Workflow) -> Task:
    return Task.objects.get(managed_by=workflow)
