"""Workflows: steps of agents that build on each other, and every version of them that was saved."""

from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from chat.models import new_id
from workflows.models.agent import Agent
from workflows.models.scheduling import GRACE_SECONDS, ExecutionMode, Misfire, Overlap


class WorkflowQuerySet(models.QuerySet["Workflow"]):
    """Named queries on workflows."""

    def of(self, user: User) -> Self:
        """Those that `user` may see: their own."""
        return self.filter(owner=user)


class Workflow(models.Model):
    """Work in several steps, each an agent's, that can be run again and again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="workflows", help_text="Whose workflow it is.")
    name = models.CharField(max_length=100, help_text="How people and the assistant call it.")
    description = models.CharField(max_length=300, blank=True, help_text="What it is good for, in one line.")
    instruction = models.TextField(blank=True, help_text="What every agent is told in every step, beside its own instructions.")
    inputs: models.JSONField[list[dict[str, str]], list[dict[str, str]]] = models.JSONField(
        default=list, blank=True, help_text="What a run is given: names, descriptions, and defaults where there are any."
    )
    max_concurrent = models.PositiveIntegerField(
        default=1, validators=[MinValueValidator(1)], help_text="How many of its runs may work at a time; the others wait in line."
    )
    max_rounds = models.PositiveIntegerField(
        default=1, validators=[MinValueValidator(1)], help_text="How often steps that lead back to earlier ones may be gone through."
    )
    budget: models.JSONField[dict[str, float], dict[str, float]] = models.JSONField(
        default=dict, blank=True, help_text="What one run may use before its owner is asked: dollars, tokens."
    )
    execution_mode = models.CharField(
        max_length=12, choices=ExecutionMode.choices, default=ExecutionMode.MANUAL, help_text="When it runs by itself."
    )
    schedule = models.CharField(
        max_length=200, blank=True, help_text="Such as daily@09:00, every 2 hours or 0 9 * * 1-5; again and again: the pause, or nothing."
    )
    time_zone = models.CharField(
        max_length=64, blank=True, help_text="The zone in which the schedule's times are meant, such as Europe/Berlin; empty: its owner's."
    )
    overlap = models.CharField(
        max_length=8, choices=Overlap.choices, default=Overlap.SKIP, help_text="What a due time does while an earlier run is not over."
    )
    misfire = models.CharField(
        max_length=8, choices=Misfire.choices, default=Misfire.LATEST, help_text="What is done about times at which nothing was running."
    )
    grace_seconds = models.PositiveIntegerField(default=GRACE_SECONDS, help_text="A missed time older than this is not made up for.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = WorkflowQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="one_workflow_a_name")]

    def __str__(self) -> str:
        return self.name


class Step(models.Model):
    """One agent's part of a workflow."""

    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="steps", help_text="What it is a part of.")
    key = models.CharField(max_length=50, help_text="Its short name: small letters, digits and _, such as write_report.")
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="steps", help_text="Who does it.")
    prompt = models.TextField(help_text="What the agent is asked. {{ input.NAME }} and {{ steps.KEY.output }} are filled in.")
    # Keys rather than rows: a definition is read and written whole, and refused whole.
    after: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list, blank=True, help_text="Keys of the steps it waits for; empty: it starts at once."
    )
    when: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(
        null=True, blank=True, help_text='A condition on an earlier output, such as {"step": "check", "op": "contains", "value": "ok"}.'
    )
    position = models.PositiveIntegerField(default=0, help_text="Its place in the order of steps, from 0.")

    class Meta:
        ordering = ["workflow", "position"]
        constraints = [models.UniqueConstraint(fields=["workflow", "key"], name="one_step_a_key")]

    def __str__(self) -> str:
        return self.key


class Revision(models.Model):
    """A workflow or an agent as it was saved once; runs keep to the one they began with."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, models.CASCADE, null=True, related_name="revisions", help_text="Whose version it is.")
    agent = models.ForeignKey(Agent, models.CASCADE, null=True, related_name="revisions", help_text="Whose version it is.")
    number = models.PositiveIntegerField(help_text="Counts from 1 for each workflow and agent.")
    data: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, help_text="The definition.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", help_text="Who saved it.")
    made_at = models.DateTimeField(default=timezone.now, help_text="When it was saved.")

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(fields=["workflow", "number"], condition=Q(agent=None), name="one_revision_a_number"),
            models.UniqueConstraint(fields=["agent", "number"], condition=Q(workflow=None), name="one_agent_revision_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.workflow or self.agent} #{self.number}"
