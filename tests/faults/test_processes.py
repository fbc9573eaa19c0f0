"""The whole program under kill -9: whatever dies comes back, and what was asked is answered."""

import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.machine import Machine, free_port, lives, until

pytestmark = pytest.mark.faults

MEMBERS = {
    "agentron web",
    "agentron runs",
    "agentron chores",
    "agentron clock",
    "agentron telegr",
    "runs worker",
    "runs monitor",
    "runs pusher",
    "chores worker",
    "chores monitor",
    "chores pusher",
}


class House:
    """`agentron up`, and a person who talks to it over HTTP."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.port = free_port()
        self.start()
        token = machine.run("tokens", "add", "test").stdout.strip()
        # Each request on a connection of its own: one that was open when the web died is lost with it.
        headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=20)

    def start(self) -> None:
        """Start it, and wait until it says that it is ready."""
        self.program = self.machine.start("up", "--port", str(self.port))
        earlier = self.program.output.count("Agentron is ready")
        until(lambda: self.program.output.count("Agentron is ready") > earlier, 40)

    def whole(self) -> bool:
        """Whether every process is there."""
        return set(self.program.processes()) == MEMBERS

    def ask(self) -> str:
        """Post a message, again under the same key if the connection broke; the id of its run."""
        key = {"Idempotency-Key": str(uuid4())}
        try:
            answer = self.client.post("/api/chat", json={"text": "hello"}, headers=key)
        except httpx.TransportError:
            answer = self.client.post("/api/chat", json={"text": "hello"}, headers=key)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["run_id"])

    def run(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/api/runs/{run_id}").json()
        return found

    def answered(self, run_id: str) -> bool:
        """Whether the run has ended well; fails when it has ended otherwise."""
        run = self.run(run_id)
        assert run["status"] in ("queued", "running", "succeeded"), run["error"]
        return bool(run["status"] == "succeeded")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(migrated, folder)
    machine = Machine(folder)
    yield House(machine)
    machine.close()


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_a_turn_is_answered_although_a_process_was_killed(house: House, name: str) -> None:
    until(house.whole, 15)

    house.program.kill(name)
    run_id = house.ask()

    until(lambda: house.answered(run_id), 15, f"an answer after the death of {name}")
    until(house.whole, 15)


@pytest.mark.parametrize("name", ["runs worker", "runs pusher", "agentron runs", "agentron clock", "agentron web"])
def test_a_turn_is_answered_although_a_process_is_frozen(house: House, name: str) -> None:
    until(house.whole, 15)
    frozen = house.program.processes()[name]

    frozen.suspend()
    run_id = house.ask()

    until(lambda: house.answered(run_id), 20, f"an answer although {name} is frozen")
    until(lambda: not lives(frozen), 10)


def test_the_web_is_back_within_a_second_and_drops_no_request(house: House) -> None:
    until(house.whole, 15)

    house.program.kill("agentron web")
    begun = time.monotonic()
    answer = house.client.get("/api/health/live")

    assert answer.status_code == 200
    assert time.monotonic() - begun < 2  # One second on a quiet machine.


def test_doctor_finds_nothing_wrong(house: House) -> None:
    until(house.whole, 15)
    until(lambda: house.machine.run("doctor").returncode == 0, 20)


def test_the_sign_in_link_is_in_no_log_line(house: House) -> None:
    link = next(line for line in house.program.output.splitlines() if "/sign-in/" in line).split()[-1]

    httpx.post(link)
    httpx.get(link + "nonsense")

    assert house.program.output.count(link.split("/")[-2]) == 1  # The line that shows it to the person.


def test_sigterm_ends_everything_within_ten_seconds(house: House) -> None:
    until(house.whole, 15)
    heads = [house.program.processes()[name].pid for name in ("agentron runs", "agentron clock")]

    seconds = house.program.stop()

    assert seconds < 10
    assert house.program.popen.returncode == 0
    assert house.program.orphans() == []
    report = house.machine.run("doctor").stdout
    assert not any(f":{pid} was heard of" in report for pid in heads), report


def test_after_a_stop_everything_goes_on(house: House) -> None:
    house.start()

    run_id = house.ask()

    until(lambda: house.answered(run_id), 15)
    until(house.whole, 15)


def test_kill_9_of_the_supervisor_leaves_no_process(house: House) -> None:
    until(house.whole, 15)
    run_id = house.ask()

    house.program.popen.send_signal(signal.SIGKILL)
    house.program.popen.wait(5)

    assert house.program.orphans() == []
    house.start()
    until(lambda: house.answered(run_id), 15, "the answer after the next start")


@pytest.mark.postgres
def test_a_turn_is_answered_although_every_connection_was_cut(tmp_path: Path, postgres: str) -> None:
    machine = Machine(tmp_path, DATABASE_URL=postgres)
    try:
        house = House(machine)
        until(house.whole, 15)

        cut_connections(postgres)
        run_id = house.ask()
        cut_connections(postgres)

        until(lambda: house.answered(run_id), 15)
    finally:
        machine.close()


def cut_connections(address: str) -> None:
    """End every session of a database, as a restart of the server does."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
