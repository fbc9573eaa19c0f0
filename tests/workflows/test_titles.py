"""What agents, workflows and the inputs of a run may be called."""

from uuid import UUID

import pytest

from tests.factories import make_agent, make_user, make_workflow, start_run
from workflows import editing
from workflows.definition import Definition
from workflows.editing import AgentDefinition
from workflows.errors import InvalidError
from workflows.titles import wrong_title

SOME = UUID("deadbeef" * 4)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        *((name, "It is empty") for name in ("", " \n", "\u200b", "\u200d\ufe0f", "\u3164", "\u2800 ")),
        *((name, "signs that nobody sees") for name in ("\u202eevil", "a\nb", "a\u200bb", "a\x00b", "\u2066a\u2069", "a\u2028b")),
        *((name, "It looks like an id") for name in (SOME.hex, str(SOME), f" {{{SOME}}}", SOME.urn)),
        ("a/b", "no “/”"),
    ],
)
def test_a_name_that_cannot_be_seen_typed_or_told_from_an_id_is_refused(name: str, sentence: str) -> None:
    assert sentence in wrong_title(name)


@pytest.mark.parametrize("name", ["Researcher", "Straße & Co. (2)", "研究者", "👩‍🚀", "می‌خواهم", "deadbeef", "é", "7"])
def test_names_of_every_language_are_taken(name: str) -> None:
    assert wrong_title(name) == ""


@pytest.mark.django_db
def test_neither_an_agent_nor_a_workflow_gets_a_wrong_name() -> None:
    owner = make_user()
    agent = make_agent(owner=owner)
    workflow = Definition.model_validate({"name": "a/b", "steps": [{"key": "one", "agent": agent.name, "prompt": "Go."}]})

    with pytest.raises(InvalidError, match="name: A name has no “/”"):
        editing.save(workflow, owner=owner, by=owner)
    with pytest.raises(InvalidError, match="name: A name has no “/”"):
        editing.save_agent(AgentDefinition(name="a/b"), owner=owner, by=owner)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "a b", "1st", "top\u200bic", "topic\n"])
def test_an_input_that_no_prompt_could_ask_for_is_refused(name: str) -> None:
    workflow = make_workflow({"key": "one"})

    with pytest.raises(InvalidError) as caught:
        start_run(workflow, **{name: "x", "undeclared": "y"})

    assert list(caught.value.fields) == [f"inputs.{name}"]
