"""Lists on the phone that have buttons, and what pressing one shows anew."""

from django.contrib.auth.models import User

from chat.models import Conversation, Message
from chat.quotes import gist
from tasks import reading
from tasks.models import Task, TaskStatus
from tasks.saying import ahead
from telegram_bridge import outbox, talks
from telegram_bridge.models import TelegramTalk
from telegram_bridge.words import literal
from workflows.models import HelpRequest, Lane, Run

# All of it is to fit into one message, so that it can be changed in place.
MOST_LISTED = 20
BUTTONS_A_ROW = 4
NOTHING = "Nothing is scheduled. Try `/schedule tomorrow 9am call Anna`, or just tell me what you want when."


def scheduled(user: User) -> tuple[str, list[list[tuple[str, str]]]]:
    """What is to come, numbered as everywhere, then what is at work; and a button for each line that can be cancelled."""
    pending = list(reading.pending(user)[: MOST_LISTED + 1])
    working = reading.listed(user).live().exclude(status=TaskStatus.PENDING).order_by("-created_at")[:MOST_LISTED]
    shown = pending[:MOST_LISTED]
    lines = [f"{number}. {described(task)}" for number, task in enumerate(shown, 1)]
    lines += [f"{number}. {described(task)}" for number, task in enumerate(working, len(shown) + 1)]
    if not lines:
        return NOTHING, []
    buttons = [(f"Cancel {number}", str(task.pk)) for number, task in enumerate(shown, 1)]
    rows = [buttons[start : start + BUTTONS_A_ROW] for start in range(0, len(buttons), BUTTONS_A_ROW)]
    more = "\n\nThere is more than this: the page shows all." if len(pending) > MOST_LISTED else ""
    return f"**What is scheduled**\n\n{chr(10).join(lines)}{more}", rows


def described(task: Task) -> str:
    """A task in one line: what it is, when, how soon, and what stands in the way."""
    parts = [f"**{literal(task.title, 60)}**", literal(reading.description(task), 100)]
    if task.next_due_at:
        parts.append(ahead(task.next_due_at))
    elif task.status != TaskStatus.PENDING:
        parts.append("at work")
    elif not task.enabled:
        parts.append("paused")
    return ", ".join(parts)


def next_of(user: User) -> str:
    """What comes first of all that is scheduled."""
    task = reading.pending(user).exclude(next_due_at=None).first()
    return described(task) if task else "nothing is scheduled"


def going_on(conversation: Conversation) -> tuple[str, list[list[tuple[str, str]]]]:
    """The workflows' runs of a conversation that are not over, which no /stop ends; and a button to cancel each. Empty: none."""
    found = Run.objects.unfinished().filter(conversation=conversation, lane=Lane.RUN, cancel_requested_at=None)
    shown = list(found.select_related("workflow").order_by("queued_at", "pk")[:MOST_LISTED])
    if not shown:
        return "", []
    lines = [f"{number}. **{literal(name_of(run), 60)}**, {run.get_status_display().lower()}" for number, run in enumerate(shown, 1)]
    buttons = [[(f"Cancel {number}. {name_of(run)}", str(run.pk))] for number, run in enumerate(shown, 1)]
    return "These workflows go on unless you cancel them:\n\n" + "\n".join(lines), buttons


def name_of(run: Run) -> str:
    """The name of a run's workflow."""
    return run.workflow.name if run.workflow else "a workflow that was deleted"


def resume(talk: TelegramTalk, conversation: Conversation) -> None:
    """Go on with a conversation in this talk: what was said last, and what is still asked there."""
    talks.turn_to(talk, conversation)
    last = conversation.messages.worth_reading().order_by("-seq").first()
    said = f"\n\n> {literal(gist(last.text, last.author))}" if last and last.kind == Message.Kind.MESSAGE else ""
    asked = HelpRequest.objects.open().filter(run__conversation=conversation).count()
    more = "\n\nA question waits for you there: /pending" if asked else ""
    outbox.tell(talk.chat, f"You are in **{literal(str(conversation))}** now.{said}{more}", thread_id=talk.thread_id, talk=talk)
