"""People: how they are known to programs, and what was promised to them."""

import hashlib
import secrets
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from chat.models.fields import new_id
from chat.zones import named, zone_names

SIGN_IN_MINUTES = 15
IDEMPOTENCY_DAYS = 7


def check_zone(name: str) -> None:
    """Refuse what is no IANA time zone."""
    if name not in zone_names():
        raise ValidationError(f"“{name}” is not a time zone: give its IANA name, such as Europe/Berlin or America/New_York.")


def digest(secret: str) -> str:
    """SHA-256 in hex: enough for secrets of 256 random bits, which need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Profile(models.Model):
    """A person's settings."""

    class Theme(models.TextChoices):
        SYSTEM = "", "As the device"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="profile", help_text="Whose settings these are.")
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        validators=[check_zone],
        help_text="IANA name, such as Europe/Berlin. Empty: the browser tells it at the next visit.",
    )
    quiet_from = models.TimeField(null=True, blank=True, help_text="From this time on, only what you asked for disturbs you.")
    quiet_until = models.TimeField(null=True, blank=True, help_text="Until this time; an earlier time than “from” is on the next day.")
    theme = models.CharField(max_length=8, choices=Theme.choices, blank=True, default=Theme.SYSTEM, help_text="How the pages look.")

    def __str__(self) -> str:
        return f"{self.user}"

    @classmethod
    def of(cls, user: User) -> "Profile":
        """The profile of `user`; one that is not saved yet while nothing was chosen."""
        found: Profile | None = getattr(user, "profile", None)
        return found or cls(user=user)

    def zone(self) -> ZoneInfo:
        """Where this person's clock stands: the chosen zone, else the server's (also when the zone database has lost it)."""
        return named(self.time_zone) or ZoneInfo(settings.TIME_ZONE)


class ApiToken(models.Model):
    """A named key with which a program acts as a person; only its hash is kept."""

    PREFIX = "agt_"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens", help_text="Whoever uses the token acts as this person."
    )
    name = models.CharField(max_length=100, help_text="What uses it, such as “backup script”.")
    prefix = models.CharField(max_length=12, editable=False)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, help_text="Since when it is worth nothing. Empty: it works.")

    class Meta:
        verbose_name = "API token"
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], condition=models.Q(revoked_at=None), name="one_live_token_a_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @classmethod
    def issue(cls, user: User, name: str) -> tuple["ApiToken", str]:
        """A new token and its secret, which is shown once and kept nowhere."""
        secret = cls.PREFIX + secrets.token_urlsafe(32)
        token = cls.objects.create(user=user, name=name, prefix=secret[:10], hash=digest(secret))
        return token, secret

    @transaction.atomic
    def revoke(self) -> bool:
        """End the token; its sockets close within half a minute. False when it had ended before."""
        live = ApiToken.objects.select_for_update().filter(pk=self.pk, revoked_at=None).first()
        if live is None:
            return False
        live.revoked_at = self.revoked_at = timezone.now()
        live.save(update_fields=["revoked_at"])
        return True


class SignInLink(models.Model):
    """A link that signs its user in once, within fifteen minutes."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, help_text="Whom it signs in.")
    hash = models.CharField(max_length=64, unique=True, help_text="The secret in the link, hashed.")
    expires_at = models.DateTimeField(help_text="Until when it works.")
    used_at = models.DateTimeField(null=True, help_text="When it signed somebody in; it works once.")

    def __str__(self) -> str:
        return f"{self.user} until {self.expires_at:%H:%M}"

    @classmethod
    def issue(cls, user: User) -> str:
        """The secret of a new link for `user`."""
        secret = secrets.token_urlsafe(32)
        cls.objects.create(user=user, hash=digest(secret), expires_at=timezone.now() + timedelta(minutes=SIGN_IN_MINUTES))
        return secret

    @classmethod
    def redeem(cls, secret: str) -> User | None:
        """The user of a link that is unused and in time, or None; it works once."""
        now = timezone.now()
        live = cls.objects.filter(hash=digest(secret), used_at=None, expires_at__gt=now)
        if not live.update(used_at=now):
            return None
        return cls.objects.get(hash=digest(secret)).user


class IdempotencyKey(models.Model):
    """What was answered to a POST, so that the same POST gets the same answer for seven days."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, help_text="Who sent the request.")
    method = models.CharField(max_length=8, help_text="Its method.")
    path = models.CharField(max_length=300, help_text="Where it went.")
    key = models.CharField(max_length=255, help_text="The Idempotency-Key that it named.")
    body_hash = models.CharField(max_length=64, help_text="Its body, hashed: another one under the same key is refused.")
    status = models.PositiveSmallIntegerField(help_text="The status of the answer.")
    answer = models.JSONField(help_text="The answer that a repeat gets again.")
    created_at = models.DateTimeField(default=timezone.now, db_index=True, help_text="When it was answered; kept for seven days.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "method", "path", "key"], name="one_answer_a_key")]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.key}"
