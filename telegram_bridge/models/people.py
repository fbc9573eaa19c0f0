"""Who may talk, and where: Telegram's people and chats, and which conversation is spoken in."""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone

from chat.models import Conversation
from chat.models.people import digest

LINK_MINUTES = 10
# Telegram takes up to 64 characters of A-Z a-z 0-9 _ - in t.me/BOT?start=CODE; 24 random bytes make 32.
CODE_BYTES = 24


class TelegramAccount(models.Model):
    """A person on Telegram, known by number: served only where allowed, and as one person of ours."""

    telegram_id = models.BigIntegerField(unique=True, help_text="Telegram's number of the person; names are never trusted.")
    name = models.CharField(max_length=200, blank=True, help_text="As Telegram shows it.")
    username = models.CharField(max_length=64, blank=True, help_text="The @name, for people to recognise; it decides nothing.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="telegram_accounts", help_text="Who this is here."
    )
    allowed = models.BooleanField(default=False, help_text="Whether this person is served.")
    linked_at = models.DateTimeField(null=True, blank=True, editable=False)
    seen_at = models.DateTimeField(default=timezone.now, editable=False)
    # A stranger gets one short line an hour at most.
    told_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "Telegram account"
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return self.name or f"{self.telegram_id}"

    def served_as(self) -> User | None:
        """As whom this person is served; None: not at all."""
        user = self.user if self.allowed else None
        return user if user and user.is_active else None


class TelegramChat(models.Model):
    """A chat on Telegram: private, or a group that must be allowed as well as whoever speaks in it."""

    class Type(models.TextChoices):
        PRIVATE = "private"
        GROUP = "group"
        SUPERGROUP = "supergroup"
        CHANNEL = "channel"

    chat_id = models.BigIntegerField(unique=True, help_text="Telegram's number of the chat.")
    type = models.CharField(max_length=16, choices=Type.choices, default=Type.PRIVATE, help_text="What sort of chat it is.")
    title = models.CharField(max_length=200, blank=True, help_text="Its title, or the person's name.")
    allowed = models.BooleanField(default=False, help_text="Whether a group may be spoken in; a private chat needs only its person.")
    seen_at = models.DateTimeField(default=timezone.now, editable=False)
    told_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, editable=False)
    not_before: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, editable=False, help_text="Nothing is sent here before: Telegram asked to wait."
    )
    unreachable_since: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, blank=True, editable=False)
    unreachable_because = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        verbose_name = "Telegram chat"
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return self.title or f"{self.chat_id}"

    @property
    def is_private(self) -> bool:
        """Whether only one person reads it."""
        return self.type == self.Type.PRIVATE


class TelegramTalk(models.Model):
    """One person speaking in one chat or forum topic, and the conversation that they speak in there.

    Everybody in a group has a conversation of their own, so that each is fetched through its owner.
    """

    chat = models.ForeignKey(TelegramChat, models.CASCADE, related_name="talks", help_text="Where it is spoken.")
    thread_id = models.BigIntegerField(default=0, help_text="The forum topic; 0: none.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="telegram_talks", help_text="Who speaks.")
    conversation = models.ForeignKey(
        Conversation,
        models.SET_NULL,
        null=True,
        related_name="telegram_talks",
        help_text="What is spoken in. Empty: the next message begins one.",
    )
    delivered_seq = models.PositiveIntegerField(default=0, help_text="Up to which message everything has been put into the outbox.")

    class Meta:
        verbose_name = "Telegram talk"
        constraints = [models.UniqueConstraint(fields=["chat", "thread_id", "user"], name="one_talk_a_person_and_place")]

    def __str__(self) -> str:
        return f"{self.user} in {self.chat}"


class TelegramPast(models.Model):
    """A conversation that somebody has left in a talk: what was promised or begun on the phone is still told there."""

    talk = models.ForeignKey(TelegramTalk, models.CASCADE, related_name="pasts", help_text="Where it was spoken in.")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="+", help_text="What was spoken in.")
    delivered_seq = models.PositiveIntegerField(default=0, help_text="Up to which message everything was looked at.")

    class Meta:
        verbose_name = "conversation left on Telegram"
        verbose_name_plural = "conversations left on Telegram"
        constraints = [models.UniqueConstraint(fields=["talk", "conversation"], name="one_past_a_conversation")]

    def __str__(self) -> str:
        return f"{self.conversation} of {self.talk}"


class TelegramLinkCode(models.Model):
    """A code that links a Telegram account to its maker: ten minutes, once, in a private chat only."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", help_text="Whom it links to.")
    hash = models.CharField(max_length=64, unique=True, help_text="The code, hashed.")
    expires_at = models.DateTimeField(help_text="Until when it works.")
    used_at = models.DateTimeField(null=True, help_text="When it was used; it works once.")

    class Meta:
        verbose_name = "Telegram link code"

    def __str__(self) -> str:
        return f"{self.user} until {self.expires_at:%H:%M}"

    @classmethod
    def issue(cls, user: User) -> str:
        """A new code for `user`; those made before are worth nothing any more."""
        code = secrets.token_urlsafe(CODE_BYTES)
        cls.objects.filter(user=user, used_at=None).delete()
        cls.objects.create(user=user, hash=digest(code), expires_at=timezone.now() + timedelta(minutes=LINK_MINUTES))
        return code

    @classmethod
    def redeem(cls, code: str) -> User | None:
        """The user of a code that is unused and in time, or None; it works once."""
        now = timezone.now()
        if not cls.objects.filter(hash=digest(code), used_at=None, expires_at__gt=now, user__is_active=True).update(used_at=now):
            return None
        return cls.objects.get(hash=digest(code)).user
