"""Files of conversations: what is kept, under which name, where, and who gets it."""

import os
import time
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management.base import OutputWrapper
from django.db import transaction
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from chat import files
from chat.conversations import delete
from chat.errors import InvalidError
from chat.file_types import clean_name, type_of
from chat.models import Conversation, File, Message
from chat.terminal import Terminal
from chat.thread import thread
from tests.factories import make_conversation, make_user

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
PDF = b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n"
LAST = b"PK\x05\x06" + b"\0" * 18
DOCX = b"PK\x03\x04[Content_Types].xml PK\x03\x04word/document.xml" + LAST
ODT = b"PK\x03\x04" + b"\0" * 26 + b"mimetypeapplication/vnd.oasis.opendocument.textPK" + LAST
STARTED = ("run.py", "run.pyw", "desktop.ini", "autorun.inf", "page.url", "program.lnk", "program.desktop", "run.ps1", "run.sh", "run.jar")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    """A data folder of its own."""
    settings.AGENTRON_DATA = tmp_path
    return tmp_path / "files"


@pytest.fixture
def talk() -> Conversation:
    return make_conversation()


def keep(talk: Conversation, name: str = "notes.txt", content: bytes = b"Milk\n") -> File:
    return files.keep(talk, name, content, by=talk.owner, via=Message.Via.TELEGRAM)


@pytest.mark.parametrize(
    ("name", "content", "kept_as", "content_type"),
    [
        ("photo.jpg", b"\xff\xd8\xff\xe0", "photo.jpg", "image/jpeg"),
        ("photo.JPEG", b"\xff\xd8\xff\xe0", "photo.jpeg", "image/jpeg"),
        ("invoice.pdf", PDF, "invoice.pdf", "application/pdf"),
        ("fake.png", PDF, "fake.png.pdf", "application/pdf"),
        ("x.webp", b"RIFF\1\2\3\4WEBPVP8 ", "x.webp", "image/webp"),
        ("a.docx", DOCX, "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.odt", ODT, "a.odt", "application/vnd.oasis.opendocument.text"),
        ("app.apk", b"PK\x03\x04classes.dex" + LAST, "app.apk.zip", "application/zip"),
        ("README", b"hello", "README.txt", "text/plain"),
        ("run.bat", b"del *", "run.bat.txt", "text/plain"),
        ("notes.yaml", b"a: 1", "notes.yaml", "text/plain"),
        *((name, b"[x]", f"{name}.txt", "text/plain") for name in STARTED),
        ("page.html", b"<script>alert(1)</script>", "page.html.txt", "text/plain"),
        ("logo.svg", b"<svg onload='alert(1)'/>", "logo.svg.txt", "text/plain"),
        ("data.csv", "Größe;1".encode("cp1252"), "data.csv", "text/csv"),
        ("data.json", b"{}", "data.json", "application/json"),
        ("excel.csv", "a;ü".encode("utf-16"), "excel.csv", "text/csv"),
        ("../../etc/passwd", b"x", "passwd.txt", "text/plain"),
        ("C:\\secret\\plan.txt", b"x", "plan.txt", "text/plain"),
        ("gnp.\u202etxt", b"x", "gnp.txt", "text/plain"),
        ('a"b\r\nX: y|.txt', b"x", "a_b X_ y_.txt", "text/plain"),
        ("con.txt", b"x", "_con.txt", "text/plain"),
        ("", PNG, "file.png", "image/png"),
        ("...", PNG, "file.png", "image/png"),
        ("x" * 300 + ".png", PNG, "x" * 110 + ".png", "image/png"),
    ],
)
def test_a_file_is_what_its_content_says_and_its_name_follows(name: str, content: bytes, kept_as: str, content_type: str) -> None:
    kind = type_of(name, content)

    assert kind is not None
    assert (clean_name(name, kind), kind.content_type) == (kept_as, content_type)


@pytest.mark.parametrize(
    "content",
    [b"MZ\x90\0\3\0", b"\x7fELF\2\1", b"\0\1\2", DOCX[:-30], b"PK\x03\x04[Content_Types].xml xl/workbook.xml xl/vbaProject.bin" + LAST],
    ids=["windows program", "linux program", "anything", "half a document", "macros"],
)
def test_what_may_run_and_what_nobody_knows_is_refused(talk: Conversation, folder: Path, content: bytes) -> None:
    with pytest.raises(InvalidError, match="of a kind that is not kept: send pictures"):
        keep(talk, "invoice.pdf", content)

    assert not talk.messages.exists()
    assert not folder.exists()


