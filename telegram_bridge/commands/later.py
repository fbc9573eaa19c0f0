"""The commands about what is scheduled."""

from django.utils import timezone

from chat import log
from chat.errors import InvalidError
from chat.models import Message, Profile
from tasks import planning, quotas
from tasks.drafts import Draft
from tasks.models import Mode, Task
from telegram_bridge import keyboards, talks
from telegram_bridge.commands import lists
from telegram_bridge.models import Keyboard
from telegram_bridge.talks import Heard
from telegram_bridge.words import literal
from workflows import schedules
from workflows.reading import read

HOW = (
    "Say when and what: /schedule 30m check the oven, /schedule tomorrow 9am call Anna, "
    "/schedule every weekday at 9 look at the numbers, or /schedule 2030-06-15T09:30:00+02:00 pay the rent."
)


def schedule(heard: Heard, rest: str) -> None:
    """Remind of something later, once or again and again. What was understood is shown, and the reminder answers that."""
    if not rest:
        raise InvalidError(HOW)
    zone = Profile.of(heard.user).zone()
    found = schedules.understand(rest, timezone.now(), zone)
    if found.schedule:
        # A chat that rings every second is of use to nobody.
        quotas.check_interval(found.schedule.text)
    conversation = talks.conversation_of(heard.talk)
    when = {"schedule": found.schedule.text} if found.schedule else {"run_at": found.at and found.at.isoformat()}
    what = {"mode": Mode.NOTIFY, "text": found.text, "time_zone": zone.key, "conversation": conversation.pk}
    added = planning.add(read(Draft, {**when, **what}), owner=heard.user, by=heard.user, via=Message.Via.TELEGRAM)
    log.name_after(conversation, found.text)
    task, done = added.task, "Scheduled" if added.created else "That is scheduled already"
    promise = Message.objects.filter(conversation=task.conversation_id, seq=task.anchor or 0).first()
    heard.tell(f"⏰ {done}: {lists.described(task)}.{missing_zone(task, heard)}", message=promise if added.created else None)


def missing_zone(task: Task, heard: Heard) -> str:
    """A word about the clock, for whoever never said where theirs stands."""
    if Profile.of(heard.user).time_zone:
        return ""
    return f"\n\nI took {literal(task.zone.key)} for your time zone: /timezone changes it for what comes."


def scheduled(heard: Heard, rest: str) -> None:
    """List what is scheduled, numbered, with a button for each line that is still to come."""
    text, rows = lists.scheduled(heard.user)
    keyboard = keyboards.make(heard.chat, heard.user, Keyboard.Purpose.CANCEL_TASK, rows) if rows else None
    heard.tell(text, keyboard=keyboard)
