"""What stands in the chats of the Telegram server for tests: what a phone would show."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Sent:
    """One message as it stands, from whomever."""

    id: int
    chat_id: int
    text: str = ""
    entities: list[dict[str, Any]] = field(default_factory=list)
    keyboard: list[list[dict[str, Any]]] = field(default_factory=list)
    reply_to: int | None = None
    thread_id: int | None = None
    silent: bool = False
    force_reply: bool = False
    by_bot: bool = True
    # How it reads at any time, oldest first.
    versions: list[str] = field(default_factory=list)
    file: tuple[str, bytes] | None = None
    reaction: str = ""
    deleted: bool = False
    # The number of the update that brought it, and as it came with it, where a person wrote it.
    update_id: int = 0
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def buttons(self) -> list[str]:
        """What its buttons say, in order."""
        return [button["text"] for row in self.keyboard for button in row]

    def data(self, button: str) -> str:
        """The callback data of the button that says this."""
        return next(str(one["callback_data"]) for row in self.keyboard for one in row if one["text"] == button)


class Chats:
    """All messages, by chat and number."""

    def __init__(self) -> None:
        self.messages: dict[tuple[int, int], Sent] = {}

    def find(self, fields: dict[str, Any]) -> Sent | None:
        """The message that a call is about."""
        found = self.messages.get((int(fields["chat_id"]), int(fields.get("message_id", 0))))
        return found if found and not found.deleted else None

    def refusal(self, method: str, fields: dict[str, Any]) -> str:
        """Why Telegram would refuse this, which the emulator does not; empty: it would not."""
        if method in ("editMessageText", "editMessageReplyMarkup"):
            found = self.find(fields)
            if found is None:
                return "Bad Request: message to edit not found"
            if not found.by_bot:
                return "Bad Request: message can't be edited"
            if (found.text, found.entities, found.keyboard) == self.changed(found, fields):
                return "Bad Request: message is not modified: specified new message content and reply markup are exactly the same"
        reply = fields.get("reply_parameters") or {}
        needed = reply and not reply.get("allow_sending_without_reply")
        if needed and (int(fields["chat_id"]), int(reply["message_id"])) not in self.messages:
            return "Bad Request: message to be replied not found"
        if method == "deleteMessage" and self.find(fields) is None:
            return "Bad Request: message to delete not found"
        return ""

    def changed(self, found: Sent, fields: dict[str, Any]) -> tuple[str, list[dict[str, Any]], list[list[dict[str, Any]]]]:
        """The text, entities and buttons that a message has after an edit. An edit without buttons takes them away."""
        keyboard = (fields.get("reply_markup") or {}).get("inline_keyboard", [])
        if "text" not in fields:
            return found.text, found.entities, keyboard
        return fields["text"].strip(), fields.get("entities") or [], keyboard

    def apply(self, method: str, fields: dict[str, Any], files: dict[str, tuple[str, bytes]], result: Any) -> None:
        """Show what a call has done."""
        if method.startswith("send") and isinstance(result, dict):
            self.add(made(fields, files, int(result["message_id"])))
        elif method in ("editMessageText", "editMessageReplyMarkup") and (found := self.find(fields)):
            found.text, found.entities, found.keyboard = self.changed(found, fields)
            found.versions.append(found.text)
        elif method == "deleteMessage" and (found := self.find(fields)):
            found.deleted = True
        elif method == "setMessageReaction" and (found := self.find(fields)):
            found.reaction = "".join(one.get("emoji", "") for one in fields.get("reaction") or [])

    def add(self, sent: Sent) -> Sent:
        """A new message."""
        sent.versions.append(sent.text)
        self.messages[sent.chat_id, sent.id] = sent
        return sent


def made(fields: dict[str, Any], files: dict[str, tuple[str, bytes]], number: int) -> Sent:
    """The message that a call has sent."""
    markup = fields.get("reply_markup") or {}
    reply = fields.get("reply_parameters") or {}
    thread = fields.get("message_thread_id")
    return Sent(
        number,
        int(fields["chat_id"]),
        fields.get("text", fields.get("caption", "")),
        fields.get("entities") or fields.get("caption_entities") or [],
        markup.get("inline_keyboard", []),
        reply.get("message_id"),
        int(thread) if thread else None,
        silent=fields.get("disable_notification") in (True, "true"),
        force_reply=bool(markup.get("force_reply")),
        file=next(iter(files.values()), None),
    )
