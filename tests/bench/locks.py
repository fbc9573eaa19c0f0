"""Many writers on one SQLite file: eight processes that write without a pause, fifty requests a second, and a worker.

Nobody may see “database is locked”: not a writer, not a client, not a run, and not who reads the log.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import django
import httpx

from tests.bench.table import Row
from tests.bench.turns import machine, ready, writer
from tests.machine import ROOT, Machine, free_port, until

WRITERS = 8
REQUESTS_A_SECOND = 50
LOCKED = "database is locked"


def measure(*, quick: bool) -> Iterator[Row]:
    """The whole program on SQLite, with the writers beside it."""
    seconds = 6 if quick else 60
    with machine("SQLite", DJANGO_SETTINGS_MODULE="agentron.settings") as made:
        port = free_port()
        program = made.start("up", "--port", str(port))
        until(lambda: ready(port), 60, "a ready system")
        token = writer(made, "token").strip()
        begun = [start_writer(made, seconds) for _ in range(WRITERS)]
        answers = asyncio.run(load(port, token, seconds))
        wrote = [finished(process) for process in begun]
        writer(made, "wait")  # It fails unless every run succeeds.
        yield from rows(seconds, wrote, answers, program.output.count(LOCKED))


def rows(seconds: int, wrote: list[dict[str, Any]], answers: list[tuple[int, float]], logged: int) -> Iterator[Row]:
    """What the writers, the clients and the log have seen."""
    refused = sum(status >= 500 for status, _ in answers)
    seen = sum(one["locked"] for one in wrote) + refused + logged
    what = f"SQLite: “{LOCKED}” seen, {WRITERS} writers and {len(answers) / seconds:.0f} requests a second, {seconds} s"
    yield Row(what, str(seen), "0", seen == 0)
    counts = [one["wrote"] for one in wrote]
    yield Row("SQLite: messages written a second meanwhile, by all writers", f"{sum(counts) / seconds:.0f} /s")
    share = min(counts) / max(counts)
    yield Row("SQLite: what the writer that wrote least wrote, of the one that wrote most", f"{share:.0%}", ">= 50%", share >= 0.5)
    yield Row("SQLite: the longest write", f"{max(one['longest'] for one in wrote) * 1000:.0f} ms")
    took = statistics.quantiles([took for _, took in answers], n=20)[-1]
    yield Row("SQLite: requests meanwhile, p95", f"{took * 1000:.0f} ms")


async def load(port: int, token: str, seconds: int) -> list[tuple[int, float]]:
    """Send so many requests a second, whether or not the earlier ones are answered; status and seconds of each."""
    headers = {"Authorization": f"Bearer {token}"}
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60, limits=limits) as client:
        made = (await client.post("/api/chat", json={"text": "hello"})).json()["conversation_id"]
        kinds = cycle(requests_to(made))
        begun, sent = time.monotonic(), []
        for number in range(seconds * REQUESTS_A_SECOND):
            await asyncio.sleep(max(0.0, begun + number / REQUESTS_A_SECOND - time.monotonic()))
            sent.append(asyncio.create_task(ask(client, *next(kinds))))
        return list(await asyncio.gather(*sent))


def requests_to(conversation: str) -> list[tuple[str, str, dict[str, Any] | None]]:
    """What a client sends in turn: a new turn, a change, and what it reads again and again."""
    path = f"/api/conversations/{conversation}"
    reads = [("GET", address, None) for address in ("/api/conversations", path, f"{path}/messages", "/api/runs", "/api/queue")]
    return [("POST", "/api/chat", {"text": "what time is it?"}), *reads, ("PATCH", path, {"title": "Another title"}), *reads[:3]]


async def ask(client: httpx.AsyncClient, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, float]:
    """One request: its status and how long it took."""
    begun = time.monotonic()
    answer = await client.request(method, path, json=body)
    return answer.status_code, time.monotonic() - begun


def start_writer(made: Machine, seconds: int) -> "subprocess.Popen[str]":
    """This module as a process that writes."""
    command = [sys.executable, "-m", "tests.bench.locks", "--seconds", str(seconds)]
    return subprocess.Popen(command, cwd=ROOT, env=made.env, stdout=subprocess.PIPE, text=True)


def finished(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """What a writer has to say, once it has ended."""
    printed, _ = process.communicate(timeout=120)
    found: dict[str, Any] = json.loads(printed)
    return found


def write(seconds: int) -> dict[str, Any]:
    """Post one message after the other, each in a transaction; how many, how often it was locked, the longest one."""
    from django.db import OperationalError

    from chat import log
    from chat.models import Message
    from tests.factories import make_conversation, make_user

    conversation = make_conversation(make_user(f"writer-{time.monotonic_ns()}"))
    wrote, locked, longest, end = 0, 0, 0.0, time.monotonic() + seconds
    while (begun := time.monotonic()) < end:
        try:
            log.post(conversation.pk, Message(author=Message.Author.ASSISTANT, text=f"message {wrote}", via=Message.Via.RUN))
            wrote += 1
        except OperationalError:
            locked += 1
        longest = max(longest, time.monotonic() - begun)
    return {"wrote": wrote, "locked": locked, "longest": longest}


def main() -> None:
    """Write for a while, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    chosen = parser.parse_args()
    django.setup()
    sys.stdout.write(json.dumps(write(chosen.seconds)))


if __name__ == "__main__":
    main()
