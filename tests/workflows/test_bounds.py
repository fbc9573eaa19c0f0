"""What is too much: long prompts, long versions, long lists, and what no database stores."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pydantic_ai.models import Model

from tests.factories import make_agent, make_conversation, make_question, make_user, make_workflow, start_run
from tests.fakes.script import by_prompt
from workflows import references
from workflows.editing.comparing import MOST_LINES, compared
from workflows.errors import InvalidError, MissingError
from workflows.models import HelpStatus, StepRun

Use = Callable[[Model], Model]
Drain = Callable[[], None]
pytestmark = pytest.mark.django_db


def test_the_costliest_versions_are_compared_at_once() -> None:
    one = [f"{at // 2 % 75}" if at % 2 else f"a{at}" for at in range(MOST_LINES)]
    other = [f"{at // 2 % 75}" if at % 2 else f"b{at}" for at in range(MOST_LINES)]
    begun = time.process_time()

    assert list(compared(one, other))
    assert time.process_time() - begun < 1


def test_versions_too_long_to_compare_say_how_long_they_are() -> None:
    told = list(compared(["a"] * 5_000, ["b"] * 6_000))

    assert told == [" The versions are too long to compare line by line: 5,000 lines then, 6,000 lines now."]


def test_a_change_in_a_long_version_is_found_with_its_line() -> None:
    one = [str(at) for at in range(5_000)]
    other = [*one[:4_000], "new", *one[4_000:]]

    assert list(compared(one, other)) == ["@@ -3998,6 +3998,7 @@", " 3997", " 3998", " 3999", "+new", " 4000", " 4001", " 4002"]


def test_an_input_that_is_too_long_is_refused_by_its_name() -> None:
    with pytest.raises(InvalidError) as refused:
        start_run(make_workflow({"key": "one", "prompt": "{{ input.a }}"}), a="x" * 20_001)

    assert list(refused.value.fields) == ["inputs.a"]


@pytest.mark.django_db(transaction=True)
def test_a_prompt_that_grows_too_long_fails_its_step(model: Use, drain: Drain) -> None:
    model(by_prompt({}))
    run = start_run(make_workflow({"key": "one", "prompt": "{{ input.a }}" * 150}), a="x" * 20_000)

    drain()

    run.refresh_from_db()
    assert run.error.startswith("Step “one” failed: Its prompt would be 3,000,000 characters long")


@pytest.mark.parametrize(
    ("steps", "place"),
    [
        ([{"key": "a"}, {"key": "b", "after": ["a"] * 300_000}], "steps[1].after"),
        ([{"key": "a"}, {"key": "b", "after": ["a", "a"]}], "steps[1].after"),
        ([{"key": "a"}, {"key": "b", "when": {"step": "a", "op": "empty"}}], "steps[1].when.step"),
        ([{"key": "a", "prompt": "{{ round }}" * 201}], "steps[0].prompt"),
    ],
)
def test_too_much_or_too_little_to_wait_for_is_a_mistake(steps: list[dict[str, Any]], place: str) -> None:
    with pytest.raises(InvalidError) as refused:
        make_workflow(*steps)

    assert list(refused.value.fields) == [place]


@pytest.mark.parametrize("arguments", ['{"url": NaN}', '{"url": 1e999}', '{"url": "\\u0000"}', '{"url": "\\ud800"}'])
def test_arguments_that_cannot_be_stored_are_refused(client: Client, arguments: str) -> None:
    asked = make_question(make_conversation(), kind="approval", tool="fetch_url", arguments={"url": "x"}, decisions=["approve", "deny"])
    client.force_login(asked.run.owner)

    client.post(f"/questions/{asked.pk}/answer/", {"decision": "approve", "arguments": arguments})

    asked.refresh_from_db()
    assert asked.status == HelpStatus.OPEN


@pytest.mark.parametrize("text", ["a\\u0000b", "\\ud800"])
def test_a_definition_that_cannot_be_stored_is_refused_at_its_place(client: Client, text: str) -> None:
    agent = make_agent()
    client.force_login(make_user())
    pasted = f'{{"name": "Pasted", "steps": [{{"key": "write", "agent": "{agent}", "prompt": "{text}"}}]}}'

    answer = client.post("/workflows/new/", {"json": pasted})

    assert "steps[0].prompt</strong>: Character" in answer.content.decode()


def test_inputs_that_cannot_be_stored_are_refused() -> None:
    with pytest.raises(InvalidError, match="cannot be stored"):
        start_run(make_workflow({"key": "one"}), topic="a\udcffb")


def test_nul_is_no_name() -> None:
    with pytest.raises(MissingError):
        references.agent(make_user(), "\0")


def test_a_list_of_runs_has_only_the_beginnings_of_texts(client: Client) -> None:
    run = start_run(make_workflow({"key": "one"}))
    StepRun.objects.create(run=run, key="one", prompt="p" * 9_000, output="x" * 9_000)
    client.force_login(run.owner)

    listed, alone = client.get("/api/runs").json()["items"][0], client.get(f"/api/runs/{run.pk}").json()

    assert {len(listed["steps"][0][name]) for name in ("prompt", "output")} == {2_001}
    assert len(alone["steps"][0]["output"]) == 9_000


def test_a_page_is_kept_for_its_reader_alone(client: Client) -> None:
    client.force_login(make_user())

    assert client.get("/workflows/")["Cache-Control"] == "private, no-cache"
