"""A scripted model server: llmock in a process of its own, so that tests and real workers can talk to it over HTTP."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import httpx
import pytest

KEY = "key-of-the-tests"


class ModelServer:
    """What the next requests get. Methods chain; each thing happens once, `times=None` for ever.

    Behaviours of different sorts meet: `server.reply("Hello").truncate()` cuts that very answer.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.control = httpx.Client(base_url=f"{self.url}/_llmock", timeout=10)

    @property
    def env(self) -> dict[str, str]:
        """The environment that points every provider here."""
        return {
            "OPENAI_BASE_URL": f"{self.url}/v1",
            "OPENAI_API_KEY": KEY,
            "OLLAMA_BASE_URL": self.url,
            "ANTHROPIC_BASE_URL": f"{self.url}/anthropic",
            "ANTHROPIC_API_KEY": KEY,
            "GOOGLE_GEMINI_BASE_URL": f"{self.url}/gemini",
            "GOOGLE_API_KEY": KEY,
        }

    def reply(self, text: str, times: int | None = 1) -> Self:
        """Say `text`."""
        return self.add("reply", text=text, times=times)

    def call_tools(self, *calls: tuple[str, dict[str, Any]], text: str | None = None, times: int | None = 1) -> Self:
        """Call tools, given as (name, arguments), in one reply."""
        tool_calls = [{"name": name, "arguments": arguments} for name, arguments in calls]
        return self.add("reply", text=text, tool_calls=tool_calls, times=times)

    def fail(self, status: int, times: int | None = 1, **fields: Any) -> Self:
        """Answer with an HTTP error; `code` and `message` make it a special one."""
        return self.add("fail", status=status, times=times, **fields)

    def rate_limit(self, retry_after: float, times: int | None = 1) -> Self:
        """429 with Retry-After in seconds."""
        return self.fail(429, times, retry_after=retry_after)

    def delay(self, seconds: float, times: int | None = 1) -> Self:
        """Wait before answering."""
        return self.add("delay", seconds=seconds, times=times)

    def disconnect(self, after_chunks: int = 1, times: int | None = 1) -> Self:
        """Drop the connection in the middle of a stream."""
        return self.add("stream_fault", kind="disconnect", after_chunks=after_chunks, times=times)

    def truncate(self, after_chunks: int = 1, times: int | None = 1) -> Self:
        """End a stream early, as if it were complete."""
        return self.add("stream_fault", kind="truncate", after_chunks=after_chunks, times=times)

    def stall(self, seconds: float = 30, after_chunks: int = 1, times: int | None = 1) -> Self:
        """Stop sending in the middle of a stream."""
        return self.add("stream_fault", kind="stall", after_chunks=after_chunks, stall_seconds=seconds, times=times)

    def add(self, sort: str, **fields: Any) -> Self:
        """Queue any behaviour that llmock knows."""
        self.control.post("/scenario", json={"behaviors": [{"type": sort, **fields}]}).raise_for_status()
        return self

    def requests(self) -> list[dict[str, Any]]:
        """The requests so far, oldest first."""
        found: list[dict[str, Any]] = self.control.get("/requests").raise_for_status().json()["requests"]
        return found

    def verdict(self) -> dict[str, Any]:
        """What the server thinks of its clients: `passed`, `findings` and more."""
        found: dict[str, Any] = self.control.get("/verdict").raise_for_status().json()
        return found

    def reset(self) -> Self:
        """Forget what was scripted and what was asked."""
        self.control.post("/reset").raise_for_status()
        return self


@contextmanager
def running(*options: str) -> Iterator[ModelServer]:
    """A server on a free port until the block ends. Options are those of `llmock serve`, such as --latency-ms 5000."""
    port = free_port()
    command = [sys.executable, "-m", "llmock.cli", "serve", "--port", str(port), "--log-level", "error", "--tool-mode", "off", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = ModelServer(port)
    try:
        wait_for(server, process)
        yield server
    finally:
        server.control.close()
        process.terminate()
        process.wait(10)


def wait_for(server: ModelServer, process: "subprocess.Popen[bytes]", seconds: float = 20) -> None:
    """Return when it answers."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"{server.url}/health", timeout=1)
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("llmock did not start")


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def the_model_server() -> Iterator[ModelServer]:
    """One process for all tests; use `model_server`, which is clean for each."""
    with running() as server:
        yield server


@pytest.fixture
def model_server(the_model_server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> ModelServer:
    """A model server with nothing scripted, and an environment in which every provider is that server."""
    from pydantic_ai import models

    monkeypatch.setattr(models, "ALLOW_MODEL_REQUESTS", True)
    for name, value in the_model_server.env.items():
        monkeypatch.setenv(name, value)
    return the_model_server.reset()
