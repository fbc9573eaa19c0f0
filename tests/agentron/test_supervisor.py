"""The supervisor over small real processes."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentron.supervisor import LONGEST_PAUSE_SECONDS, pause
from tests.machine import ROOT, Program, lives, until

pytestmark = pytest.mark.processes

Troupe = Callable[..., Program]


@pytest.fixture
def troupe(tmp_path: Path) -> Iterator[Troupe]:
    """Starts a supervisor over the named acts of tests/fakes/troupe.py and waits until all have shown life."""
    programs = []

    def start(*acts: str, wait: bool = True) -> Program:
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        program = Program([sys.executable, "-m", "tests.fakes.troupe", *acts], env, tmp_path / "log")
        programs.append(program)
        if wait:
            until(lambda: "all are alive" in program.output, 20)
        return program

    yield start
    for program in programs:
        program.close()


def test_a_killed_process_is_started_again(troupe: Troupe) -> None:
    program = troupe("steady")
    old = program.processes()["agentron steady"]

    old.kill()

    until(lambda: program.processes().get("agentron steady", old) != old, 20)
    until(lambda: "steady was killed by SIGKILL: it is started again" in program.output, 20)


def test_the_others_go_on_when_one_is_broken(troupe: Troupe) -> None:
    program = troupe("steady", "broken", wait=False)

    until(lambda: program.output.count("broken on purpose") > 2, 20)

    assert "steady was" not in program.output
    assert "agentron steady" in program.processes()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_everything(troupe: Troupe, number: int) -> None:
    program = troupe("steady", "parent")
    program.processes()

    program.popen.send_signal(number)

    assert program.popen.wait(20) == 0
    assert program.orphans() == []


def test_nohup_is_respected(tmp_path: Path) -> None:
    command = ["nohup", sys.executable, "-m", "tests.fakes.troupe", "steady"]
    program = Program(command, {**os.environ, "PYTHONPATH": str(ROOT)}, tmp_path / "log")
    until(lambda: "all are alive" in program.output, 20)

    program.popen.send_signal(signal.SIGHUP)

    with pytest.raises(AssertionError):
        until(lambda: program.popen.poll() is not None, 0.5)
    program.close()


def test_no_process_outlives_a_killed_supervisor(troupe: Troupe) -> None:
    program = troupe("steady", "stubborn")
    assert len(program.processes()) == 2

    program.popen.kill()

    assert program.orphans() == []


def test_the_whole_group_of_a_dead_process_is_killed(troupe: Troupe) -> None:
    program = troupe("parent")
    until(lambda: {"agentron parent", "child"} <= program.processes().keys(), 20)
    leader, child = program.processes()["agentron parent"], program.processes()["child"]

    leader.kill()

    until(lambda: not lives(child), 20)


def test_lines_are_whole_and_carry_a_name(troupe: Troupe) -> None:
    program = troupe("steady")

    # The line travels through a pipe: it may come after the first sign of life.
    until(lambda: "steady   | half a line and the rest\n" in program.output, 20)


def test_colours_are_only_for_a_terminal(troupe: Troupe) -> None:
    program = troupe("steady")

    assert "\033[" not in program.output


def test_quick_deaths_are_answered_more_and_more_slowly() -> None:
    pauses = [pause(failures) for failures in range(10)]

    assert pauses[0] == 0
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE_SECONDS


@pytest.mark.faults
def test_a_process_that_does_not_end_is_killed_within_ten_seconds(troupe: Troupe) -> None:
    program = troupe("stubborn", "steady")

    assert program.stop() < 10
    assert "stubborn did not end in time: it is killed." in program.output


@pytest.mark.faults
def test_a_second_ctrl_c_does_not_wait(troupe: Troupe) -> None:
    program = troupe("stubborn")
    program.popen.send_signal(signal.SIGINT)
    until(lambda: "stopping" in program.output, 2)

    program.popen.send_signal(signal.SIGINT)

    program.popen.wait(2)


@pytest.mark.faults
def test_a_frozen_process_is_killed_and_started_again(troupe: Troupe) -> None:
    program = troupe("steady")
    old = program.processes()["agentron steady"]

    old.suspend()

    until(lambda: program.processes().get("agentron steady", old) != old, 8)
    assert "was silent for 5 s" in program.output


@pytest.mark.faults
def test_a_process_whose_loop_hangs_is_killed(troupe: Troupe) -> None:
    program = troupe("stuck")

    until(lambda: "was silent for 5 s" in program.output, 20)


@pytest.mark.faults
def test_a_stopped_supervisor_does_not_blame_its_children_afterwards(troupe: Troupe) -> None:
    program = troupe("steady")
    old = program.processes()["agentron steady"]

    program.popen.send_signal(signal.SIGSTOP)
    with pytest.raises(AssertionError):
        until(lambda: not old.is_running(), 7)
    program.popen.send_signal(signal.SIGCONT)

    with pytest.raises(AssertionError):
        until(lambda: "silent" in program.output, 3)
