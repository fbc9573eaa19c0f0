"""The ground that all tests stand on: settings of their own, a database of their own, three people.

DATABASE_URL chooses the database (a SQLite file by default). AGENTRON_TEST_POSTGRES is the address of a
PostgreSQL server that tests marked `postgres` may make databases on.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.machine import Machine

# Fixtures for the doors to the outside.
pytest_plugins = ["tests.fakes.model_server", "tests.fakes.telegram"]

# Settings are read when Django is first imported, so the environment is set before that.
# In memory where there is such a folder: every commit of a test would wait for the disk.
MEMORY = Path("/dev/shm")
DATA = tempfile.TemporaryDirectory(prefix="agentron-test-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None)
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "agentron.settings",
    "AGENTRON_DATA": DATA.name,
    "SECRET_KEY": "only-for-tests",
    "AGENTRON_ENCRYPTION_KEYS": "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
    "DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite:///{DATA.name}/agentron.sqlite3",
    "DEBUG": "false",
    "TIME_ZONE": "UTC",
    "PYTHONUNBUFFERED": "1",
}
# What a developer has in .env must not leak in: an empty value counts as not set, and the file does not replace it.
for name in (
    "AGENTRON_MODEL",
    "AGENTRON_URL",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "GOOGLE_API_KEY",
    "GOOGLE_GEMINI_BASE_URL",
    "OLLAMA_API_KEY",
    "OLLAMA_BASE_URL",
    "TELEGRAM_BOT_TOKEN",
):
    os.environ[name] = ""

# The conftest files below this one import models.
import django  # noqa: E402
from django.conf import settings  # noqa: E402

django.setup()
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Every test client starts the middleware anew, which would read all folders of static files.
settings.WHITENOISE_AUTOREFRESH = True


def pytest_collection_finish() -> None:
    """Spare the garbage collector what was imported: it stays to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _no_real_models() -> None:
    """No test can reach a paid model by mistake."""
    from pydantic_ai import models

    models.ALLOW_MODEL_REQUESTS = False


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Put SQLite's test database into a file, so that threads and processes can share it."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        database["TEST"]["NAME"] = str(Path(DATA.name) / f"test-{worker}.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def _quick_flushes() -> Iterator[None]:
    """Empty the tables after a test with real transactions, but do not make all permissions again, which takes longest.

    On PostgreSQL the few rows are deleted: TRUNCATE makes a new file for each table and each index.
    """
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection

    def forget(*arguments: object, **more: object) -> None:
        ContentType.objects.clear_cache()

    def deletions(style: object, tables: list[str], **more: object) -> list[str]:
        return [f"DELETE FROM {connection.ops.quote_name(table)}" for table in tables]

    with patch("django.core.management.commands.flush.emit_post_migrate_signal", forget):
        if connection.vendor != "postgresql":
            yield
            return
        with patch("django.db.backends.postgresql.operations.DatabaseOperations.sql_flush", staticmethod(deletions)):
            yield


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all migrations applied, to be copied: applying them takes seconds."""
    folder = tmp_path_factory.mktemp("migrated")
    assert Machine(folder).run("migrate", "-v0").returncode == 0
    return folder / "agentron.sqlite3"


@pytest.fixture
def bare_machine(tmp_path: Path) -> Iterator[Machine]:
    """Agentron as real processes, on an empty data folder; see tests/machine.py."""
    found = Machine(tmp_path)
    yield found
    found.close()


@pytest.fixture
def machine(bare_machine: Machine, migrated: Path) -> Machine:
    """Agentron as real processes, on a fresh SQLite database."""
    shutil.copy(migrated, bare_machine.folder)
    return bare_machine


@pytest.fixture
def postgres() -> Iterator[str]:
    """DATABASE_URL of a new, empty PostgreSQL database, dropped afterwards."""
    import psycopg

    server = os.environ.get("AGENTRON_TEST_POSTGRES", "")
    if not server:
        if os.environ.get("CI"):
            pytest.fail("AGENTRON_TEST_POSTGRES is not set, and in CI nothing is skipped.")
        pytest.skip("Set AGENTRON_TEST_POSTGRES to the address of a PostgreSQL server to run this.")
    name = f"agentron_{os.getpid()}_{os.urandom(4).hex()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield f"{server.rsplit('/', 1)[0]}/{name}"
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
