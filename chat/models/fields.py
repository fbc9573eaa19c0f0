"""What every app's models share: ids that sort by time, and text encrypted at rest."""

from typing import Any
from uuid import UUID

import uuid_utils
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


def new_id() -> UUID:
    """A version 7 UUID: unguessable enough for a key, and in the order of its making (RFC 9562)."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


def box() -> MultiFernet:
    """Encrypts with the newest key and opens with any: put a new key in front to rotate."""
    return MultiFernet([Fernet(key) for key in settings.AGENTRON_ENCRYPTION_KEYS])


class EncryptedField(models.TextField[str, str]):
    """Text that the database only ever sees encrypted; an empty string stays empty."""

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return box().encrypt(text.encode()).decode() if text else text

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        """Raises ImproperlyConfigured when no key opens the text: a backup restored without its keys."""
        if not value:
            return value
        try:
            return box().decrypt(value.encode()).decode()
        except InvalidToken as exc:
            raise ImproperlyConfigured(
                f"{self.model.__name__}.{self.name} cannot be decrypted: put the key it was written with into AGENTRON_ENCRYPTION_KEYS."
            ) from exc

    def value_to_string(self, obj: models.Model) -> str:
        """What `manage.py dumpdata` writes: encrypted, too."""
        return str(self.get_prep_value(self.value_from_object(obj)) or "")

    def to_python(self, value: Any) -> Any:
        """The text, also where `manage.py loaddata` brings it encrypted."""
        try:
            return box().decrypt(value.encode()).decode() if isinstance(value, str) and value else value
        except InvalidToken:
            return value
