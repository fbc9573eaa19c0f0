"""The words in which people say when something runs, shared by workflows and by the tasks above them."""

from django.db import models


class Overlap(models.TextChoices):
    """What becomes of a due time while an earlier run is not over (promise P14)."""

    SKIP = "skip", "Leave it out"
    QUEUE = "queue", "Let one wait"
    ALLOW = "allow", "Run both"
    REPLACE = "replace", "Stop the earlier one"


class Misfire(models.TextChoices):
    """What becomes of due times that passed while nothing ran (promise P13)."""

    LATEST = "latest", "Run once, for the newest"
    ALL = "all", "Run each, up to ten"
    NONE = "none", "Run none"


class ExecutionMode(models.TextChoices):
    """When a workflow runs by itself."""

    MANUAL = "manual", "Only when somebody runs it"
    SCHEDULE = "schedule", "At the times of its schedule"
    CONTINUOUS = "continuous", "Again and again, each after the one before"


# A missed time older than this is not made up for, unless somebody says otherwise (promise P13): 24 hours.
GRACE_SECONDS = 86_400
