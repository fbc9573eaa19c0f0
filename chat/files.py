"""Files of conversations: kept in the data folder, outside of what any server hands out, and named by their ids."""

import os
import re
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from chat.errors import InvalidError, MissingError
from chat.file_types import FileType, clean_name, is_text, text_of, type_of
from chat.log import clean, post
from chat.models import Conversation, File, Message
from chat.signals import message_coming

MAX_BYTES = 20 * 1024 * 1024
# What a model is told of a text; a longer one is cut.
EXCERPT = 8_000
# A file that has no row by then was part of something that did not come about.
ORPHAN_SECONDS = 24 * 3600
# A stored content, or one that was being written.
NAME = re.compile(r"\.?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.part)?")
KINDS_KEPT = (
    "pictures (JPEG, PNG, GIF, WebP), PDF, text, documents of Word, Excel, PowerPoint and LibreOffice without macros, and ZIP archives"
)


def keep(conversation: Conversation, name: str, content: bytes, *, by: User, via: Message.Via, client_id: str | None = None) -> File:
    """Store a file that `by` sent and post its `file` message, in the caller's transaction. It asks for no answer.

    What was said along with it is said with `log.say` afterwards. Raises InvalidError, whose sentence says why, for
    a file that is empty, too large, or of a kind that is not kept; nothing was stored then.
    """
    kind = check(name, content)
    file = File(conversation=conversation, name=clean_name(name, kind), content_type=kind.content_type, size=len(content))
    file.excerpt = excerpt(content) if is_text(kind) else ""
    with transaction.atomic():
        message_coming.send(sender=Message, conversation=conversation)
        message = Message(
            kind=Message.Kind.FILE,
            author=Message.Author.USER,
            user=by,
            text=file.name,
            payload=payload(file),
            via=via,
            client_id=client_id,
        )
        post(conversation.pk, message)
        file.message = message
        file.save(force_insert=True)
        # Last, so that what fails above leaves nothing behind; what fails below is swept.
        write(path(file.pk), content)
    return file


def check(name: str, content: bytes) -> FileType:
    """What the file is, or InvalidError that says why it is not kept."""
    if not content:
        raise refused(f"“{name[:100]}” is empty: send a file with something in it.")
    if len(content) > MAX_BYTES:
        raise refused(f"“{name[:100]}” has {filesizeformat(len(content))}: files of up to {filesizeformat(MAX_BYTES)} are kept.")
    if kind := type_of(name, content):
        return kind
    raise refused(f"“{name[:100]}” is of a kind that is not kept: send {KINDS_KEPT}.")


def refused(sentence: str) -> InvalidError:
    """A file that is not kept."""
    sentence = clean(sentence)
    return InvalidError(sentence, fields={"file": sentence})


def payload(file: File) -> dict[str, Any]:
    """What its message carries (contract §6)."""
    return {
        "file_id": str(file.pk),
        "name": file.name,
        "size": file.size,
        "content_type": file.content_type,
        "url": reverse("file", args=[file.pk]),
    }


def excerpt(content: bytes) -> str:
    """The beginning of a text."""
    text = clean(text_of(content) or "")
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}\n[The rest is left out.]"


def folder() -> Path:
    """Where the contents lie; private to the program's user."""
    found = Path(settings.AGENTRON_DATA) / "files"
    found.mkdir(mode=0o700, exist_ok=True)
    return found


def path(file_id: UUID) -> Path:
    """Where the content of that file lies. Names that people gave are never names on this disk."""
    return folder() / str(file_id)


def write(target: Path, content: bytes) -> None:
    """Put `content` there, whole or not at all, readable by the program's user alone."""
    draft = target.with_name(f".{target.name}.part")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    draft.rename(target)


def stored() -> list[Path]:
    """The contents that are there whole."""
    return [entry for entry in folder().iterdir() if NAME.fullmatch(entry.name) and not entry.name.startswith(".")]


def content_of(file: File) -> bytes:
    """What is in it. Raises MissingError where the data folder has lost it."""
    try:
        return path(file.pk).read_bytes()
    except FileNotFoundError:
        raise MissingError("The content of this file is not in the data folder of this machine: restore `files/` from a backup.") from None


@receiver(post_delete, sender=File)
def forget(instance: File, **_: object) -> None:
    """Delete the content once the deletion of its row is committed."""
    # Read now: Django takes the id away when the row is gone.
    target = path(instance.pk)
    transaction.on_commit(lambda: target.unlink(missing_ok=True))


def sweep() -> None:
    """Delete contents without a row: left behind by what was rolled back, or by a program that was killed."""
    stale = time.time() - ORPHAN_SECONDS
    old = {UUID(found[1]): entry for entry in folder().iterdir() if (found := NAME.fullmatch(entry.name)) and entry.stat().st_mtime < stale}
    for ids in batched(old, 500):
        for orphan in set(ids) - set(File.objects.filter(pk__in=ids).values_list("pk", flat=True)):
            old[orphan].unlink(missing_ok=True)


def batched(ids: Iterable[UUID], size: int) -> Iterator[list[UUID]]:
    """`ids` in lists of at most `size`."""
    rest = iter(ids)
    while some := list(islice(rest, size)):
        yield some
