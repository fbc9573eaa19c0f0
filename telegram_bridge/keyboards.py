"""Buttons under a message: made with it, and closed when they mean nothing any more."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from telegram_bridge.models import Keyboard, TelegramChat

# Telegram shows about so much of a button's text on a phone.
MOST_TEXT = 60


def make(
    chat: TelegramChat, user: User, purpose: Keyboard.Purpose, rows: Sequence[Sequence[tuple[str, str]]], subject: UUID | None = None
) -> Keyboard:
    """Buttons for `user` in `chat`, row by row: what each says, and what pressing it stands for."""
    made = [[{"text": shortened(text), "value": value} for text, value in row] for row in rows]
    return Keyboard.objects.create(chat=chat, user=user, purpose=purpose, subject=subject, rows=made)


def close(keyboard: Keyboard) -> bool:
    """Let its buttons do nothing any more. False when they did nothing before."""
    return bool(Keyboard.objects.filter(pk=keyboard.pk, closed_at=None).update(closed_at=timezone.now()))


def shortened(text: str) -> str:
    """A button's text in one line that a phone shows; Telegram takes no empty one."""
    line = " ".join(text.split()) or "…"
    return line if len(line) <= MOST_TEXT else line[: MOST_TEXT - 1] + "…"
