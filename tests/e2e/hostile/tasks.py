"""Tasks and due times made of hostile texts."""

from datetime import timedelta
from itertools import cycle

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from chat.models import Conversation
from tasks.models import Mode, Occurrence, OccurrenceState, Task
from workflows.models import Agent

PAGES = ("task", "task-edit")


def tasks(owner: User, agents: list[Agent], words: list[str]) -> dict[str, str]:
    """A task of each text, with due times that say it as their reason; pages of one of them by name."""
    now = timezone.now()
    talk = Conversation.objects.create(owner=owner, title="Tasks")
    made = Task.objects.bulk_create(
        Task(
            owner=owner, conversation=talk, title=text[:200], text=text, mode=mode, agent=agent, schedule="daily@09:00", time_zone="UTC",
            next_due_at=now + timedelta(minutes=number), enabled=bool(number % 3), paused_because=text, last_error=text,
            metadata={text[:50]: text}, fingerprint=str(number),
        )
        for number, (text, mode, agent) in enumerate(zip(words, cycle((Mode.NOTIFY, Mode.PROMPT_AGENT)), cycle(agents), strict=False))
    )  # fmt: skip
    Occurrence.objects.bulk_create(
        Occurrence(task=task, due_at=now - timedelta(hours=number), state=OccurrenceState.SKIPPED, reason=task.text)
        for task in (made[0], made[-1])
        for number in range(5)
    )
    return {f"site: {name}": reverse(name, args=[made[-1].pk]) for name in PAGES}
