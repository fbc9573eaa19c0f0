"""A run asks, everything is killed, a month goes by, everything starts again, the answer comes: the run goes on from there."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.fakes.model_server import ModelServer
from tests.machine import ROOT, Machine, Program, free_port, until

pytestmark = pytest.mark.faults

SEND = ("send", {"what": "it"})
ASK = ("request_user_help", {"kind": "question", "question": "A or B?"})
ASK_MORE = ("request_user_help", {"kind": "question", "question": "C or D?"})


class Story:
    """An installation whose model is a scripted server, and whose tools leave their effects in a file."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.rows = sqlite3.connect(machine.folder / "agentron.sqlite3")
        self.program: Program | None = None

    def start(self) -> None:
        """Start everything."""
        program = self.machine.start("up", "--port", str(free_port()))
        earlier = program.output.count("Agentron is ready")
        until(lambda: program.output.count("Agentron is ready") > earlier, 60)
        self.program = program

    def kill(self) -> None:
        """kill -9 for every process."""
        assert self.program
        for process in [*self.program.processes().values()]:
            process.kill()
        self.program.popen.kill()
        self.program.popen.wait(10)

    def inside(self, what: str, argument: str) -> str:
        """Do something in a process of its own; what it printed."""
        command = [sys.executable, "-m", "tests.faults.inside", what, argument]
        done = subprocess.run(command, cwd=ROOT, env=self.machine.env, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, *steps: dict[str, Any]) -> str:
        """Start a run; its id as the database has it."""
        return UUID(self.inside("start", json.dumps(steps))).hex

    def status(self, run: str) -> str:
        return str(self.rows.execute("SELECT status FROM workflows_run WHERE id = ?", [run]).fetchone()[0])

    def output(self, run: str) -> str:
        return str(self.rows.execute("SELECT output FROM workflows_run WHERE id = ?", [run]).fetchone()[0])

    def questions(self) -> list[str]:
        """The ids of the open questions, oldest first."""
        found = self.rows.execute("SELECT id FROM workflows_helprequest WHERE status = 'open' ORDER BY asked_at, id")
        return [str(UUID(row[0])) for row in found]

    def effects(self) -> list[str]:
        """What was really sent."""
        path = self.machine.folder / "effects"
        return path.read_text().split("\n")[:-1] if path.exists() else []

    def a_month_later(self) -> None:
        """Everything is killed, thirty days go by, everything starts again."""
        self.kill()
        self.inside("shift", "30")
        self.start()

    def answer(self, run: str, text: str, question: str = "") -> None:
        """Answer on the command line."""
        request = ["--request", question] if question else []
        done = self.machine.run("runs", "respond", str(UUID(run)), text, *request)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def story(tmp_path: Path, migrated: Path, model_server: ModelServer) -> Iterator[Story]:
    shutil.copy(migrated, tmp_path)
    settings = {
        "AGENTRON_MODEL": "openai-chat:some-model",
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "AGENTRON_PEER_MODEL": "real",
        "AGENTRON_PEER_EFFECTS": str(tmp_path / "effects"),
        "PYTHONPATH": str(ROOT),
        **model_server.env,
    }
    machine = Machine(tmp_path, **settings)
    found = Story(machine)
    found.start()
    yield found
    found.rows.close()
    machine.close()


def told(request: dict[str, Any]) -> str:
    """What the model was sent, as text."""
    return json.dumps(request)


def test_the_answer_of_a_month_later_reaches_the_very_call_that_asked(story: Story, model_server: ModelServer) -> None:
    model_server.call_tools(SEND).call_tools(ASK).reply("They chose.")
    run = story.run({"key": "one"})
    until(lambda: story.status(run) == "waiting_for_user", 20)
    asked, sent = len(model_server.requests()), story.effects()

    story.a_month_later()
    story.answer(run, "certainly A")
    until(lambda: story.status(run) == "succeeded", 15)

    assert "certainly A" in told(model_server.requests()[-1])
    assert len(model_server.requests()) == asked + 1
    assert story.effects() == sent
    assert len(sent) == 1


def test_a_step_with_two_questions_goes_on_when_both_are_answered(story: Story, model_server: ModelServer) -> None:
    model_server.call_tools(ASK, ASK_MORE).reply("They chose.")
    run = story.run({"key": "one"})
    until(lambda: story.status(run) == "waiting_for_user", 20)
    first, second = story.questions()

    story.a_month_later()
    story.answer(run, "the first A", first)
    assert story.status(run) == "waiting_for_user"
    story.answer(run, "the second D", second)
    until(lambda: story.status(run) == "succeeded", 15)

    last = told(model_server.requests()[-1])
    assert "the first A" in last
    assert "the second D" in last
    assert len(model_server.requests()) == 2


def test_a_question_in_a_branch_is_answered_after_the_other_branch_has_ended(story: Story, model_server: ModelServer) -> None:
    # One branch asks and the other one ends; which of them is asked first does not matter.
    model_server.call_tools(ASK).reply("The other branch.").reply("They chose.").reply("Joined.")
    run = story.run({"key": "left"}, {"key": "right"}, {"key": "join", "after": ["left", "right"]})
    until(lambda: story.status(run) == "waiting_for_user", 20)

    story.a_month_later()
    story.answer(run, "branch A")
    until(lambda: story.status(run) == "succeeded", 15)

    assert "branch A" in told(model_server.requests()[2])
    assert len(model_server.requests()) == 4
    assert "Joined." in story.output(run)
