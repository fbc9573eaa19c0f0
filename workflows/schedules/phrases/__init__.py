"""What a person means by “in 2 hours” or “every weekday at 9”."""

from workflows.schedules.phrases.understanding import Mode, Understood, understand

__all__ = ["Mode", "Understood", "understand"]
