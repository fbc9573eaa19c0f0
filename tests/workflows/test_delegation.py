"""The assistant delegates: it makes what is needed, runs it, hears of the end, and mends what failed."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models import Model

from chat.models import Message
from tests.factories import make_agent, make_turn, make_workflow
from tests.fakes.script import by_prompt, last_result
from workflows import engine
from workflows.llm.errors import ModelError
from workflows.models import Agent, HelpRequest, Lane, Run, RunStatus, Trigger, Workflow

pytestmark = pytest.mark.wide

Use = Callable[[Model], Model]
Drain = Callable[[], None]
Calls = list[tuple[str, str, str]]


@pytest.fixture(autouse=True)
def _assistant(transactional_db: None) -> None:
    """The agent that answers; the seeded one is gone once another test has emptied the tables."""
    if not Agent.objects.filter(is_default=True).exists():
        make_agent(is_default=True)


def call(tool: str, **arguments: Any) -> Calls:
    """A reply that calls one tool."""
    return [(tool, json.dumps(arguments), f"c-{tool}-{arguments.get('name', '')}")]


def said(run: Run) -> list[str]:
    """What the assistant and the runs have said in the conversation."""
    rows = Message.objects.filter(conversation=run.conversation_id, kind=Message.Kind.MESSAGE, author=Message.Author.ASSISTANT)
    return [text.strip() for text in rows.order_by("seq").values_list("text", flat=True)]


def test_the_assistant_makes_agents_and_a_workflow_and_reports_what_came_of_it(model: Use, drain: Drain) -> None:
    heard: list[str] = []

    def report(messages: list[ModelMessage]) -> str:
        heard.append(str(messages))
        return "You are going to Rome."

    steps = [
        {"key": "scout", "agent": "Scout", "prompt": "Ask where to go."},
        {"key": "write", "agent": "Writer", "prompt": "Write about {{ steps.scout.output }}.", "after": ["scout"]},
    ]
    model(
        by_prompt(
            {
                "which you started": [report],
                "Plan my trip": [
                    call("create_agent", name="Scout", instructions="Find out.", tools=["request_user_help"])
                    + call("create_agent", name="Writer", instructions="Write."),
                    call("create_workflow", name="Trip", steps=steps),
                    call("execute_workflow", workflow="Trip"),
                    "The trip is being planned.",
                ],
                "Ask where to go": [call("request_user_help", kind="question", question="Where to?"), last_result],
                "Write about Rome": ["A text on Rome."],
            }
        )
    )
    turn = make_turn(text="Plan my trip")
    drain()
    engine.respond(HelpRequest.objects.get(), by=turn.owner, via=Message.Via.WEB, response="Rome")
    drain()

    run = Run.objects.get(lane=Lane.RUN)
    assert (run.status, str(run.output).strip(), run.conversation_id) == (RunStatus.SUCCEEDED, "A text on Rome.", turn.conversation_id)
    first, reported, last = said(turn)
    assert (first, last) == ("The trip is being planned.", "You are going to Rome.")
    assert "A text on Rome." in reported
    assert set(Agent.objects.filter(owner=turn.owner).values_list("name", flat=True)) == {"Scout", "Writer"}
    # Of the run it was told the report, and nothing that the agents did inside.
    assert "A text on Rome." in heard[0]
    assert "Where to?" not in heard[0]


def test_the_assistant_diagnoses_a_failed_run_and_mends_the_workflow(model: Use, drain: Drain) -> None:
    broken = ModelError("The key is wrong.", retryable=False, retry_after=None)
    mended = [{"key": "work", "agent": "Worker", "prompt": "Do it right."}]
    model(
        by_prompt(
            {
                "has failed": [
                    call("get_run", run="last"),
                    call("update_workflow", workflow="Job", steps=mended),
                    call("execute_workflow", workflow="Job"),
                    "I mended it.",
                ],
                "has succeeded": ["It works now."],
                "Do it wrong": [broken],
                "Do it right": ["done"],
                "Do the job": [call("execute_workflow", workflow="Job"), "On it."],
            }
        )
    )
    turn = make_turn(text="Do the job")
    worker = make_agent(owner=turn.owner, name="Worker", tools=[])
    workflow = make_workflow({"key": "work", "agent": worker.name, "prompt": "Do it wrong."}, owner=turn.owner, name="Job")

    drain()

    assert [run.status for run in workflow.runs.order_by("queued_at")] == [RunStatus.FAILED, RunStatus.SUCCEEDED]
    assert [text for text in said(turn) if "Job" not in text] == ["On it.", "I mended it.", "It works now."]


def test_a_workflow_is_not_deleted_before_the_person_says_yes(model: Use, drain: Drain) -> None:
    model(by_prompt({"Delete": [call("delete_workflow", workflow="Job"), last_result]}))
    turn = make_turn(text="Delete the job")
    make_workflow({"key": "work"}, owner=turn.owner, name="Job")
    drain()
    asked = HelpRequest.objects.get()
    assert (asked.kind, asked.question, Workflow.objects.count()) == ("confirmation", "Delete the workflow “Job”?", 1)

    engine.respond(asked, by=turn.owner, via=Message.Via.WEB, decision="yes")
    drain()

    assert not Workflow.objects.exists()
    assert said(turn) == ["The workflow “Job” was deleted."]


def test_whoever_cancels_a_run_is_not_told_of_it_again(transactional_db: None) -> None:
    turn = make_turn()
    workflow = make_workflow({"key": "one"}, owner=turn.owner)
    run = engine.execute(workflow, by=turn.owner, trigger=Trigger.TOOL, conversation=turn.conversation, parent=turn)

    engine.cancel(run, by=turn.owner)

    assert not Run.objects.filter(parent=run).exists()
