"""What Agentron costs when nobody wants anything: time to start and stop, memory, processor."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil

from tests.bench.table import Row
from tests.machine import Machine, Program, free_port, until


def measure(*, quick: bool) -> Iterator[Row]:
    """Start `agentron up` twice on a new data folder and look at it."""
    with tempfile.TemporaryDirectory(prefix="agentron-bench-") as folder:
        machine = Machine(Path(folder))
        try:
            yield from starts(machine, seconds=3 if quick else 30)
        finally:
            machine.close()


def starts(machine: Machine, seconds: float) -> Iterator[Row]:
    """The first start, which makes the database, and the second one."""
    program, took = start(machine)
    yield Row("first start to a served page", f"{took:.1f} s")
    program.stop()
    program, took = start(machine)
    yield Row("second start to a served page", f"{took:.1f} s", "< 8 s", took < 8)
    until(lambda: program.output.rstrip().endswith("Ctrl-C stops it."), 30, "all processes")
    # The first beats and chores belong to the start.
    time.sleep(5)
    processes = [psutil.Process(program.popen.pid), *program.processes().values()]
    share = processor(processes, seconds)
    memory = sum(process.memory_full_info().pss for process in processes) / 1e6
    yield Row(f"idle: memory of {len(processes)} processes (summed PSS)", f"{memory:.0f} MB", "< 500 MB", memory < 500)
    yield Row("idle: processor, of one core", f"{share:.1%}", "< 8 %", share < 0.08)
    took = program.stop()
    yield Row("stop", f"{took:.1f} s", "< 10 s", took < 10)


def start(machine: Machine) -> tuple[Program, float]:
    """Start it; the seconds until a page was served."""
    port = free_port()
    began = time.monotonic()
    program = machine.start("up", "--port", str(port))
    until(lambda: served(port), 60, "a served page")
    return program, time.monotonic() - began


def served(port: int) -> bool:
    """Whether the page to sign in is there."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/health/live", timeout=30).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def processor(processes: list[psutil.Process], seconds: float) -> float:
    """The share of one core that `processes` use."""
    before = sum(sum(process.cpu_times()[:2]) for process in processes)
    time.sleep(seconds)
    return (sum(sum(process.cpu_times()[:2]) for process in processes) - before) / seconds
