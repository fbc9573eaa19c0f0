"""What becomes of a delivery that Telegram did not take: the table of retries, without any row or call."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from telegram_bridge.bot import (
    BotError,
    MigratedError,
    NeverSentError,
    RejectedError,
    TokenError,
    UncertainError,
    UnreachableError,
    WaitError,
)
from telegram_bridge.models import Delivery

LONGEST_PAUSE = 60.0
TOKEN_PAUSE = 30.0
# An hour of Telegram's own errors for one and the same message: it is the message.
MOST_ATTEMPTS = 65
# Without a network nothing was tried, so it never leads to giving up.
COUNTED = 10
UNSURE = "Telegram did not answer twice: it may have arrived, or not."

# Parts of Telegram's descriptions, in small letters. What stands there is not translated and has been the same for years.
NOT_MODIFIED = ("not modified",)
# The person deleted it, or it is too old.
GONE = ("message to edit not found", "can't be edited", "message_id_invalid", "never sent")
NO_THREAD = ("thread not found", "topic_closed", "topic_deleted", "topic_id_invalid")
NO_REPLY = ("replied message not found", "message to be replied not found", "reply message not found")
NO_RIGHTS = ("not enough rights", "have no rights", "need administrator rights")
NO_CHAT = (*NO_RIGHTS, "chat not found", "peer_id_invalid", "user is deactivated")
# A group may forbid files alone, which must not keep it from its answers.
NO_FILES = "📎 {}\n\nThis chat takes no such files: it is in the conversation, on the page."
# The group's number is one of the past.
UPGRADED = ("upgraded to a supergroup",)


class NotThereError(BotError):
    """The live message cannot become the answer; it was taken away."""


class Act(Enum):
    """What is to be done about a delivery."""

    DONE = "it stands there already"
    AT_ONCE = "try again at once, changed"
    LATER = "try again after a while"
    WAIT = "let the whole chat wait"
    UNREACHABLE = "send nothing to the chat before somebody writes there"
    MIGRATED = "go on in the chat under its new number"
    NEW_ONE = "send it as a message of its own"
    GIVE_UP = "never try it again"


@dataclass(frozen=True)
class Fate:
    """What is to be done, why, in how many seconds, and which fields of the delivery change."""

    act: Act
    error: str = ""
    seconds: float = 0
    changed: dict[str, Any] = field(default_factory=dict)
    chat_id: int = 0


def decide(error: BotError, delivery: Delivery, *, harmless: bool = False) -> Fate:
    """What becomes of `delivery` after `error`. `harmless`: the same call made twice shows nothing twice."""
    match error:
        case NotThereError():
            return Fate(Act.NEW_ONE, str(error))
        case WaitError():
            return Fate(Act.WAIT, str(error), error.seconds)
        case UnreachableError():
            return Fate(Act.UNREACHABLE, str(error))
        case MigratedError():
            return Fate(Act.MIGRATED, str(error), chat_id=error.chat_id)
        case RejectedError():
            return rejected(error, delivery)
        case TokenError():
            return Fate(Act.LATER, str(error), TOKEN_PAUSE)
        case UncertainError() if not harmless:
            return uncertain(error, delivery)
    return later(error, delivery)


def unheard(error: BotError, delivery: Delivery) -> Fate:
    """Telegram cannot be asked at all, so what may have arrived is not sent once more yet: that would be its last time."""
    if isinstance(error, WaitError | TokenError):
        return decide(error, delivery)
    attempts = min(delivery.attempts + 1, COUNTED)
    return Fate(Act.LATER, str(error), pause(attempts), {"attempts": attempts})


def uncertain(error: BotError, delivery: Delivery) -> Fate:
    """It may have arrived: it is sent once more, and never a third time."""
    if delivery.uncertain:
        return Fate(Act.GIVE_UP, UNSURE, changed={"uncertain": delivery.uncertain + 1})
    return Fate(Act.LATER, str(error), 1, {"uncertain": 1})


def later(error: BotError, delivery: Delivery) -> Fate:
    """It has not arrived: try again, later each time."""
    attempts = delivery.attempts + 1
    if isinstance(error, NeverSentError):
        attempts = min(attempts, COUNTED)
    elif attempts > MOST_ATTEMPTS:
        return Fate(Act.GIVE_UP, str(error), changed={"attempts": attempts})
    return Fate(Act.LATER, str(error), pause(attempts), {"attempts": attempts})


def pause(attempts: int) -> float:
    """Seconds to wait after so many tries."""
    return min(2.0 ** min(attempts - 1, 10), LONGEST_PAUSE)


def rejected(error: RejectedError, delivery: Delivery) -> Fate:
    """Telegram will never take it like this: as plain text, without the topic, without the answered message, or not at all."""
    reason = error.reason.lower()
    if says(reason, NOT_MODIFIED):
        return Fate(Act.DONE)
    if says(reason, GONE) and delivery.kind == Delivery.Kind.EDIT:
        return Fate(Act.DONE)
    if says(reason, NO_THREAD) and delivery.thread_id:
        return Fate(Act.AT_ONCE, str(error), changed={"thread_id": 0})
    if says(reason, NO_REPLY) and (delivery.reply_to or delivery.reply_seq):
        return Fate(Act.AT_ONCE, str(error), changed={"reply_to": None, "reply_seq": None})
    if says(reason, NO_RIGHTS) and delivery.kind == Delivery.Kind.FILE:
        name = delivery.message.text if delivery.message else ""
        return Fate(Act.AT_ONCE, str(error), changed={"kind": Delivery.Kind.TEXT, "text": NO_FILES.format(name)})
    if says(reason, NO_CHAT + UPGRADED):
        return Fate(Act.UNREACHABLE, str(error))
    if delivery.entities:
        # What it cannot parse, or whatever else it dislikes of the looks: as it was written, it is taken.
        return Fate(Act.AT_ONCE, str(error), changed={"text": delivery.source or delivery.text, "entities": []})
    return Fate(Act.GIVE_UP, str(error))


def says(reason: str, parts: tuple[str, ...]) -> bool:
    """Whether Telegram gives one of these reasons."""
    return any(part in reason for part in parts)
