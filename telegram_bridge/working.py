"""What is being done right now in the talks, as far as it is shown: the answer so far, or the tools at work."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Q
from django.utils import timezone

from chat.models import Draft, Message
from chat.tool_cards import gist, label
from telegram_bridge import lease
from telegram_bridge.formatting import Chunk, literal, render
from telegram_bridge.models import Delivery, LiveMessage, TelegramChat, TelegramSettings, TelegramTalk
from telegram_bridge.pending import OPEN, shown_as
from telegram_bridge.planning import asked_in, is_served
from telegram_bridge.splitting import MOST_UNITS
from workflows.models import Lane, Run, RunStatus

# A turn that waits for a worker is about to begin; one that waits for longer shows nothing.
QUEUED_SECONDS = 60
LINES = 6
LONGEST_GIST = 60
# Only the first message of an answer is shown while it grows, and each frame is rendered anew: with all its marks it is no longer.
MOST_RENDERED = 3 * MOST_UNITS
QUESTIONS = ("ask_user", "request_user_help")
STATES = {"done": "✅", "": "⏳"}


@dataclass(frozen=True)
class Work:
    """A turn that is underway, in one of the talks that show its conversation."""

    talk: TelegramTalk
    run: Run

    @property
    def key(self) -> tuple[int, UUID]:
        return self.talk.pk, self.run.pk


@dataclass(frozen=True)
class Frame:
    """What the live message is to show. `answers`: the answer so far; else what is being done."""

    chunk: Chunk
    answers: bool
    live: LiveMessage | None
    reply_to: int | None

    @property
    def grows(self) -> bool:
        """Whether a message that stands there is edited; else there is to be a new one."""
        return self.live is not None and self.live.answers == self.answers


def streaming() -> str:
    """What an administrator wants to be shown until an answer is whole."""
    return TelegramSettings.now().streaming


def underway() -> list[Work]:
    """The turns that are underway where a phone shows it."""
    talks = TelegramTalk.objects.filter(chat__unreachable_since=None).exclude(conversation=None)
    recent = timezone.now() - timedelta(seconds=QUEUED_SECONDS)
    active = Q(status=RunStatus.RUNNING) | Q(status=RunStatus.QUEUED, queued_at__gt=recent)
    runs = Run.objects.filter(active, lane=Lane.TURN, cancel_requested_at=None, conversation__in=talks.values("conversation"))
    found = []
    for run in runs.order_by("queued_at"):
        found += [
            Work(talk, run) for talk in talks.filter(conversation=run.conversation_id).select_related("chat", "user") if is_served(talk)
        ]
    return found


def frame(work: Work, mode: str) -> Frame | None:
    """What is to be shown of a turn now; None: nothing, nothing yet, or it is not for this process to show it."""
    if not lease.is_mine():
        return None
    talk, run = work.talk, Run.objects.filter(pk=work.run.pk, status=RunStatus.RUNNING).first()
    held = TelegramChat.objects.filter(pk=talk.chat_id, not_before__gt=timezone.now()).exists()
    if run is None or run.task_id or held or mode == TelegramSettings.Streaming.OFF or waits(talk, run.pk):
        return None
    draft = Draft.objects.filter(run_id=run.pk).exclude(text="").first() if mode == TelegramSettings.Streaming.TEXT else None
    chunks = render(draft.text[:MOST_RENDERED]) if draft else status_line(run)
    if not chunks:
        return None
    live = LiveMessage.objects.filter(talk=talk, run_id=run.pk).first()
    asked = asked_in(talk, run)
    return Frame(chunks[0], draft is not None, live, asked and shown_as(talk.chat, run.conversation_id, asked))


def waits(talk: TelegramTalk, run_id: UUID) -> bool:
    """Whether something that the run has said is on its way to the talk: it comes first, and takes the live message's place."""
    rows = Message.objects.filter(conversation=talk.conversation_id, run_id=run_id, kind__in=Message.WORTH_READING)
    delivered = TelegramTalk.objects.values_list("delivered_seq", flat=True).get(pk=talk.pk)
    return rows.after(delivered).exists() or Delivery.objects.filter(talk=talk, message__run_id=run_id, state__in=OPEN).exists()


def status_line(run: Run) -> list[Chunk]:
    """The tools that the run has called since it last said something."""
    rows = Message.objects.filter(conversation=run.conversation_id, run_id=run.pk)
    spoken = rows.filter(kind=Message.Kind.MESSAGE).order_by("-seq").values_list("seq", flat=True).first() or 0
    calls: dict[tuple[object, object], str] = {}
    states: dict[tuple[object, object], str] = {}
    for message in rows.after(spoken).filter(kind__in=(Message.Kind.TOOL_USE, Message.Kind.TOOL_RESULT)):
        data = message.payload
        key = (data.get("reply"), data["call_id"])
        if message.kind == Message.Kind.TOOL_RESULT:
            states[key] = STATES.get(data["status"], "❌")
        elif data["name"] not in QUESTIONS:
            calls[key] = f"{literal(label(data['name']))} _{literal(shortened(gist(data['args'] or {})))}_".removesuffix(" __")
    lines = [f"{states.get(key, STATES[''])} {words}" for key, words in calls.items()]
    return render("\n".join(lines[-LINES:]))


def shortened(text: str) -> str:
    """`text` in one short line."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_GIST else line[: LONGEST_GIST - 1] + "…"


@transaction.atomic
def begun(work: Work, telegram_id: int, answers: bool) -> None:
    """A live message stands there."""
    if lease.is_mine():
        defaults = {"telegram_id": telegram_id, "answers": answers, "edited_at": timezone.now()}
        LiveMessage.objects.update_or_create(talk=work.talk, run_id=work.run.pk, defaults=defaults)


def hold(chat: TelegramChat, until: datetime) -> None:
    """Telegram wants nothing more for the chat before then."""
    TelegramChat.objects.filter(Exists(lease.mine()), pk=chat.pk).update(not_before=until)


def leftovers() -> list[LiveMessage]:
    """Live messages of runs that work no more, and have nothing on its way that would take their place."""
    found: list[LiveMessage] = []
    if not lease.is_mine():
        return found
    for live in LiveMessage.objects.select_related("talk__chat", "talk__conversation"):
        run = Run.objects.filter(pk=live.run_id).first()
        same = run is not None and run.conversation_id == live.talk.conversation_id
        works = run is not None and run.status in (RunStatus.RUNNING, RunStatus.QUEUED)
        if not same or not (works or waits(live.talk, live.run_id)):
            found.append(live)
    return found
