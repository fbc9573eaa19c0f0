"""What else than words a message may hold: what is downloaded of it, and a kind sentence for what is not."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, Any

from chat.files import MAX_BYTES
from telegram_bridge import people
from telegram_bridge.incoming import Incoming
from telegram_bridge.models import TelegramState, Update

MEGABYTE = 1024 * 1024
# What Telegram calls what cannot be taken, and what is said of it.
SENTENCES = {
    "voice": "I cannot listen to voice messages yet. Please write it to me.",
    "audio": "I cannot listen to music or recordings yet. Please write what it is about.",
    "video_note": "I cannot watch video messages yet. Please write it to me.",
    "video": "I cannot watch videos yet. Send me words, documents or photos.",
    "animation": "A nice one! But I cannot watch animations: send me words, documents or photos.",
    "sticker": "A nice sticker! But I only understand words, documents and photos.",
    "location": "I cannot do anything with a place on the map. Please write its name, or say /timezone with the city you are in.",
    "venue": "I cannot do anything with a place on the map. Please write its name.",
    "contact": "I cannot take contacts. Please write what I am to know about this person.",
    "poll": "I cannot take part in polls. Please write your question to me.",
    "dice": "You win! But I only understand words, documents and photos.",
    "game": "I cannot play games. Send me words, documents or photos.",
    "story": "I cannot look at stories. Send me words, documents or photos.",
    "paid_media": "I cannot look at paid media. Send me words, documents or photos.",
    "checklist": "I cannot read checklists yet. Please send it to me as text.",
    "invoice": "I cannot pay anything. Send me words, documents or photos.",
}


@dataclass(frozen=True)
class Wanted:
    """A file that is to be downloaded; `size` in bytes, 0 where Telegram does not say."""

    file_id: str
    name: str
    content_type: str
    size: int


class Kept:
    """A file that was downloaded, or the sentence that says why it could not be.

    What was downloaded is on disk and read where it is used: an album may hold more than a small machine's memory.
    """

    def __init__(self, wanted: Wanted, content: bytes | IO[bytes] = b"", problem: str = "") -> None:
        self.wanted, self.problem = wanted, problem
        self.stored = content

    @property
    def content(self) -> bytes:
        """What is in it."""
        if isinstance(self.stored, bytes):
            return self.stored
        self.stored.seek(0)
        return self.stored.read()


def wanted(updates: Iterable[Update]) -> list[Wanted]:
    """The files of these updates that are worth downloading: of people who are served, and not too large. Only reads.

    None of what makes no sense: handling it says why.
    """
    try:
        return readable(updates)
    except (KeyError, TypeError, ValueError, AttributeError):
        return []


def readable(updates: Iterable[Update]) -> list[Wanted]:
    """The same of updates as Telegram describes them."""
    username = TelegramState.now().username
    messages = [Incoming(update, update.payload["message"], username) for update in updates if "message" in update.payload]
    found = [(one, attached(one.message)) for one in messages if one.is_private or is_addressed(messages)]
    return [file for one, file in found if file and not too_large(file) and people.is_served(one)]


def is_addressed(messages: Iterable[Incoming]) -> bool:
    """Whether a message, or one of the album, is meant for the bot: only one picture of an album has the words."""
    return any(one.is_addressed() for one in messages)


def attached(message: dict[str, Any]) -> Wanted | None:
    """The document or the photo of a message, in its largest size."""
    # An animation comes as a document too, for older programs.
    if "animation" in message:
        return None
    if document := message.get("document"):
        name = str(document.get("file_name") or f"document-{message['message_id']}")
        return Wanted(document["file_id"], name, str(document.get("mime_type") or ""), int(document.get("file_size") or 0))
    if sizes := message.get("photo"):
        largest = max(sizes, key=lambda size: (size.get("width", 0) * size.get("height", 0), size.get("file_size") or 0))
        # Its content decides the ending: some servers hand out photos as PNG.
        return Wanted(largest["file_id"], f"photo-{message['message_id']}", "image/jpeg", int(largest.get("file_size") or 0))
    return None


def too_large(file: Wanted) -> str:
    """Why a file is not downloaded, in a sentence; empty where nothing speaks against it."""
    if file.size <= MAX_BYTES:
        return ""
    return f"“{file.name[:100]}” has {file.size / MEGABYTE:.0f} MB: I can take files of up to {MAX_BYTES // MEGABYTE} MB."


def sentence(message: dict[str, Any]) -> str:
    """What is said of what a message holds and nobody here understands; empty for words, files, and news of a group."""
    return next((said for kind, said in SENTENCES.items() if kind in message), "")