def test_a_file_may_be_neither_empty_nor_too_large(talk: Conversation) -> None:
    with pytest.raises(InvalidError, match="is empty"):
        keep(talk, content=b"")
    with pytest.raises(InvalidError, match="files of up to 20"):
        keep(talk, content=b"x" * (files.MAX_BYTES + 1))


def test_a_file_is_kept_for_its_owner_alone_and_said_in_the_log(talk: Conversation, folder: Path) -> None:
    file = keep(talk)

    stored = folder / str(file.pk)
    assert (stored.read_bytes(), stored.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (b"Milk\n", 0o600, 0o700)
    message = talk.messages.get()
    assert (message.kind, message.text, message.file.excerpt) == ("file", "notes.txt", "Milk\n")
    assert message.payload == {
        "file_id": str(file.pk),
        "name": "notes.txt",
        "size": 5,
        "content_type": "text/plain",
        "url": f"/files/{file.pk}/",
    }


def test_a_file_goes_with_its_conversation(
    talk: Conversation, folder: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    keep(talk)

    with django_capture_on_commit_callbacks(execute=True):
        delete(talk)

    assert not list(folder.iterdir())


def test_what_was_rolled_back_is_swept_after_a_day(talk: Conversation, folder: Path) -> None:
    kept = keep(talk)
    with transaction.atomic():
        lost = keep(talk)
        transaction.set_rollback(True)
    (folder / f".{uuid4()}.part").touch()
    new = folder / str(lost.pk)

    files.sweep()
    assert new.exists()
    for each in folder.iterdir():
        os.utime(each, (time.time() - files.ORPHAN_SECONDS - 1,) * 2)
    files.sweep()

    assert list(folder.iterdir()) == [folder / str(kept.pk)]


def test_a_download_is_an_attachment_that_nothing_runs(talk: Conversation, client: Client) -> None:
    file = keep(talk, "Übersicht.png", PNG)
    client.force_login(talk.owner)

    response = client.get(f"/files/{file.pk}/")

    assert (response.content, response["Content-Type"], response["X-Content-Type-Options"]) == (PNG, "image/png", "nosniff")
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''%C3%9Cbersicht.png"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cache-Control"] == "private, no-store"


def test_a_stranger_gets_404(talk: Conversation, client: Client) -> None:
    file = keep(talk)
    client.force_login(make_user(is_superuser=True, is_staff=True))

    assert client.get(f"/files/{file.pk}/").status_code == 404
    assert client.get(f"/api/files/{file.pk}").status_code == 404


def test_a_file_that_the_disk_has_lost_is_missing(talk: Conversation, folder: Path, client: Client) -> None:
    file = keep(talk)
    (folder / str(file.pk)).unlink()
    client.force_login(talk.owner)

    assert client.get(f"/files/{file.pk}/").status_code == 404
    assert "restore `files/`" in client.get(f"/api/files/{file.pk}").json()["detail"]


def test_the_page_shows_a_picture_and_offers_all_else(talk: Conversation, client: Client) -> None:
    picture, text = keep(talk, "a.png", PNG), keep(talk, "<b>.txt", b"x")
    client.force_login(talk.owner)

    page = client.get(f"/chats/{talk.pk}/").content.decode()

    assert page.count('<img src="/files/') == page.count(f'<img src="/files/{picture.pk}/" alt="a.png"') == 1
    assert f'href="/files/{text.pk}/" download="_b_.txt"' in page


def test_the_admin_names_a_file_and_hands_nothing_out(talk: Conversation) -> None:
    keep(talk)

    assert thread(talk).entries[0].words == "notes.txt (text/plain, 5\xa0bytes)"


def test_the_terminal_names_a_file(talk: Conversation, folder: Path) -> None:
    folder.with_name("sockets").mkdir()
    out, err = StringIO(), StringIO()
    terminal = Terminal(OutputWrapper(out), OutputWrapper(err))

    terminal.show_later(keep(talk).message)
    terminal.close()

    assert err.getvalue() == "· file: notes.txt (5\xa0bytes)\n"
