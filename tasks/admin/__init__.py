"""Tasks and their due times, for administrators."""

from tasks.admin import occurrences, tasks

__all__ = ["occurrences", "tasks"]
