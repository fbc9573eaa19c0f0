import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from django.utils.module_loading import import_string
from pytest_django import Settings

from chat import files
from chat.models import IdempotencyKey, Message, SignInLink
from tests.factories import make_conversation, make_user
from workflows import chores

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    """Where the backups go."""
    if connection.vendor != "sqlite":
        pytest.skip("Only SQLite is backed up by Agentron itself.")
    settings.AGENTRON_DATA = tmp_path
    return tmp_path / "backups"


def test_a_failed_job_is_kept_for_a_month_and_its_pickle_never_read() -> None:
    job, now = apps.get_model("django_q", "Task"), timezone.now()
    for days in (29, 31):
        at = now - timedelta(days=days)
        job.objects.create(id=str(days), name="job", func="f", started=at, stopped=at, success=False)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_q_task SET args = 'broken', result = 'broken'")

    chores.prune()

    assert list(job.objects.values_list("id", flat=True)) == ["29"]


def test_every_scheduled_chore_exists() -> None:
    schedules = apps.get_model("django_q", "Schedule").objects.all()

    assert len(schedules) == 6
    for schedule in schedules:
        assert callable(import_string(schedule.func))
        assert schedule.cluster == "chores"


@pytest.mark.django_db(transaction=True)
def test_a_backup_holds_what_was_committed(folder: Path) -> None:
    make_user("mira")

    chores.backup()

    (copy,) = folder.iterdir()
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT username FROM auth_user").fetchall() == [("mira",)]
    assert copy.stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db(transaction=True)
def test_the_newest_seven_backups_are_kept(folder: Path) -> None:
    folder.mkdir()
    for day in range(1, 10):
        (folder / f"agentron-2020-01-0{day}.sqlite3").touch()

    chores.backup()

    kept = sorted(path.name for path in folder.iterdir())
    assert len(kept) == chores.BACKUPS_KEPT
    assert kept[0] == "agentron-2020-01-04.sqlite3"


@pytest.mark.django_db(transaction=True)
def test_a_backup_that_fails_leaves_the_old_ones(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chores.backup()
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    monkeypatch.setattr(sqlite3, "connect", lambda _: (_ for _ in ()).throw(sqlite3.OperationalError("disk full")))

    with pytest.raises(sqlite3.OperationalError):
        chores.backup()

    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


@pytest.mark.django_db(transaction=True)
def test_the_database_is_optimised_and_checked() -> None:
    chores.optimise()
    chores.check()


def test_only_what_has_expired_is_pruned() -> None:
    user = make_user()
    SignInLink.issue(user)
    SignInLink.objects.create(user=user, hash="old", expires_at=timezone.now() - timedelta(seconds=1))
    keep_answer(user, "new", days=6)
    keep_answer(user, "old", days=8)

    chores.prune()

    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["new"]
    assert not SignInLink.objects.filter(hash="old").exists()
    assert SignInLink.objects.count() == 1


def keep_answer(user: User, key: str, *, days: int) -> None:
    """An idempotency key of some days ago."""
    at = timezone.now() - timedelta(days=days)
    IdempotencyKey.objects.create(user=user, method="POST", path="/", key=key, body_hash="", status=200, answer={}, created_at=at)


@pytest.mark.django_db(transaction=True)
def test_files_are_backed_up_for_as_long_as_a_copy_of_the_database_knows_them(folder: Path) -> None:
    conversation = make_conversation()
    file = files.keep(conversation, "a.txt", b"x", by=conversation.owner, via=Message.Via.TELEGRAM)
    chores.backup()
    copy = folder / "files" / str(file.pk)
    assert copy.read_bytes() == b"x"

    (database,) = folder.glob("*.sqlite3")
    earlier = database.rename(folder / "agentron-2020-01-01.sqlite3")
    conversation.delete()
    chores.backup()
    assert not files.path(file.pk).exists()
    assert copy.exists()

    earlier.unlink()
    chores.backup()
    assert not copy.exists()
