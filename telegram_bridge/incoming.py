"""A message as Telegram sent it, read without the database: who said what where, and which of it are the sender's own words."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chat.log import clean
from telegram_bridge.models import Update

COMMAND = re.compile(r"/(?P<name>[A-Za-z0-9_]{1,32})(?:@(?P<bot>[A-Za-z0-9_]{1,64}))?(?:\s+(?P<rest>.*))?", re.DOTALL)
LONGEST_NAME = 100
PRIVATE = "private"


@dataclass(frozen=True)
class Order:
    """A command as it was written; `bot` is the name behind its @, empty where none stands there."""

    name: str
    bot: str
    rest: str


@dataclass(frozen=True)
class Incoming:
    """One message, new or edited. `username` is the bot's own name, for messages that mention it."""

    update: Update
    message: dict[str, Any]
    username: str = ""

    @property
    def id(self) -> int:
        """Telegram's number of it, which grows within its chat."""
        return int(self.message["message_id"])

    @property
    def chat(self) -> dict[str, Any]:
        """The chat, as Telegram describes it."""
        found: dict[str, Any] = self.message["chat"]
        return found

    @property
    def sender(self) -> dict[str, Any] | None:
        """Who said it; None for channels, for bots, and for groups that speak as themselves."""
        found: dict[str, Any] | None = self.message.get("from")
        return None if found is None or found.get("is_bot") or "sender_chat" in self.message else found

    @property
    def thread_id(self) -> int:
        """The forum topic; 0: none. Elsewhere Telegram numbers chains of replies alike, which are none."""
        return int(self.message.get("message_thread_id", 0)) if self.message.get("is_topic_message") else 0

    @property
    def is_private(self) -> bool:
        """Whether only one person reads the chat."""
        return bool(self.chat.get("type") == PRIVATE)

    @property
    def is_forward(self) -> bool:
        """Whether all of it is somebody else's: the sender only passed it on, or let another bot write it."""
        return any(key in self.message for key in ("forward_origin", "forward_date", "via_bot"))

    @cached_property
    def full_text(self) -> str:
        """The text or the caption, whole, with the addresses that stand behind its words."""
        if text := self.message.get("text"):
            return with_links(str(text), self.message.get("entities") or [])
        return with_links(str(self.message.get("caption") or ""), self.message.get("caption_entities") or [])

    @cached_property
    def text(self) -> str:
        """The text or the caption, without the bot's name at its beginning."""
        if not self.username:
            return self.full_text.strip()
        return re.sub(rf"^\s*@{re.escape(self.username)}\b[\s,:]*", "", self.full_text, flags=re.IGNORECASE).strip()

    @cached_property
    def order(self) -> Order | None:
        """The command that it is, if it is one: the sender's own words, and not what stands under a picture."""
        if self.is_forward or "text" not in self.message:
            return None
        match = COMMAND.fullmatch(self.text)
        return Order(match["name"].lower(), (match["bot"] or "").lower(), (match["rest"] or "").strip()) if match else None

    @property
    def replied(self) -> dict[str, Any] | None:
        """The message that it answers. In a topic, Telegram names the topic's beginning where nothing was answered."""
        found: dict[str, Any] | None = self.message.get("reply_to_message")
        return None if found is None or "forum_topic_created" in found else found

    @property
    def is_reply(self) -> bool:
        """Whether it answers something: a message here or in another chat, with words or without, or a story."""
        return self.replied is not None or any(key in self.message for key in ("external_reply", "quote", "reply_to_story"))

    @property
    def quoted(self) -> str:
        """The words of others that it quotes: the part that was chosen, else all of what it answers."""
        chosen = str((self.message.get("quote") or {}).get("text") or "")
        replied = self.replied or {}
        return chosen or str(replied.get("text") or replied.get("caption") or "")

    def is_addressed(self) -> bool:
        """Whether it is meant for the bot: always in private, in a group by its name, as an answer to it, or as a command."""
        if self.is_private:
            return True
        if self.order:
            return self.order.bot in ("", self.username.lower())
        if ((self.replied or {}).get("from") or {}).get("id") == self.update.bot_id:
            return True
        return bool(self.username and re.search(rf"(?<![\w@/])@{re.escape(self.username)}(?!\w)", self.full_text, re.IGNORECASE))


def with_links(text: str, entities: list[dict[str, Any]]) -> str:
    """`text` with each address in brackets behind the words that lead to it. Telegram counts in UTF-16 units."""
    units = text.encode("utf-16-le")
    for entity in sorted(entities, key=lambda one: one.get("offset", 0), reverse=True):
        if entity.get("type") == "text_link" and entity.get("url") not in (None, text):
            end = 2 * (entity["offset"] + entity["length"])
            units = units[:end] + f" ({entity['url']})".encode("utf-16-le") + units[end:]
    return units.decode("utf-16-le", "replace")


def name_of(person: dict[str, Any]) -> str:
    """How Telegram shows a person or a chat, in one line."""
    parts = (person.get("first_name"), person.get("last_name")) if "first_name" in person else (person.get("title"),)
    return " ".join(clean(" ".join(filter(None, parts))).split())[:LONGEST_NAME]


def origin_of(message: dict[str, Any]) -> str:
    """Whose words a forwarded message holds, or one that quotes another chat."""
    origin = message.get("forward_origin") or (message.get("external_reply") or {}).get("origin") or {}
    for key in ("sender_user", "sender_chat", "chat"):
        if key in origin:
            return name_of(origin[key]) or "somebody"
    if "via_bot" in message and not origin:
        return name_of(message["via_bot"]) or "another bot"
    return " ".join(clean(str(origin.get("sender_user_name") or "somebody")).split())[:LONGEST_NAME]
