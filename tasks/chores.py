"""What has to be done for tasks from time to time. A schedule in the `chores` cluster calls this by name."""

from tasks import clock, settling


def tick() -> None:
    """What the clock does, for the case that no clock runs. It may happen twice, late or not at all without harm."""
    settling.repair()
    settling.settle_orphans()
    clock.fire_due()
