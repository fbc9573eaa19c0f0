"""A workflow that several people and clocks touch at once still has one task, and it is as the workflow says."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from tasks import clock, mirror
from tasks.models import Task
from tests.factories import make_workflow
from workflows import editing
from workflows.definition import Definition
from workflows.models import Workflow

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*deeds: Callable[[], object]) -> None:
    """Do all of it at the same time, each over a connection of its own; what fails, fails the test."""
    start = threading.Barrier(len(deeds))

    def do(deed: Callable[[], object]) -> None:
        try:
            start.wait()
            deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        list(pool.map(do, deeds))


def save(pk: UUID, **fields: object) -> None:
    """Change a workflow as its form does."""
    workflow = Workflow.objects.get(pk=pk)
    found = Definition.model_validate({**Definition.of(workflow).stored(), **fields})
    editing.save(found, owner=workflow.owner, by=workflow.owner, workflow=workflow)


def fire(pk: UUID) -> None:
    """Let its task be due, and a clock see to it."""
    Task.objects.filter(managed_by=pk).update(next_due_at=timezone.now() - timedelta(seconds=1))
    clock.fire_due()


def test_a_workflow_that_is_scheduled_by_several_at_once_has_one_task() -> None:
    workflow = make_workflow({"key": "write"})
    schedules = ("daily@09:00", "daily@10:00", "every 2 hours")

    at_once(*(partial(save, workflow.pk, execution_mode="schedule", schedule=text) for text in schedules), mirror.repair)

    assert Task.objects.get().schedule == Workflow.objects.get().schedule


def test_changes_and_clocks_do_not_get_in_each_others_way() -> None:
    workflow = make_workflow({"key": "write"}, schedule="every 2 hours")
    changes = ({"name": "One"}, {"name": "Two", "schedule": "daily@09:00"}, {"overlap": "allow"})

    at_once(*(partial(save, workflow.pk, **fields) for fields in changes), partial(fire, workflow.pk), partial(fire, workflow.pk))

    assert (Task.objects.count(), mirror.astray().count()) == (1, 0)
    assert Task.objects.get().enabled
