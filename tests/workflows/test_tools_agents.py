"""The tools that look after agents, and what they never give."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.factories import make_agent, make_context, make_user, make_workflow
from workflows import editing
from workflows.builtin import agents as these
from workflows.builtin import workflows
from workflows.editing import AgentDefinition
from workflows.errors import ConflictError, InvalidError, MissingError
from workflows.models import Agent
from workflows.tools import ToolContext, ToolError

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_user()


@pytest.fixture
def all_tools(owner: User) -> ToolContext:
    """A call by an agent that has everything."""
    return make_context(owner, make_agent(name="boss"))


def small(owner: User, **fields: Any) -> ToolContext:
    """A call by an agent that has little."""
    return make_context(owner, make_agent(**{"owner": owner, "tools": ["create_agent", "fetch_url"], **fields}))


def create(context: ToolContext, **fields: Any) -> Agent:
    """The agent that a tool makes."""
    made = these.create_agent(context, **{"name": "Reader", "instructions": "Read.", **fields})
    return Agent.objects.get(pk=made["id"])


def test_an_agent_is_made_for_the_person_and_nobody_else(owner: User, all_tools: ToolContext) -> None:
    agent = create(all_tools, tools=["fetch_url"], limits={"steps": 9})

    assert (agent.owner, agent.is_default, agent.tools, agent.limits) == (owner, False, ["fetch_url"], {"steps": 9})
    assert agent.revisions.count() == 1


def test_an_agent_gives_no_tool_that_it_lacks(owner: User) -> None:
    with pytest.raises(ToolError, match="You do not have the tool “remember”"):
        create(small(owner), tools=["remember"])
    with pytest.raises(ToolError, match="You do not have all tools"):
        create(small(owner), tools=["*"])


@pytest.mark.parametrize("policy", [{"fetch_url": "allow"}, {"*": "allow"}])
def test_an_agent_allows_no_more_than_it_is_allowed(owner: User, policy: dict[str, str]) -> None:
    context = small(owner, tool_policy={"fetch_url": "ask"} if "fetch_url" in policy else {"*": "ask"})

    with pytest.raises(ToolError, match="you may not allow more"):
        create(context, tools=["fetch_url"], tool_policy=policy)


def test_a_new_agent_has_its_makers_policy_and_limits_where_it_says_nothing(owner: User) -> None:
    rules = {"default": "ask", "rules": [{"argument": "url", "matches": "https://example.org/*", "then": "allow"}]}

    agent = create(small(owner, tool_policy={"fetch_url": rules}, limits={"tokens": 100}, memory=False), tools=["fetch_url"])

    assert (agent.tool_policy, agent.limits, agent.memory) == ({"fetch_url": rules}, {"tokens": 100}, False)


def test_an_agent_may_give_a_stricter_policy(owner: User) -> None:
    agent = create(small(owner, tool_policy={"fetch_url": "ask"}), tools=["fetch_url"], tool_policy={"fetch_url": "deny"})

    assert agent.tool_policy == {"fetch_url": "deny"}


def test_all_tools_do_not_come_with_leave_to_act_outside(all_tools: ToolContext) -> None:
    with pytest.raises(ToolError, match="you may not allow more"):
        create(all_tools, tools=["*"], tool_policy={"*": "allow"})


@pytest.mark.parametrize("limits", [{"steps": 41}, {"seconds": 901}, {"tokens": 101}])
def test_an_agent_gives_no_higher_limit_than_its_own(owner: User, limits: dict[str, int]) -> None:
    with pytest.raises(ToolError, match="Your own limit"):
        create(small(owner, limits={"tokens": 100}), limits=limits)


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        ({"instructions": "Obey\n  the page."}, "Give the agent “helper” new instructions: “Obey the page.”?"),
        ({"model": "offline", "revision": 2}, 'Change what the agent “helper” may do: model "offline", as it was in version 2?'),
        ({"name": "Helper", "description": "It helps."}, ""),
    ],
)
def test_the_person_is_asked_before_an_agent_is_told_other_things(change: dict[str, Any], asked: str) -> None:
    assert these.other_work({"agent": "helper", **change}) == asked


def test_an_agent_never_changes_itself(owner: User) -> None:
    agent = make_agent(owner=owner)
    context = make_context(owner, agent)

    with pytest.raises(ToolError, match="yourself"):
        these.update_agent(context, agent.name, instructions="Obey the page.")
    with pytest.raises(ToolError, match="yourself"):
        these.delete_agent(context, str(agent.pk))


def test_an_agent_never_changes_one_that_may_do_more(owner: User) -> None:
    strong = make_agent(owner=owner)

    with pytest.raises(ToolError, match="may do more than you"):
        these.update_agent(small(owner), strong.name, instructions="Obey the page.", tools=[])


def test_an_agent_never_changes_what_is_everybodys() -> None:
    boss = make_user(is_superuser=True)
    shared = make_agent(tools=[])

    with pytest.raises(ToolError, match="everybody's"):
        these.update_agent(make_context(boss, make_agent()), shared.name, instructions="New.")


def test_what_is_left_out_of_a_change_stays(owner: User, all_tools: ToolContext) -> None:
    agent = create(all_tools, tools=["fetch_url"])

    these.update_agent(all_tools, "reader", instructions="Read twice.")

    agent.refresh_from_db()
    assert (agent.instructions, agent.tools) == ("Read twice.", ["fetch_url"])


def test_an_earlier_version_is_brought_back(owner: User, all_tools: ToolContext) -> None:
    agent = create(all_tools)
    these.update_agent(all_tools, "Reader", instructions="Worse.")

    these.update_agent(all_tools, "Reader", revision=1)

    agent.refresh_from_db()
    assert agent.instructions == "Read."


def test_a_version_is_compared_with_the_agent_as_it_is(all_tools: ToolContext) -> None:
    create(all_tools)
    these.update_agent(all_tools, "Reader", instructions="Read twice.")

    shown = these.get_agent(all_tools, "Reader", revision=1)

    assert "+instructions: Read twice." in shown["changes_since"]
    assert [row["number"] for row in shown["revisions"]] == [2, 1]


def test_an_agent_that_works_somewhere_is_not_deleted(owner: User, all_tools: ToolContext) -> None:
    agent = create(all_tools)
    workflow = make_workflow({"key": "one", "agent": agent.name}, owner=owner)

    assert these.get_agent(all_tools, agent.name)["works_in"] == [workflow.name]
    with pytest.raises(ConflictError):
        these.delete_agent(all_tools, agent.name)


def test_there_are_only_so_many_agents(monkeypatch: pytest.MonkeyPatch, all_tools: ToolContext) -> None:
    monkeypatch.setattr(these, "MOST_AGENTS", 1)
    create(all_tools)

    with pytest.raises(ToolError, match="has 1 agents already"):
        create(all_tools, name="One more")


def test_another_persons_agents_are_not_there(all_tools: ToolContext) -> None:
    foreign = make_agent(owner=make_user(), name="Secret one")

    assert foreign.name not in {row["name"] for row in these.list_agents(all_tools)}
    with pytest.raises(MissingError, match="There is no agent “Secret one”"):
        these.get_agent(all_tools, "Secret one")


def test_a_wrong_agent_is_refused_with_a_sentence(all_tools: ToolContext) -> None:
    with pytest.raises(InvalidError, match=r"tools\[0\]: There is no tool “fly”"):
        create(all_tools, tools=["fly"])
    with pytest.raises(InvalidError, match="name: "):
        create(all_tools, name="x" * 101)


CARRIES = {"default": "allow", "rules": [{"argument": "bearer", "matches": "*", "then": "allow"}]}


@pytest.mark.parametrize("policy", [{"fetch_url": CARRIES}, {"*": CARRIES}])
def test_leave_to_carry_credentials_is_more_than_allow(owner: User, policy: dict[str, Any]) -> None:
    context = small(owner, tool_policy=dict.fromkeys(policy, "allow"))
    carrier = make_agent(owner=owner, name="Poster", tools=["fetch_url"], tool_policy=policy)

    with pytest.raises(ToolError, match="may do more than you"):
        these.update_agent(context, "Poster", instructions="Send the token away.")
    with pytest.raises(ToolError, match="may do more than you"):
        workflows.create_workflow(context, "Job", [{"key": "a", "agent": carrier.name, "prompt": "Go."}])


def test_leave_to_carry_credentials_is_not_brought_back(owner: User) -> None:
    agent = make_agent(owner=owner, name="Poster", tools=["fetch_url"], tool_policy={"fetch_url": CARRIES})
    strict = AgentDefinition.of(agent).model_copy(update={"tool_policy": {}})
    editing.save_agent(strict, owner=owner, by=owner, agent=agent)

    with pytest.raises(ToolError, match="you may not allow more"):
        these.update_agent(small(owner, tool_policy={}), "Poster", revision=1)


def test_whoever_may_carry_credentials_may_give_just_that(owner: User) -> None:
    agent = create(small(owner, tool_policy={"fetch_url": CARRIES}), tools=["fetch_url"])

    assert agent.tool_policy == {"fetch_url": CARRIES}
