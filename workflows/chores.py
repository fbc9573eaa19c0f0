"""What has to be done from time to time. The schedules in the `chores` cluster call these functions by name.

Each may run twice, late or not at all without harm.
"""

import contextlib
import errno
import os
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from auditlog.models import LogEntry
from axes.models import AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from chat import files
from chat.models import IdempotencyKey, SignInLink
from chat.models.people import IDEMPOTENCY_DAYS
from workflows import engine, queue
from workflows.models import Heartbeat

BACKUPS_KEPT = 7
FAILED_JOB_DAYS = 30
# A little more than a year: whoever looks back at the same month of last year finds it.
TRAIL_DAYS = 400


def tick() -> None:
    """What the clock does every second, for the case that no clock runs."""
    engine.sweep()


def prune() -> None:
    """Delete what has served its time."""
    now = timezone.now()
    IdempotencyKey.objects.filter(created_at__lt=now - timedelta(days=IDEMPOTENCY_DAYS)).delete()
    SignInLink.objects.filter(expires_at__lt=now).delete()
    Session.objects.filter(expire_date__lt=now).delete()
    Heartbeat.objects.filter(at__lt=now - timedelta(days=1)).delete()
    queue.forget_failed_jobs(now - timedelta(days=FAILED_JOB_DAYS))
    files.sweep()
    LogEntry.objects.filter(timestamp__lt=now - timedelta(days=TRAIL_DAYS)).delete()
    AccessLog.objects.filter(attempt_time__lt=now - timedelta(days=TRAIL_DAYS)).delete()


def optimise() -> None:
    """Let SQLite renew its statistics and shorten its log. PostgreSQL does both by itself."""
    if connection.vendor == "sqlite":
        # In a transaction it waits for its turn to write; alone it would begin by reading, and fail when it may not go on.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("PRAGMA optimize")
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def check() -> None:
    """Read the whole SQLite file. Raises DatabaseError when it is damaged, which the admin shows as a failed job."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check")
            found = [row[0] for row in cursor.fetchall()]
        if found != ["ok"]:
            raise DatabaseError(f"The database is damaged, restore a backup: {'; '.join(found[:3])}")


def backups() -> Path:
    """The folder of the backups."""
    folder = Path(settings.AGENTRON_DATA) / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def backup() -> None:
    """Copy the SQLite database as it is at this moment, with people's files, and keep the newest seven copies.

    Writers go on meanwhile. PostgreSQL has pg_dump.
    """
    if connection.vendor != "sqlite":
        return
    folder = backups()
    draft = folder / f".{os.getpid()}.part"
    try:
        copy_to(draft)
        draft.rename(folder / f"agentron-{timezone.now():%Y-%m-%d}.sqlite3")
    finally:
        draft.unlink(missing_ok=True)
    for old in sorted(folder.glob("agentron-*.sqlite3"))[:-BACKUPS_KEPT]:
        old.unlink(missing_ok=True)
    back_up_files(folder)


def copy_to(path: Path) -> None:
    """Copy the database into a new file that only its owner can read."""
    path.touch(mode=0o600)
    connection.ensure_connection()
    with contextlib.closing(sqlite3.connect(path)) as copy:
        connection.connection.backup(copy)


def back_up_files(folder: Path) -> None:
    """Keep the contents of all files that the database or a copy of it knows. They never change: a second name is enough."""
    copies = folder / "files"
    for content in files.stored():
        copies.mkdir(mode=0o700, exist_ok=True)
        if not (copy := copies / content.name).exists():
            link(content, copy)
    if copies.exists():
        known = {content.name for content in files.stored()}.union(*map(files_in, folder.glob("agentron-*.sqlite3")))
        for content in copies.iterdir():
            if content.name not in known:
                content.unlink(missing_ok=True)


def link(content: Path, copy: Path) -> None:
    """Give a content a second name; where the file system cannot do that, copy it."""
    with contextlib.suppress(FileNotFoundError):  # Deleted at this moment.
        try:
            copy.hardlink_to(content)
        except OSError as exc:
            if exc.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP):
                raise
            shutil.copy2(content, copy)


def files_in(path: Path) -> set[str]:
    """The ids of the files that a copy of the database knows; none in one from before there were files."""
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as copy:
        if not copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'chat_file'").fetchone():
            return set()
        return {str(UUID(row[0])) for row in copy.execute("SELECT id FROM chat_file")}
