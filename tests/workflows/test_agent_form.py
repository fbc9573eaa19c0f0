"""What administrators fill in about an agent."""

from typing import Any

import pytest

from tests.factories import make_agent, make_user
from workflows.admin.agent_form import AgentForm
from workflows.models import Agent, ModelProvider

pytestmark = pytest.mark.django_db
FILLED = {"name": "Scout", "all_tools": "on"}


def form(agent: Agent | None = None, **fields: Any) -> AgentForm:
    return AgentForm({**FILLED, **fields}, instance=agent)


def saved(**fields: Any) -> Agent:
    """The agent that a form makes."""
    filled = form(**fields)
    assert filled.is_valid(), filled.errors
    return filled.save()


def test_tools_and_limits_are_stored_as_the_engine_reads_them() -> None:
    agent = saved(all_tools="", chosen_tools=["fetch_url", "recall"], max_steps="5", max_seconds="60")

    assert (agent.tools, agent.limits) == (["fetch_url", "recall"], {"steps": 5, "seconds": 60})
    assert saved(name="All").tools == ["*"]


def test_a_tool_that_is_gone_can_be_kept_or_taken_away() -> None:
    agent = make_agent(tools=["gone"])

    kept = form(agent, name=agent.name, all_tools="", chosen_tools=["gone"])

    assert kept.is_valid()
    assert kept.save().tools == ["gone"]
    assert "no tool “strange”" in str(form(chosen_tools=["strange"]).errors["chosen_tools"])


def test_a_policy_is_set_by_tool_and_rules_stay() -> None:
    rules = {"default": "deny", "rules": []}
    agent = make_agent(tool_policy={"fetch_url": rules, "recall": "deny"})

    filled = form(
        agent,
        name=agent.name,
        **{"chosen_tools-policy-fetch_url": "rules", "chosen_tools-policy-recall": "", "chosen_tools-policy-*": "ask"},
    )

    assert filled.is_valid()
    assert filled.save().tool_policy == {"fetch_url": rules, "*": "ask"}


@pytest.mark.parametrize(
    ("model", "told"),
    [("", ""), ("Offline", ""), ("openai:gpt-5.2", ""), ("local:m", ""), ("off:m", "not a model provider"), ("gpt", "is not a model"), ("local:", "names no model")],
)  # fmt: skip
def test_a_model_is_one_that_could_be_there(model: str, told: str) -> None:
    ModelProvider.objects.create(name="local", kind="ollama")
    ModelProvider.objects.create(name="off", kind="ollama", enabled=False)

    assert told in str(form(model=model).errors.get("model", ""))


def test_some_agent_is_always_the_default() -> None:
    first = Agent.objects.get(is_default=True)

    assert "make another one the default" in str(form(first).errors["is_default"])
    assert "leave the owner empty" in str(form(is_default="on", owner=make_user().pk).errors["owner"])
    assert saved(is_default="on").is_default
    assert not Agent.objects.get(pk=first.pk).is_default


def test_two_shared_agents_of_a_name_are_refused_with_a_sentence() -> None:
    make_agent(name="Scout")

    assert "choose another name" in str(form().errors["name"])
