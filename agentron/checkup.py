"""What `agentron doctor` looks at. Each check says what it found and, where something is wrong, what to do."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django import db
from django.conf import settings
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from agentron.consistency import inconsistencies
from agentron.health import CLOCK_SECONDS, WORKER_SECONDS
from agentron.presence import told
from chat import files
from chat.models import File
from telegram_bridge.health import health
from workflows import queue
from workflows.llm import names
from workflows.llm.check import try_model
from workflows.llm.errors import ModelError
from workflows.models import Heartbeat

OK, WARN, FAIL = "ok", "warn", "fail"
# Earlier versions can, in a very rare race, damage the file while its log (WAL) is reset.
SOUND_SQLITE = (3, 51, 3)
SLOW_QUEUE_SECONDS = 60
LOW_DISK, FULL_DISK = 1_000_000_000, 100_000_000


@dataclass(frozen=True)
class Finding:
    """One line of the report: ok, warn or fail, and a sentence."""

    check: str
    state: str
    text: str

    def as_dict(self) -> dict[str, Any]:
        """For a program to read."""
        return asdict(self)


def examine(*, call_model: bool) -> Iterator[Finding]:
    """All findings, one after the other; without a database the checks that need it are left out."""
    yield disk()
    found = database()
    yield found
    if found.state == FAIL:
        return
    if db.connection.vendor == "sqlite":
        yield sqlite_version()
    found = migrations()
    yield found
    if found.state == FAIL:
        return
    checks: list[Callable[[], Finding]] = [worker, clock, queue_age, live_model if call_model else model, telegram, kept_files, consistency]
    for check in checks:
        yield check()


def database() -> Finding:
    try:
        with db.connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except db.Error as exc:
        reason = str(exc).strip().split("\n")[0]
        return Finding("database", FAIL, f"It does not answer ({reason}): look at DATABASE_URL, and whether the server runs.")
    return Finding("database", OK, f"{db.connection.display_name} answers.")


def sqlite_version() -> Finding:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < SOUND_SQLITE:
        text = f"SQLite {version} can, very rarely, damage its file: 3.51.3 and later cannot. Keep the daily backups, and update it."
        return Finding("sqlite", WARN, text)
    return Finding("sqlite", OK, f"SQLite {version}.")


def migrations() -> Finding:
    executor = MigrationExecutor(db.connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return Finding("migrations", FAIL, f"{len(missing)} migrations are not applied: run `agentron migrate`, or `agentron up`.")
    return Finding("migrations", OK, "All are applied.")


def worker() -> Finding:
    return heartbeat("worker", Heartbeat.Kind.WORKER, WORKER_SECONDS)


def clock() -> Finding:
    return heartbeat("clock", Heartbeat.Kind.CLOCK, CLOCK_SECONDS)


def heartbeat(check: str, kind: str, seconds: int) -> Finding:
    now = timezone.now()
    alive = [f"{beat.name} was heard of {told(now - beat.at)} ago" for beat in Heartbeat.objects.filter(kind=kind).alive(seconds)]
    if alive:
        return Finding(check, OK, f"{', '.join(sorted(alive))}.")
    return Finding(check, FAIL, f"None was heard of in the last {seconds} s: start `agentron up`, or `agentron worker`.")


def queue_age() -> Finding:
    load = queue.load()
    text = f"{load['queued']} queued, {load['running']} running, {load['waiting']} waiting for an answer, room for {load['capacity']}."
    age = load["oldest_queued_s"]
    if age is not None and age > SLOW_QUEUE_SECONDS:
        return Finding(
            "queue", WARN, f"{text} The oldest has waited {age:.0f} s: add workers, or raise AGENTRON_MAX_TURNS and AGENTRON_MAX_RUNS."
        )
    return Finding("queue", OK, text)


def model() -> Finding:
    try:
        source = names.resolve("")
    except ModelError as exc:
        return Finding("model", FAIL, str(exc))
    if source == names.OFFLINE_SOURCE:
        return Finding(
            "model", OK, "The offline model answers. For a real one set AGENTRON_MODEL and its key, or add a provider in the admin."
        )
    return Finding("model", OK, f"{source.name} has its key. `agentron doctor --model` makes a live call.")


def live_model() -> Finding:
    try:
        answer = try_model("")
    except ModelError as exc:
        return Finding("model", FAIL, str(exc))
    return Finding("model", OK, f"{names.default_name()} answers: {answer.strip()[:60]}")


def telegram() -> Finding:
    found = health()
    if not found.enabled:
        return Finding("telegram", OK, "It is switched off. To use it, connect a bot in the admin: Settings, Telegram.")
    if found.wrong:
        return Finding("telegram", FAIL, found.wrong)
    text = f"@{found.state.username or 'the bot'}: {found.backlog} updates to be handled, {found.waiting} messages to be sent."
    if found.late:
        return Finding(
            "telegram", WARN, f"{text} {found.late} updates wait longer than a minute: the log of the telegram process says why."
        )
    if found.parked or found.dead:
        return Finding("telegram", WARN, f"{text} Given up: {found.parked} updates, {found.dead} messages in a day. The admin says why.")
    return Finding("telegram", OK, text)


def disk() -> Finding:
    free = shutil.disk_usage(settings.AGENTRON_DATA).free
    text = f"{free / 1e9:.1f} GB are free at {settings.AGENTRON_DATA}."
    if free < FULL_DISK:
        return Finding("disk", FAIL, f"{text} Nothing new can be stored soon: make room.")
    if free < LOW_DISK:
        return Finding("disk", WARN, f"{text} Make room before it is full.")
    return Finding("disk", OK, text)


def kept_files() -> Finding:
    """Whether the data folder still has what the database says was sent."""
    ids = {str(pk) for pk in File.objects.values_list("pk", flat=True)}
    missing = len(ids - {content.name for content in files.stored()})
    if missing:
        text = f"Of {len(ids)} files the contents of {missing} are not in {files.folder()}: copy them back from `backups/files/`."
        return Finding("files", WARN, text)
    return Finding("files", OK, f"{len(ids)} are kept.")


def consistency() -> Finding:
    found = list(inconsistencies(timezone.now() - timedelta(seconds=15)))
    if found:
        return Finding("consistency", FAIL, " ".join(found))
    return Finding("consistency", OK, "Runs, questions and conversations fit together.")
