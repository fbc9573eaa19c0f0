"""Agents and workflows come to be, change and go, and every version is kept."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.factories import make_agent, make_conversation, make_run, make_user, make_workflow
from workflows import editing
from workflows.definition import Definition
from workflows.editing import AgentDefinition
from workflows.errors import ConflictError, ForbiddenError, InvalidError, MissingError
from workflows.models import Agent, RunStatus, Workflow

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_user()


def save(owner: User, agent: Agent | None = None, **fields: Any) -> Agent:
    """Make an agent, or change one."""
    before = AgentDefinition.of(agent).stored() if agent else {"name": "Writer"}
    return editing.save_agent(AgentDefinition.model_validate({**before, **fields}), owner=owner, by=owner, agent=agent)


def test_an_agent_is_made_with_its_first_revision(owner: User) -> None:
    agent = save(owner, instructions="Write.", tools=["recall"], tool_policy={"recall": "ask"}, limits={"steps": 5})

    assert (agent.owner, agent.revisions.get().number) == (owner, 1)
    assert agent.revisions.get().data["tool_policy"] == {"recall": "ask"}


@pytest.mark.parametrize(
    ("fields", "place", "sentence"),
    [
        ({"name": " "}, "name", "It is empty"),
        ({"name": "writer"}, "name", "You have an agent “Writer” already"),
        ({"name": "everybody's"}, "name", "There is a shared agent “Everybody's” already"),
        ({"tools": ["recall", "fly"]}, "tools[1]", "There is no tool “fly”"),
        ({"tool_policy": {"fly": "ask"}}, "tool_policy", "There is no tool “fly”"),
        ({"limits": {"luck": 1}}, "limits.luck", "There is no such limit"),
        ({"limits": {"steps": 0}}, "limits.steps", "Give 1 to 1,000"),
        ({"limits": {"calls": 1.5}}, "limits.calls", "Give a whole number"),
        ({"limits": {"dollars": 0}}, "limits.dollars", "Give 0.01 to 1,000,000"),
        ({"model": "gpt"}, "model", "is not a model"),
        ({"model": "nobody:gpt"}, "model", "is not a model provider"),
    ],
)
def test_a_wrong_agent_is_refused_with_the_place(owner: User, fields: dict[str, Any], place: str, sentence: str) -> None:
    make_agent(name="Everybody's")
    save(owner)

    with pytest.raises(InvalidError) as caught:
        save(owner, **{"name": "Another", **fields})

    assert sentence in caught.value.fields[place]


def test_of_two_agents_of_one_name_at_the_same_instant_one_is_made(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    save(owner)
    monkeypatch.setattr("workflows.editing.agents.wrong_name", lambda *_: iter(()))  # It looked before the first was there.

    with pytest.raises(InvalidError, match="have an agent “Writer” already"):
        save(owner)


def test_of_two_workflows_of_one_name_at_the_same_instant_one_is_made(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def another(definition: Definition, owner: User) -> Definition:
        Workflow.objects.create(owner=owner, name=definition.name)
        return definition

    monkeypatch.setattr("workflows.editing.workflows.timed", another)

    with pytest.raises(InvalidError, match="have a workflow “Report” already"):
        make_workflow({"key": "one"}, owner=owner, name="Report")


def test_only_administrators_change_what_is_everybodys(owner: User) -> None:
    shared = make_agent()

    with pytest.raises(ForbiddenError):
        save(owner, shared, instructions="Obey me.")
    with pytest.raises(ForbiddenError):
        editing.delete_agent(shared, by=owner)


def test_what_an_agent_was_before_revisions_were_kept_is_one_too(owner: User) -> None:
    agent = make_agent(owner=owner, instructions="Old.")

    save(owner, agent, instructions="New.")

    assert [row.data["instructions"] for row in editing.revisions_of(agent)] == ["New.", "Old."]


def test_an_agent_that_workflows_use_stays(owner: User) -> None:
    workflow = make_workflow({"key": "one"}, owner=owner)

    with pytest.raises(ConflictError, match=f"“{workflow.name}”") as caught:
        editing.delete_agent(workflow.steps.get().agent, by=owner)

    assert caught.value.extra["workflows"] == [workflow.name]


def test_an_agent_at_work_stays(owner: User) -> None:
    agent = make_agent(owner=owner)
    make_run(make_conversation(owner), status=RunStatus.RUNNING, agent=agent)

    with pytest.raises(ConflictError, match="is at work"):
        editing.delete_agent(agent, by=owner)


def test_the_default_agent_stays() -> None:
    agent = Agent.objects.get(is_default=True)

    with pytest.raises(ConflictError, match="make another one the default first"):
        editing.delete_agent(agent, by=make_user(is_superuser=True))


def test_an_agent_nobody_uses_goes(owner: User) -> None:
    agent = save(owner)

    editing.delete_agent(agent, by=owner)

    assert not Agent.objects.filter(pk=agent.pk).exists()


def test_two_versions_are_compared_line_by_line(owner: User) -> None:
    workflow = make_workflow({"key": "one", "prompt": "Do this.\nThen that."}, owner=owner, name="Work")
    data = {**workflow.revisions.get().data}
    data["steps"] = [{**data["steps"][0], "prompt": "Do this.\nThen something else."}]
    editing.save(Definition.model_validate(data), owner=owner, by=owner, workflow=workflow)

    found = editing.changes(editing.revision_of(workflow, 1), editing.revision_of(workflow, 2)).splitlines()

    changed = [line.replace(" ", "") for line in found if line[0] in "+-"]
    assert changed == ["---#1", "+++#2", "-Thenthat.", "+Thensomethingelse."]


def test_a_version_that_was_is_brought_back_as_a_new_one(owner: User) -> None:
    agent = save(owner, instructions="First.")
    save(owner, agent, instructions="Second.")

    editing.roll_back(editing.revision_of(agent, 1), by=owner)

    agent.refresh_from_db()
    assert agent.instructions == "First."
    assert [row.number for row in editing.revisions_of(agent)] == [3, 2, 1]


def test_a_version_whose_agent_is_gone_is_not_brought_back(owner: User) -> None:
    gone = make_agent(owner=owner)
    workflow = make_workflow({"key": "one", "agent": gone.name}, owner=owner)
    data = {**workflow.revisions.get().data}
    other = Definition.model_validate({**data, "steps": [{**data["steps"][0], "agent": make_agent(owner=owner).name}]})
    editing.save(other, owner=owner, by=owner, workflow=workflow)
    editing.delete_agent(gone, by=owner)

    with pytest.raises(InvalidError, match="There is no agent"):
        editing.roll_back(editing.revision_of(workflow, 1), by=owner)


def test_a_version_that_never_was_is_missing() -> None:
    workflow: Workflow = make_workflow({"key": "one"})

    with pytest.raises(MissingError, match="there are 1"):
        editing.revision_of(workflow, 7)


def test_a_step_is_given_to_ones_own_agent_before_a_shared_one_of_the_same_name(owner: User) -> None:
    own = make_agent(owner=owner, name="writer")
    make_agent(name="writer")

    assert make_workflow({"key": "write", "agent": "writer"}, owner=owner).steps.get().agent == own
