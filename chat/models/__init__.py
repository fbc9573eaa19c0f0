"""The ground: people and their conversations."""

from chat.models.conversation import Conversation, Draft, Message
from chat.models.fields import EncryptedField, new_id
from chat.models.file import File
from chat.models.people import ApiToken, IdempotencyKey, Profile, SignInLink

__all__ = [
    "ApiToken",
    "Conversation",
    "Draft",
    "EncryptedField",
    "File",
    "IdempotencyKey",
    "Message",
    "Profile",
    "SignInLink",
    "new_id",
]
