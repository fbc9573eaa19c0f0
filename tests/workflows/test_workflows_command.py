"""`agentron workflows` on the command line."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper

from chat import log
from chat.models import Message
from tests.factories import make_agent, make_user, make_workflow, start_run
from workflows import editing
from workflows.definition import Definition
from workflows.ledger import run_message, step_told
from workflows.models import Agent, Run, StepStatus, Workflow
from workflows.progress import follow

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_user("owner")


@pytest.fixture
def workflow(owner: User) -> Workflow:
    writer = make_agent(owner=owner, name="writer", instructions="Be short.", tools=["fetch_url"])
    steps = [
        {"key": "draft", "agent": writer.name, "prompt": "Write on {{ input.topic }}"},
        {"key": "polish", "agent": writer.name, "prompt": "x", "after": ["draft"], "when": {"step": "draft", "op": "empty", "else": True}},
    ]
    definition = Definition.model_validate({"name": "essay", "inputs": [{"name": "topic", "default": "tea"}], "steps": steps})
    return editing.save(definition, owner=owner, by=owner)


def workflows(*arguments: str, user: str = "owner") -> str:
    """What `agentron workflows` prints; a refusal is a SystemExit with its line."""
    out = io.StringIO()
    call_command("workflows", *arguments, "--user", user, stdout=out)
    return out.getvalue()


def written(folder: Path, data: Any) -> str:
    """The name of a file with `data` in it."""
    file = folder / "workflow.json"
    file.write_text(data if isinstance(data, str) else json.dumps(data))
    return str(file)


def test_workflows_are_listed_and_shown(workflow: Workflow) -> None:
    assert "essay  2" in workflows("list")
    shown = workflows("show", "essay")
    assert "polish by writer, after draft, if the output of “draft” is not empty" in shown
    assert json.loads(workflows("show", str(workflow.pk), "--json")) == json.loads(workflows("list", "--json"))[0]


def test_a_workflow_is_run_with_inputs(workflow: Workflow) -> None:
    found = json.loads(workflows("run", "essay", "-i", "topic=a=b", "--json"))

    assert (found["status"], found["trigger"], found["input"]) == ("queued", "cli", {"inputs": {"topic": "a=b"}})


def test_wrong_usage_is_told_apart_from_a_refusal(workflow: Workflow) -> None:
    with pytest.raises(CommandError, match="KEY=VALUE"):
        workflows("run", "essay", "-i", "topic")
    with pytest.raises(SystemExit, match="did you mean “essay”"):
        workflows("run", "esay")


def test_an_export_makes_the_same_workflow_for_somebody_else(workflow: Workflow, tmp_path: Path) -> None:
    make_user("friend")

    workflows("import", written(tmp_path, workflows("export", "essay", "--with-agents")), user="friend")

    assert json.loads(workflows("export", "essay", user="friend")) == json.loads(workflows("export", "essay"))
    assert Agent.objects.get(owner__username="friend").instructions == "Be short."


def test_an_export_needs_its_agents_where_it_goes(workflow: Workflow, tmp_path: Path) -> None:
    make_user("friend")

    with pytest.raises(SystemExit, match=r"steps\[0\].agent: There is no agent “writer”"):
        workflows("import", written(tmp_path, workflows("export", "essay")), user="friend")


def test_a_name_that_is_taken_is_replaced_only_if_wanted(workflow: Workflow, tmp_path: Path) -> None:
    file = written(tmp_path, {**Definition.of(workflow).stored(), "description": "new"})
    with pytest.raises(SystemExit, match="--replace"):
        workflows("import", file)

    workflows("import", file, "--replace")

    workflow.refresh_from_db()
    assert (workflow.description, workflow.revisions.count()) == ("new", 2)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("{", "is not JSON"),
        ({"agentron": 1, "workflow": {"name": "x", "steps": [{"key": "a"}]}}, r"workflow.steps\[0\].agent: This is missing"),
        ({"agentron": 2, "workflow": {}}, "agentron: Give 1"),
        ({"agentron": 1, "workflow": {"name": "x", "steps": []}, "agents": [{"name": "y", "tools": ["z"]}]}, r"agents\[0\].tools\[0\]"),
        ([], "workflow.json holds no workflow"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(owner: User, tmp_path: Path, data: Any, told: str) -> None:
    with pytest.raises(SystemExit, match=told):
        workflows("import", written(tmp_path, data))
    assert not Workflow.objects.exists()


def test_a_file_that_is_not_there_is_a_sentence(owner: User) -> None:
    with pytest.raises(SystemExit, match="cannot be read"):
        workflows("import", "/nowhere/workflow.json")


@pytest.mark.parametrize(("status", "code"), [("succeeded", None), ("failed", 1), ("waiting_for_user", None)])
def test_waiting_shows_the_steps_and_the_report_until_the_end(owner: User, status: str, code: int | None) -> None:
    run = start_run(make_workflow({"key": "one"}, owner=owner))
    told = [step_told(run.pk, None, "one", StepStatus.RUNNING), run_message(run.pk, None, Message.Kind.MESSAGE, "The report")]
    log.post(run.conversation_id, *told, run_message(run.pk, None, Message.Kind.STATUS, status=status))
    out, err = io.StringIO(), io.StringIO()

    assert ended(run, out, err) == code
    assert (out.getvalue().strip(), "· one: running" in err.getvalue()) == ("The report", True)


def ended(run: Run, out: io.StringIO, err: io.StringIO) -> object:
    """The status with which following a run ends the program."""
    try:
        follow(run, OutputWrapper(out), OutputWrapper(err))
    except SystemExit as exc:
        return exc.code
    return None


def test_somebody_elses_workflows_are_missing(workflow: Workflow) -> None:
    make_user("stranger")

    assert json.loads(workflows("list", "--json", user="stranger")) == []
    for verb in ("show", "run", "export"):
        with pytest.raises(SystemExit, match="There is no workflow"):
            workflows(verb, "essay", user="stranger")
