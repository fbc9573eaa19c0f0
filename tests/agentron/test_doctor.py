import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from agentron import checkup
from agentron.consistency import inconsistencies
from chat import files
from chat.models import Conversation, Message
from tests.factories import make_conversation, make_turn, say
from workflows.models import Heartbeat, Run, RunStatus

pytestmark = pytest.mark.django_db


def contradictions() -> list[str]:
    """What does not fit together now."""
    return list(inconsistencies(timezone.now() + timedelta(seconds=1)))


def beat() -> None:
    Heartbeat.beat(Heartbeat.Kind.WORKER, "host:1")
    Heartbeat.beat(Heartbeat.Kind.CLOCK, "host:2")


def test_a_healthy_installation_passes(capsys: pytest.CaptureFixture[str]) -> None:
    beat()

    call_command("doctor")

    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith(("ok ", "warn ")) for line in lines)
    assert {line.split()[1] for line in lines} >= {"database", "migrations", "worker", "clock", "queue", "model", "disk", "consistency"}


def test_a_missing_worker_fails_and_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json")

    assert ended.value.code == 1
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert report["ok"] is False
    worker = next(found for found in report["checks"] if found["check"] == "worker")
    assert worker["state"] == "fail"
    assert "agentron worker" in worker["text"]


def test_a_heartbeat_is_told_with_its_age() -> None:
    beat()
    Heartbeat.objects.update(at=timezone.now() - timedelta(seconds=2))

    assert checkup.worker().text == "host:1 was heard of 2 s ago."


def test_an_old_heartbeat_is_none() -> None:
    beat()
    Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=5))

    assert checkup.clock().state == checkup.FAIL


def test_an_old_sqlite_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 51, 2))
    assert checkup.sqlite_version().state == checkup.WARN

    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 51, 3))
    assert checkup.sqlite_version().state == checkup.OK


@pytest.mark.parametrize(("free", "state"), [(5_000_000_000, "ok"), (500_000_000, "warn"), (5_000_000, "fail")])
def test_a_full_disk_is_seen_before_it_hurts(monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": free}))

    assert checkup.disk().state == state


def test_a_model_without_its_key_fails(settings: Settings) -> None:
    settings.AGENTRON_MODEL = "anthropic:claude-opus-4-5"

    found = checkup.model()

    assert found.state == checkup.FAIL
    assert "ANTHROPIC_API_KEY" in found.text


def test_the_offline_model_is_fine_and_tells_how_to_get_a_real_one() -> None:
    found = checkup.model()

    assert found.state == checkup.OK
    assert "AGENTRON_MODEL" in found.text


def test_the_live_call_asks_the_model() -> None:
    assert checkup.live_model().state == checkup.OK


def test_an_old_queue_is_a_warning() -> None:
    make_turn()
    Run.objects.update(queued_at=timezone.now() - timedelta(minutes=5))

    assert checkup.queue_age().state == checkup.WARN


def test_a_queued_run_with_its_ticket_is_consistent() -> None:
    make_turn()

    assert contradictions() == []


def test_a_run_without_a_driver_is_found() -> None:
    make_turn()
    Run.objects.update(status=RunStatus.RUNNING, lease_expires_at=timezone.now() - timedelta(minutes=1))

    assert "nobody drives them" in contradictions()[0]


def test_a_run_that_waits_for_nothing_is_found() -> None:
    make_turn()
    Run.objects.update(status=RunStatus.WAITING_FOR_USER)

    assert "no open question" in contradictions()[0]


def test_a_gap_in_a_conversation_is_found() -> None:
    conversation = make_conversation()
    say(conversation)
    Conversation.objects.update(last_seq=7)

    assert "gaps" in contradictions()[0]


def test_an_empty_conversation_has_no_gap() -> None:
    make_conversation()

    assert contradictions() == []


def test_a_file_whose_content_is_lost_is_a_warning(settings: Settings, tmp_path: Path) -> None:
    settings.AGENTRON_DATA = tmp_path
    conversation = make_conversation()
    kept = [files.keep(conversation, "a.txt", b"x", by=conversation.owner, via=Message.Via.TELEGRAM) for _ in range(2)]
    files.path(kept[0].pk).unlink()

    finding = checkup.kept_files()

    assert finding.state == checkup.WARN
    assert finding.text.startswith("Of 2 files the contents of 1 are not in ")
