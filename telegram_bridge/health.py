"""Whether Telegram is heard of: for the readiness check, the doctor, the admin's front page and the page of its settings."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.utils import timezone

from chat.figures import span
from telegram_bridge.models import Delivery, DeliveryState, TelegramSettings, TelegramState, Update
from telegram_bridge.models.settings import ONLY
from workflows.models import Heartbeat

# A poll takes up to 50 s; after this long without an answer nothing gets through.
DEAF_SECONDS = 120
# The telegram process shows life every five seconds, connected or not.
SILENT_SECONDS = 15
# Why messages could not be sent is of interest for a day.
RECENT = timedelta(days=1)
# What was stored is handled within seconds, or given up.
LATE = timedelta(minutes=1)
# Nobody needs to know it more exactly.
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class Health:
    """How Telegram does: whether it is switched on, what is wrong in a sentence, and the figures behind it."""

    enabled: bool
    wrong: str
    state: TelegramState
    # Seconds since Telegram last answered; None: it never did.
    age: float | None

    @property
    def badge(self) -> tuple[str, str]:
        """The status of a badge, and what it says."""
        if not self.enabled:
            return "off", "Off"
        if self.wrong:
            return "fail", "Not connected"
        if self.state.poll_error:
            return "warn", "In trouble"
        return ("ok", "Connected") if self.state.polled_at else ("warn", "Connecting")

    @cached_property
    def backlog(self) -> int:
        """How many updates are to be handled."""
        return Update.objects.order_by().filter(handled_at=None, parked_at=None)[:MOST_COUNTED].count()

    @cached_property
    def late(self) -> int:
        """How many updates of this bot have waited too long."""
        waiting = Update.objects.order_by().filter(bot_id=self.state.bot_id, handled_at=None, parked_at=None)
        return waiting.filter(received_at__lt=timezone.now() - LATE)[:MOST_COUNTED].count()

    @cached_property
    def parked(self) -> int:
        """How many updates were given up."""
        return Update.objects.order_by().filter(handled_at=None).exclude(parked_at=None)[:MOST_COUNTED].count()

    @cached_property
    def waiting(self) -> int:
        """How many deliveries are to be made."""
        to_send = (DeliveryState.PENDING, DeliveryState.FAILED)
        return Delivery.objects.order_by().filter(state__in=to_send)[:MOST_COUNTED].count()

    @cached_property
    def dead(self) -> int:
        """How many deliveries of the last day were given up."""
        recent = Delivery.objects.order_by().filter(state=DeliveryState.DEAD, created_at__gt=timezone.now() - RECENT)
        return recent[:MOST_COUNTED].count()


def health(now: datetime | None = None) -> Health:
    """How Telegram does, in two queries; what waits is counted only where it is asked for."""
    now = now or timezone.now()
    state = TelegramState.objects.filter(pk=ONLY).first() or TelegramState(pk=ONLY)
    # No secret is opened: one that was encrypted with a lost key must not hide the rest.
    since = switched_on()
    return Health(
        enabled=since is not None,
        wrong=deafness(since, state, now) if since else "",
        state=state,
        age=(now - state.polled_at).total_seconds() if state.polled_at else None,
    )


def switched_on() -> datetime | None:
    """Since when Telegram is to be connected as it is set up now; None: it is not to be."""
    return TelegramSettings.objects.filter(pk=ONLY, enabled=True).values_list("changed_at", flat=True).first()


def deaf(now: datetime | None = None) -> str:
    """A sentence where Telegram is switched on and has not been heard of for too long; else an empty one."""
    since = switched_on()
    state = TelegramState.objects.filter(pk=ONLY).first() or TelegramState(pk=ONLY)
    return deafness(since, state, now or timezone.now()) if since else ""


def deafness(since: datetime, state: TelegramState, now: datetime) -> str:
    """As `deaf`, for Telegram that was set up at `since`."""
    heard = max(at for at in (since, state.began_at, state.polled_at) if at)
    age = (now - heard).total_seconds()
    if age <= DEAF_SECONDS:
        return ""
    return f"Telegram has not been heard of for {span(age)}. {reason(state, now)}"


def reason(state: TelegramState, now: datetime) -> str:
    """Why nothing is heard, and what to do."""
    if state.lease_expires_at and state.lease_expires_at > now:
        return state.poll_error or "A process tries, and gets no answer: is this machine connected?"
    if Heartbeat.objects.filter(kind=Heartbeat.Kind.TELEGRAM).alive(SILENT_SECONDS).exists():
        return "The telegram process runs, but has no token that it can use: look at Settings, Telegram, and at its log."
    return "No telegram process runs: start `agentron up`, or `agentron telegram` alone."
