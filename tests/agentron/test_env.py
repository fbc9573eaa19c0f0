"""A bad setting stops the start with one line that names it."""

import runpy
import stat
from pathlib import Path

import pytest

from agentron import env
from tests.machine import ROOT, Machine

pytestmark = pytest.mark.processes

SETTINGS = str(ROOT / "agentron" / "settings.py")
BAD = [
    ("DEBUG", "maybe"),
    ("TIME_ZONE", "Mars/Olympus"),
    ("AGENTRON_MAX_TURNS", "0"),
    ("AGENTRON_MAX_RUNS", "many"),
    ("AGENTRON_RUN_CONCURRENCY", "-1"),
    ("AGENTRON_CLUSTERS", "65"),
    ("AGENTRON_MIN_INTERVAL", "1.5"),
    ("AGENTRON_CAP_TOKENS", "-1"),
    ("AGENTRON_CAP_DOLLARS", "ten"),
    ("AGENTRON_CAP_DOLLARS", "nan"),
    ("AGENTRON_CAP_DAY_DOLLARS", "-0.5"),
    ("AGENTRON_MODEL", "gpt"),
    ("OPENAI_BASE_URL", "foo"),
    ("ANTHROPIC_BASE_URL", "localhost:8000"),
    ("GOOGLE_GEMINI_BASE_URL", "ftp://localhost"),
    ("OLLAMA_BASE_URL", "http://"),
    ("AGENTRON_ENCRYPTION_KEYS", "abc"),
    ("DATABASE_URL", "mysql://root@localhost/x"),
    ("DATABASE_URL", "nonsense"),
    ("DATABASE_URL", "postgres://user@host:port/x"),
    ("DATABASE_URL", "postgres://host"),
    ("AGENTRON_URL", "example.org"),
    ("AGENTRON_URL", "https://example.org/agentron"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_is_refused_with_its_name(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit) as refused:
        runpy.run_path(SETTINGS)

    sentence = str(refused.value)
    assert sentence.startswith(f"agentron: {name}")
    assert "\n" not in sentence


def test_an_empty_value_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, _ in BAD:
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("AGENTRON_ENCRYPTION_KEYS", "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=")

    settings = runpy.run_path(SETTINGS)

    assert (settings["TIME_ZONE"], settings["AGENTRON_MAX_TURNS"], settings["AGENTRON_URL"]) == ("UTC", 16, "")


def test_a_refusal_is_one_line_on_stderr_and_status_one(bare_machine: Machine) -> None:
    done = bare_machine.run("check", DEBUG="maybe")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "agentron: DEBUG='maybe' is not valid: give true or false.\n"


def test_the_public_address_is_an_allowed_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTRON_URL", "https://agentron.example.org/")

    settings = runpy.run_path(SETTINGS)

    assert "agentron.example.org" in settings["ALLOWED_HOSTS"]
    assert settings["CSRF_TRUSTED_ORIGINS"] == ["https://agentron.example.org"]
    assert settings["SESSION_COOKIE_SECURE"] is True


def test_secrets_are_made_once_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    path = tmp_path / env.SECRETS_FILE

    env.make_secrets(path)
    first = path.read_text()
    env.make_secrets(path)

    assert path.read_text() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_data_folder_that_cannot_be_made_is_refused(bare_machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = bare_machine.run("check", AGENTRON_DATA=str(tmp_path / "file" / "data"))

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "set AGENTRON_DATA to one you may write" in done.stderr


def test_an_empty_secret_counts_as_not_set_and_files_are_private(bare_machine: Machine) -> None:
    done = bare_machine.run("check", "--database", "default", SECRET_KEY="", AGENTRON_ENCRYPTION_KEYS="")

    assert done.returncode == 0, done.stderr
    assert (bare_machine.folder / "agentron.sqlite3").stat().st_mode & 0o077 == 0
