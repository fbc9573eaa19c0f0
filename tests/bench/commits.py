"""How long a message takes from its commit to a socket: `python -m tests.bench.commits [--port 8399] [--messages 200]`.

Uses the database of DATABASE_URL (SQLite in a new data folder without it). Three processes: the web server, a writer,
and this one with all the sockets, whose own work is part of what it measures.
"""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import websockets

ROOT = Path(__file__).resolve().parents[2]
Stamps = dict[str, float]


def write(conversation_ids: list[str], messages: int, pause: float) -> None:
    """Post messages, and print when each was committed, by conversation and seq."""
    import django

    django.setup()
    from chat import log
    from chat.models import Message

    committed = {}
    for number in range(messages):
        name = conversation_ids[number % len(conversation_ids)]
        message = Message(author=Message.Author.ASSISTANT, text=f"message {number} " * 20, via=Message.Via.RUN)
        log.post(UUID(name), message)
        committed[f"{name}:{message.seq}"] = time.perf_counter()
        time.sleep(pause)
    sys.stdout.write(json.dumps(committed))


@contextlib.contextmanager
def server(port: int) -> Iterator[None]:
    """Daphne, as in production."""
    command = [sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port), "agentron.asgi:application"]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health/live", timeout=1).close()
                break
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(10)


async def watch(address: str, arrived: list[tuple[str, float]], ready: asyncio.Semaphore) -> None:
    """One client: note when each message comes."""
    async with websockets.connect(address, max_size=None) as socket:
        async for text in socket:
            at = time.perf_counter()
            frame = json.loads(text)
            if frame["type"] == "ready":
                ready.release()
            elif frame["seq"]:
                arrived.append((f"{frame['chat_id']}:{frame['seq']}", at))


async def measure(address: str, conversation_ids: list[str], sockets: int, messages: int, pause: float) -> list[float]:
    """Seconds from commit to arrival, of every message at every socket."""
    arrived: list[tuple[str, float]] = []
    ready = asyncio.Semaphore(0)
    addresses = [address.format(conversation_ids[number % len(conversation_ids)]) for number in range(sockets)]
    tasks = [asyncio.create_task(watch(one, arrived, ready)) for one in addresses]
    for _ in tasks:
        await ready.acquire()
    await asyncio.sleep(1)
    call = [
        sys.executable,
        "-m",
        "tests.bench.commits",
        "--write",
        *conversation_ids,
        "--messages",
        str(messages),
        "--pause",
        str(pause),
    ]
    writer = await asyncio.create_subprocess_exec(*call, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    printed, _ = await writer.communicate()
    await asyncio.sleep(2)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    committed: Stamps = json.loads(printed)
    expected = messages * sockets // len(conversation_ids)
    assert len(arrived) == expected, f"{len(arrived)} of {expected} frames came"
    # Notified inside the transaction, a reader may be quicker than the writer's own clock.
    return [max(at - committed[name], 0) for name, at in arrived]


def line(database: str, name: str, times: list[float]) -> str:
    """A row of the table, in milliseconds."""
    cuts = statistics.quantiles(times, n=100)
    return f"| {database} | {name} | {len(times)} | {cuts[49] * 1000:.1f} | {cuts[94] * 1000:.1f} | {cuts[98] * 1000:.1f} | {max(times) * 1000:.1f} |"


def prepare(count: int) -> tuple[str, list[str], str]:
    """A person's token, `count` conversations, and the database's name."""
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection

    from chat.models import ApiToken, Conversation

    call_command("migrate", verbosity=0)
    user = User.objects.create_user(f"bench-{os.getpid()}")
    ids = [str(Conversation.objects.create(owner=user).pk) for _ in range(count)]
    secret = ApiToken.issue(user, "bench")[1]
    connection.close()
    return secret, ids, connection.vendor


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8399)
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--write", nargs="*")
    parser.add_argument("--pause", type=float, default=0.02)
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "agentron.settings"
    if options.write:
        write(options.write, options.messages, options.pause)
        return
    with tempfile.TemporaryDirectory(prefix="agentron-bench-") as folder:
        os.environ["AGENTRON_DATA"] = folder
        secret, ids, database = prepare(200)
        address = f"ws://127.0.0.1:{options.port}/ws/chats/{{}}/?token={secret}&after=0"
        rows = (
            ("1 socket", ids[:1], 1, 0.02),
            ("200 sockets, 200 conversations", ids[1:], 199, 0.02),
            ("200 tabs of one conversation", ids[:1], 200, 0.2),
        )
        print("| database | what | frames | p50 ms | p95 ms | p99 ms | max ms |\n|---|---|---|---|---|---|---|")
        for name, chosen, sockets, pause in rows:
            with server(options.port):
                messages = options.messages if pause < 0.1 else options.messages // 4
                after = address.replace("after=0", "after=100000")
                times = asyncio.run(measure(after, chosen, sockets, messages // len(chosen) * len(chosen) or len(chosen), pause))
            print(line(database, name, times), flush=True)


if __name__ == "__main__":
    main()
