"""Hints that something is new. They carry no content: a lost one costs time, never a message.

On SQLite a hint is a datagram to every listening process of this machine, after the commit. On PostgreSQL it is
a NOTIFY inside the writing transaction, so it reaches every machine.
"""

import contextlib
import os
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

PAGE, WORK, CLOCK, TELEGRAM = "page", "work", "clock", "telegram"
CHANNEL = "agentron_{kind}"


def page(conversation_id: UUID) -> None:
    """Tell the web processes that `conversation_id` has news."""
    send(PAGE, str(conversation_id))


def work() -> None:
    """Tell the workers that a run is ready, or that one of theirs was answered or cancelled."""
    send(WORK, "")


def clock() -> None:
    """Tell the clocks that something may be due earlier than they know."""
    send(CLOCK, "")


def telegram() -> None:
    """Tell the telegram process that something came or has to go."""
    send(TELEGRAM, "")


def send(kind: str, text: str) -> None:
    """Pass a hint on; on SQLite when the current transaction has committed."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL.format(kind=kind), text])
    else:
        transaction.on_commit(lambda: throw(kind, text))


def short(path: Path) -> str:
    """`path` by way of an open folder: a socket's address may have 108 bytes at most (unix(7))."""
    return f"/proc/self/fd/{folder()}/{path.name}"


_folders: dict[int, int] = {}


def folder() -> int:
    """A descriptor of the sockets' folder, opened once a process (a forked one opens its own)."""
    pid = os.getpid()
    if pid not in _folders:
        _folders.clear()
        _folders[pid] = os.open(settings.AGENTRON_DATA / "sockets", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    return _folders[pid]


def throw(kind: str, text: str) -> None:
    """Send a datagram to every listener of `kind`, without waiting for any; sweep away dead ones."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
        for path in (settings.AGENTRON_DATA / "sockets").glob(f"{kind}-*"):
            try:
                sender.sendto(text.encode(), short(path))
            except (ConnectionRefusedError, FileNotFoundError):
                path.unlink(missing_ok=True)
            except BlockingIOError:
                continue  # Its buffer is full: it has hints enough to wake up for.


class Listener(Protocol):
    """Receives hints in a thread of its owner's."""

    def wait(self, seconds: float) -> set[str]:
        """The hints that came within `seconds`, returning at the first and taking along what else is there."""

    def close(self) -> None:
        """Stop listening."""


def listen(kind: str) -> Listener:
    """A listener for `kind` that fits the database."""
    return Notified(kind) if connection.vendor == "postgresql" else Datagrams(kind)


class Datagrams:
    """Hints as datagrams in a socket of this process."""

    def __init__(self, kind: str) -> None:
        self.path = settings.AGENTRON_DATA / "sockets" / f"{kind}-{os.getpid()}-{os.urandom(3).hex()}"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(short(self.path))

    def wait(self, seconds: float) -> set[str]:
        self.socket.settimeout(seconds)
        found: set[str] = set()
        with contextlib.suppress(TimeoutError, BlockingIOError):
            while len(found) < 1000:
                found.add(self.socket.recv(200).decode())
                self.socket.settimeout(0)
        return found

    def close(self) -> None:
        self.socket.close()
        self.path.unlink(missing_ok=True)


class Notified:
    """Hints as PostgreSQL notifications, over a connection of its own that is made anew when it breaks."""

    def __init__(self, kind: str) -> None:
        self.channel = CHANNEL.format(kind=kind)
        self.database = connection.copy()
        # It is made by one thread and used by another, never by two at a time.
        self.database.inc_thread_sharing()
        # Its owner may make it in one thread and wait in another; never in two at once.
        self.database.inc_thread_sharing()

    def wait(self, seconds: float) -> set[str]:
        """Raises django.db.Error when the server cannot be reached: wait a little and call again."""
        with self.database.wrap_database_errors:
            return {notice.payload for notice in self.notices(seconds)}

    def notices(self, seconds: float) -> Iterable["Notice"]:
        if self.database.connection is None or self.database.connection.closed:
            self.database.close()
            with self.database.cursor() as cursor:
                cursor.execute(f'LISTEN "{self.channel}"')
        first = list(self.database.connection.notifies(timeout=seconds, stop_after=1))
        return first and [*first, *self.database.connection.notifies(timeout=0)]

    def close(self) -> None:
        self.database.close()


class Notice(Protocol):
    """What psycopg hands over."""

    payload: str
