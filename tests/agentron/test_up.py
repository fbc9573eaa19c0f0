"""What `agentron up` refuses, and how; tests/faults has it running."""

import socket
from argparse import ArgumentTypeError

import pytest
from django.core.management import call_command
from pytest_django import Settings

from agentron import premises
from agentron.management.commands.up import Command, port
from tests.machine import Machine, free_port

pytestmark = pytest.mark.processes


def test_a_busy_port_is_one_line(bare_machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = bare_machine.run("up", "--port", str(port))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"agentron: port {port} on 127.0.0.1 is in use: stop what uses it, or choose another one with --port.\n"


def test_a_second_start_on_a_data_folder_is_one_line(bare_machine: Machine) -> None:
    with premises.lock(bare_machine.folder):
        done = bare_machine.run("up", "--port", str(free_port()))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"agentron: it is running on {bare_machine.folder} already")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("names", "debug", "told"), [("", False, "set ALLOWED_HOSTS"), ("example.org", True, "unset DEBUG")])
def test_other_machines_may_not_reach_it_by_mistake(
    names: str, debug: bool, told: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", names)
    settings.DEBUG = debug

    with pytest.raises(SystemExit, match=rf"^agentron: 0\.0\.0\.0 can be reached from other machines.*{told}"):
        call_command("up", "--host", "0.0.0.0")


def test_an_address_that_is_not_ours_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"192\.0\.2\.1:8100 cannot be listened on"):
        premises.listen("192.0.2.1", 8100)


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1", ""])
def test_a_port_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="give a number from 1 to 65535"):
        port(text)


def test_wrong_usage_is_status_two(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        Command().run_from_argv(["agentron", "up", "--port", "http"])

    assert end.value.code == 2
    assert "give a number from 1 to 65535" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("example.org", False)],
)
def test_loopback_is_recognised(host: str, own: bool) -> None:
    assert premises.is_loopback(host) is own


@pytest.mark.django_db
def test_a_model_without_its_key_is_told_at_the_start(settings: Settings) -> None:
    assert not Command().mute_model()

    settings.AGENTRON_MODEL = "openai:gpt-5.2"

    assert Command().mute_model() == ["No answers yet:     OpenAI needs a key: set OPENAI_API_KEY."]


def test_an_unreachable_database_is_one_line(bare_machine: Machine) -> None:
    done = bare_machine.run("up", "--port", str(free_port()), DATABASE_URL="postgres://nobody@127.0.0.1:9/nothing")

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "the database cannot be used" in done.stderr
