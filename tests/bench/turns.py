"""How quickly turns are answered, how many a second, and what five hundred at once cost; on both databases."""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from threading import Event, Thread

import httpx
import psutil
import psycopg
import websockets

from tests.bench.table import Row
from tests.fakes.model_server import running
from tests.machine import ROOT, Machine, free_port, until

SCRIPTED = "tests.faults.settings"
MODEL_SECONDS = 5


def measure(*, quick: bool) -> Iterator[Row]:
    """Everything, on SQLite and where there is a server on PostgreSQL."""
    for name in ("SQLite", "PostgreSQL"):
        if name == "SQLite" or os.environ.get("AGENTRON_TEST_POSTGRES"):
            yield from latency(name, samples=4 if quick else 40)
            yield from throughput(name, turns=100 if quick else 1000)
            yield from many_at_once(name, turns=50 if quick else 500)


@contextmanager
def machine(database: str, **settings: str) -> Iterator[Machine]:
    """A new installation on `database`, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="agentron-bench-") as folder, address(database, folder) as url:
        made = Machine(Path(folder), DATABASE_URL=url, AGENTRON_PEER_EFFECTS=f"{folder}/effects", PYTHONPATH=str(ROOT), **settings)
        try:
            yield made
        finally:
            made.close()


@contextmanager
def address(database: str, folder: str) -> Iterator[str]:
    """DATABASE_URL of a new database."""
    if database == "SQLite":
        yield f"sqlite:///{folder}/agentron.sqlite3"
        return
    server = os.environ["AGENTRON_TEST_POSTGRES"]
    name = f"bench_{os.getpid()}_{os.urandom(3).hex()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield f"{server.rsplit('/', 1)[0]}/{name}"
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def writer(made: Machine, *arguments: str) -> str:
    """Run this module's own side in a process on the same database; what it printed."""
    command = [sys.executable, "-m", "tests.bench.writer", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=made.env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def latency(database: str, samples: int) -> Iterator[Row]:
    """From POST to the first visible text on a socket; the scripted model itself takes no time."""
    with machine(database, DJANGO_SETTINGS_MODULE=SCRIPTED) as made:
        port = free_port()
        made.start("up", "--port", str(port))
        until(lambda: ready(port), 60, "a ready system")
        token = writer(made, "token").strip()
        idle, busy = asyncio.run(first_texts(port, token, samples))
        yield milliseconds(f"{database}: POST to first text, idle", idle, 120)
        yield milliseconds(f"{database}: POST to first text, worker busy", busy, 60)


def ready(port: int) -> bool:
    """Whether the system says that it can work."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/health/ready", timeout=10).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


async def first_texts(port: int, token: str, samples: int) -> tuple[list[float], list[float]]:
    """Seconds to the first text: with nothing else going on, and while another turn waits for its model."""
    base = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        made = (await client.post("/api/chat", json={"text": "word"})).json()["conversation_id"]
        await asyncio.sleep(1)
        async with open_socket(port, token, made) as frames:
            idle = []
            for _ in range(samples):
                await asyncio.sleep(2.6)  # Longer than a worker lingers after its last run.
                idle.append(await ask(client, frames, made))
            busy = []
            for number in range(samples):
                if number % 20 == 0:
                    await client.post("/api/chat", json={"text": "slow"})
                    await asyncio.sleep(0.5)
                busy.append(await ask(client, frames, made))
                await asyncio.sleep(0.3)
    return idle, busy


@asynccontextmanager
async def open_socket(port: int, token: str, conversation: str) -> AsyncIterator[websockets.ClientConnection]:
    """A socket on a conversation, past its replay."""
    url = f"ws://127.0.0.1:{port}/ws/chats/{conversation}/?after=100000"
    async with websockets.connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        await socket.recv()
        yield socket


async def ask(client: httpx.AsyncClient, frames: websockets.ClientConnection, conversation: str) -> float:
    """Post a message; the seconds until its first text shows. Returns when the turn has ended."""
    began = time.perf_counter()
    posting = asyncio.create_task(client.post("/api/chat", json={"text": "word", "conversation_id": conversation}))
    first = 0.0
    async for text in frames:
        frame = json.loads(text)
        spoken = (frame["type"] == "delta" and frame["data"]["text"]) or (
            frame["type"] == "message" and frame["data"]["author"] == "assistant"
        )
        if spoken and not first:
            first = time.perf_counter() - began
        if frame["type"] == "status":
            break
    assert (await posting).status_code == httpx.codes.ACCEPTED
    return first


def milliseconds(what: str, seconds: list[float], goal: int) -> Row:
    """The median, with p95 beside it."""
    p50, p95 = statistics.median(seconds) * 1000, statistics.quantiles(seconds, n=20)[-1] * 1000
    return Row(f"{what} (p95 {p95:.0f} ms)", f"{p50:.0f} ms", f"≤ {goal} ms", p50 <= goal)


def throughput(database: str, turns: int) -> Iterator[Row]:
    """One-step turns with a scripted model, queued before the worker starts."""
    with machine(database, DJANGO_SETTINGS_MODULE=SCRIPTED, AGENTRON_MAX_TURNS="500") as made:
        writer(made, "post", "--turns", str(turns), "--text", "word")
        made.start("worker", "--clusters", "2")
        rate = json.loads(writer(made, "wait"))["a_second"]
        goal = ("≥ 100", rate >= 100) if database == "SQLite" else ("", None)
        yield Row(f"{database}: one-step turns a second ({turns} turns)", f"{rate:.0f} /s", *goal)


def many_at_once(database: str, turns: int) -> Iterator[Row]:
    """Turns in as many conversations against a model server that takes five seconds."""
    limits = {
        "AGENTRON_MODEL": "openai-chat:slow",
        "AGENTRON_MAX_TURNS": "500",
        "AGENTRON_RUN_CONCURRENCY": "250",
        "AGENTRON_CLUSTERS": "2",
    }
    with (
        running() as server,
        machine(database, DJANGO_SETTINGS_MODULE="agentron.settings", **limits, **server.env) as made,
    ):
        server.delay(MODEL_SECONDS, times=None).reply("All of them are done.", times=None)
        port = free_port()
        program = made.start("up", "--port", str(port))
        until(lambda: ready(port), 60, "a ready system")
        peak = Peak(program.popen.pid)
        spent = sum(cpu(process) for process in peak.processes())
        took = json.loads(writer(made, "post", "--turns", str(turns), "--text", "word", "--wait"))["seconds"]
        assert took >= MODEL_SECONDS, "the model server did not take its time"
        peak.over.set()
        # Without it the offline model would answer, and the figure would say nothing.
        assert len(server.requests()) >= turns, f"the model server saw {len(server.requests())} requests of {turns}"
        spent = sum(cpu(process) for process in peak.processes()) - spent
        yield Row(f"{database}: {turns} turns at once, model takes {MODEL_SECONDS} s", f"{took:.1f} s", "≤ 12 s", took <= 12)
        yield Row(f"{database}: memory meanwhile (summed PSS, all processes)", f"{peak.megabytes:.0f} MB", "< 600 MB", peak.megabytes < 600)
        yield Row(f"{database}: processor time of Agentron", f"{spent:.1f} s")
        yield Row(f"{database}: processor time of the model server", f"{cpu(server_process(int(server.url.rpartition(':')[2]))):.1f} s")


def server_process(port: int) -> psutil.Process:
    """The process that listens on `port`."""
    return next(psutil.Process(item.pid) for item in psutil.net_connections("tcp") if item.laddr.port == port and item.status == "LISTEN")


def cpu(process: psutil.Process) -> float:
    """Seconds of processor time so far."""
    return float(sum(process.cpu_times()[:2]))


class Peak(Thread):
    """Watches the memory of a program and all that it started."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.over, self.megabytes = pid, Event(), 0.0
        self.start()

    def processes(self) -> list[psutil.Process]:
        head = psutil.Process(self.pid)
        return [head, *head.children(recursive=True)]

    def run(self) -> None:
        while not self.over.wait(0.5):
            self.megabytes = max(self.megabytes, sum(process.memory_full_info().pss for process in self.processes()) / 1e6)
