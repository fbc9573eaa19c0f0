"""The tools that look after workflows, and the one that runs them."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.factories import make_agent, make_conversation, make_run, make_user, make_workflow
from workflows import tools
from workflows.builtin import workflows as these
from workflows.errors import InvalidError, MissingError
from workflows.models import Agent, Run, Workflow
from workflows.tools import ToolContext, ToolError

pytestmark = pytest.mark.django_db


def context_in(run: Run, agent: Agent) -> ToolContext:
    """A call by an agent in a run."""
    return ToolContext(run.owner_id, run.conversation_id, run.pk, run.pk, "key", agent.pk)


@pytest.fixture
def owner() -> User:
    return make_user()


@pytest.fixture
def context(owner: User) -> ToolContext:
    """A call by the assistant in a turn."""
    return context_in(make_run(make_conversation(owner)), make_agent(name="boss"))


def create(context: ToolContext, **fields: Any) -> dict[str, Any]:
    """What the tool gives for a workflow of one step."""
    step: these.StepIn = {"key": "write", "agent": "boss", "prompt": "Write about {{ input.topic }}."}
    return these.create_workflow(context, **{"name": "Essay", "steps": [step], **fields})


def test_a_workflow_is_made_and_says_what_it_needs(owner: User, context: ToolContext) -> None:
    made = create(context)

    workflow = Workflow.objects.get(owner=owner)
    assert made == {
        "workflow": "Essay",
        "id": str(workflow.pk),
        "link": f"/workflows/{workflow.pk}/",
        "needs": ["topic"],
        "done": "created",
    }


def test_a_budget_is_changed_only_with_the_persons_yes_and_no_earlier_version_lifts_it(owner: User, context: ToolContext) -> None:
    create(context)
    these.update_workflow(context, "Essay", budget={"tokens": 1000})
    confirm = tools.load()["update_workflow"].confirm

    these.update_workflow(context, "Essay", revision=1)

    assert Workflow.objects.get(owner=owner).budget == {"tokens": 1000}
    assert confirm
    assert confirm({"workflow": "Essay", "budget": {}}).endswith("to no limit of its own?")
    assert not confirm({"workflow": "Essay", "revision": 1})


def test_a_wrong_workflow_is_refused_with_the_place_and_an_example(context: ToolContext) -> None:
    with pytest.raises(InvalidError, match=r"steps\[0\].agent: There is no agent “nobody”: yours are"):
        create(context, steps=[{"key": "write", "agent": "nobody", "prompt": "Write."}])


def test_a_weaker_agent_gives_no_work_to_a_stronger_one(owner: User) -> None:
    make_agent(name="boss")
    weak = context_in(make_run(make_conversation(owner)), make_agent(owner=owner, tools=["create_workflow"]))

    with pytest.raises(ToolError, match="“boss” may do more than you"):
        create(weak)


def test_what_is_left_out_of_a_change_stays(context: ToolContext) -> None:
    create(context, description="Essays.")

    these.update_workflow(context, "essay", name="Long essay")

    workflow = Workflow.objects.get()
    assert (workflow.name, workflow.description, workflow.steps.count()) == ("Long essay", "Essays.", 1)


def test_an_earlier_version_is_compared_and_brought_back(context: ToolContext) -> None:
    create(context)
    these.update_workflow(context, "Essay", instruction="Be brief.")

    assert "+instruction: Be brief." in these.get_workflow(context, "Essay", revision=1)["changes_since"]
    these.update_workflow(context, "Essay", revision=1)

    assert Workflow.objects.get().instruction == ""


def test_a_workflow_shows_its_steps_as_they_are_given(context: ToolContext) -> None:
    create(context)

    shown = these.get_workflow(context, "Essay")

    assert shown["steps"][0] == {"key": "write", "agent": "boss", "prompt": "Write about {{ input.topic }}.", "after": [], "when": None}


def test_a_run_is_started_in_the_conversation_of_the_turn(context: ToolContext) -> None:
    create(context)

    started = these.execute_workflow(context, "Essay", {"topic": "tea"})

    run = Run.objects.get(pk=started["run"])
    assert (run.conversation_id, run.parent_id, run.input) == (context.conversation_id, context.run_id, {"inputs": {"topic": "tea"}})
    assert started["link"] == f"/runs/{run.pk}/"


def test_the_same_call_starts_one_run(context: ToolContext) -> None:
    create(context)

    first, again = (these.execute_workflow(context, "Essay", {"topic": "tea"}) for _ in range(2))

    assert first["run"] == again["run"]


def test_a_run_without_its_inputs_is_refused(context: ToolContext) -> None:
    create(context)

    with pytest.raises(InvalidError, match="“Essay” needs topic=…"):
        these.execute_workflow(context, "Essay")


def test_another_persons_workflow_is_not_there(context: ToolContext) -> None:
    foreign = make_workflow({"key": "one"}, name="Secret work")

    assert these.list_workflows(context) == []
    with pytest.raises(MissingError):
        these.execute_workflow(context, str(foreign.pk))


def test_a_name_that_is_nearly_right_is_suggested(context: ToolContext) -> None:
    create(context)

    with pytest.raises(MissingError, match="did you mean “Essay”"):
        these.get_workflow(context, "Esay")


def test_there_are_only_so_many_workflows(monkeypatch: pytest.MonkeyPatch, context: ToolContext) -> None:
    monkeypatch.setattr(these, "MOST_WORKFLOWS", 1)
    create(context)

    with pytest.raises(ToolError, match="has 1 workflows already"):
        create(context, name="One more")


def test_a_workflow_is_deleted(context: ToolContext) -> None:
    create(context)

    these.delete_workflow(context, "Essay")

    assert not Workflow.objects.exists()
