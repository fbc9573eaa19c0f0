"""The people of the chat's tests."""

from tests.chat.conftest import api, as_stranger, colleague, conversation, owner, stranger, token

__all__ = ["api", "as_stranger", "colleague", "conversation", "owner", "stranger", "token"]
