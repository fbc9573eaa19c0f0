"""What is scheduled: tasks, and what became of each of their due times."""

from tasks.models.occurrence import Occurrence, OccurrenceState
from tasks.models.task import ENDED, STOPPABLE, Mode, Task, TaskStatus

__all__ = ["ENDED", "STOPPABLE", "Mode", "Occurrence", "OccurrenceState", "Task", "TaskStatus"]
