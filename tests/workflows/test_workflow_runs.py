"""Runs of workflows through the whole engine, with a scripted model."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pydantic_ai.models import Model

from chat.models import Message
from tests.factories import make_agent, make_turn, make_user, make_workflow, start_run
from tests.fakes.script import Reply, by_prompt, last_prompt, last_result
from tests.workflows import toolbox
from workflows import beginnings, editing, engine
from workflows.errors import NotAllowedError
from workflows.llm import offline
from workflows.llm.errors import ModelError
from workflows.models import Agent, HelpRequest, Run, RunStatus, StepRun, StepStatus, ToolCall, Trigger

pytestmark = pytest.mark.wide

Use = Callable[[Model], Model]
Drain = Callable[[], None]


ASK = "request_user_help"


def ask(question: str = "A or B?") -> list[tuple[str, str, str]]:
    """A reply that asks the owner."""
    return [("request_user_help", json.dumps({"kind": "question", "question": question}), "help1")]


def broken() -> ModelError:
    """What a model raises that cannot be had at all."""
    return ModelError("The key is wrong.", retryable=False, retry_after=None)


def outputs(run: Run) -> dict[str, Any]:
    """What the steps gave, by key."""
    return {step.key: (step.output or "").strip() for step in run.steps.order_by("round")}


def answer(run: Run, text: str, nth: int = 0) -> HelpRequest:
    """The owner answers an open question of the run."""
    request = HelpRequest.objects.open().filter(run=run)[nth]
    return engine.respond(request, by=run.owner, via=Message.Via.WEB, response=text)


def test_a_chain_hands_each_output_on(model: Use, drain: Drain) -> None:
    model(by_prompt({"Improve": [lambda messages: f"better than {last_prompt(messages)}"], "Write": ["a draft"]}))
    workflow = make_workflow(
        {"key": "write", "prompt": "Write about {{ input.topic }}"},
        {"key": "improve", "prompt": "Improve {{ steps.write.output }}", "after": ["write"]},
    )
    run = start_run(workflow, topic="tea")

    drain()

    run.refresh_from_db()
    assert (run.status, str(run.output).strip()) == (RunStatus.SUCCEEDED, "better than Improve a draft")


def test_the_report_tells_the_result_in_the_conversation(model: Use, drain: Drain) -> None:
    model(by_prompt({"one": ["the result"]}))
    run = start_run(make_workflow({"key": "one"}))

    drain()

    said = Message.objects.get(conversation=run.conversation_id, kind=Message.Kind.MESSAGE)
    assert "the result" in said.text
    assert said.run_id == run.pk


def test_a_question_parks_the_run_and_its_answer_is_what_the_call_gives(model: Use, drain: Drain) -> None:
    script: Any = model(by_prompt({"choose": [ask(), lambda messages: f"chosen {last_result(messages)}"], "before": ["done"]}))
    run = start_run(make_workflow({"key": "before"}, {"key": "choose", "after": ["before"]}))
    drain()
    assert Run.objects.get(pk=run.pk).status == RunStatus.WAITING_FOR_USER

    answer(run, "A")
    drain()

    run.refresh_from_db()
    assert (run.status, str(run.output).strip()) == (RunStatus.SUCCEEDED, "chosen A")
    assert script.calls == ["before", "choose", "choose"]


def test_other_branches_go_on_while_one_asks(model: Use, drain: Drain) -> None:
    model(by_prompt({"left": [ask(), "answered"], "right": ["went on"]}))
    run = start_run(make_workflow({"key": "left"}, {"key": "right"}))

    drain()

    assert outputs(run) == {"left": "", "right": "went on"}


def test_two_questions_of_two_steps_are_answered_one_after_the_other(model: Use, drain: Drain) -> None:
    script: Any = model(by_prompt({"left": [ask("left?"), last_result], "right": [ask("right?"), last_result]}))
    run = start_run(make_workflow({"key": "left"}, {"key": "right"}))
    drain()

    for _ in range(2):
        request = answer(run, "x")
        HelpRequest.objects.filter(pk=request.pk).update(response=request.question)
        drain()

    run.refresh_from_db()
    assert run.status == RunStatus.SUCCEEDED
    assert len(script.calls) == 4


def test_a_failed_step_fails_the_run_and_names_itself(model: Use, drain: Drain) -> None:
    model(by_prompt({"one": [broken()], "two": ["fine"]}))
    run = start_run(make_workflow({"key": "one"}, {"key": "two", "after": ["one"]}))

    drain()

    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert run.error.startswith("Step “one” failed")


def test_a_retry_keeps_what_was_finished(model: Use, drain: Drain) -> None:
    fates: Iterator[Reply] = iter([broken(), "mended"])
    script: Any = model(by_prompt({"first": ["done"], "second": [lambda _: next(fates)]}))
    run = start_run(make_workflow({"key": "first"}, {"key": "second", "after": ["first"]}))
    drain()

    again = engine.retry(Run.objects.get(pk=run.pk), by=run.owner)
    drain()

    again.refresh_from_db()
    assert (again.status, str(again.output).strip()) == (RunStatus.SUCCEEDED, "mended")
    assert script.calls == ["first", "second", "second"]


def test_a_cancelled_run_ends_its_steps(model: Use, drain: Drain) -> None:
    model(by_prompt({"one": [ask()]}))
    run = start_run(make_workflow({"key": "one"}))
    drain()

    engine.cancel(run, by=run.owner)

    assert list(StepRun.objects.filter(run=run).values_list("status", flat=True)) == [StepStatus.CANCELLED]


def test_a_tool_is_called_once_though_its_step_waits_later(model: Use, drain: Drain) -> None:
    model(by_prompt({"work": [[("look", '{"what": "grass"}', "c1")], ask(), "done"]}))
    run = start_run(make_workflow({"key": "work"}))
    drain()

    answer(run, "A")
    drain()

    assert toolbox.calls == [("look", "grass")]


@pytest.mark.parametrize(("limit", "most"), [(1, 1), (2, 2)])
def test_no_more_runs_of_a_workflow_work_at_a_time_than_it_allows(transactional_db: None, limit: int, most: int) -> None:
    from workflows import queue

    workflow = make_workflow({"key": "one"}, max_concurrent=limit)
    for _ in range(3):
        start_run(workflow)

    assert len(queue.claim("here:1:a", 10, busy=False)) == most
    assert len(queue.claim("here:1:a", 10, busy=True)) == 0


def test_a_question_that_nobody_answers_goes_on_with_its_default(model: Use, drain: Drain) -> None:
    help_in_an_hour = json.dumps({"kind": "question", "question": "A or B?", "answer_within_hours": 1, "default": "B"})
    model(by_prompt({"choose": [[("request_user_help", help_in_an_hour, "c1")], last_result]}))
    run = start_run(make_workflow({"key": "choose"}))
    drain()

    HelpRequest.objects.update(expires_at=timezone.now())
    engine.sweep()
    drain()

    run.refresh_from_db()
    assert (run.status, str(run.output).strip()) == (RunStatus.SUCCEEDED, "B")


def test_a_question_that_nobody_answers_fails_its_step(model: Use, drain: Drain) -> None:
    model(by_prompt({"choose": [ask(), "never"]}))
    run = start_run(make_workflow({"key": "choose"}))
    drain()

    HelpRequest.objects.update(expires_at=timezone.now())
    engine.sweep()
    drain()

    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert "Nobody answered in time" in run.error


def test_a_person_is_reminded_once(model: Use, drain: Drain) -> None:
    model(by_prompt({"choose": [ask(), "never"]}))
    run = start_run(make_workflow({"key": "choose"}))
    drain()
    HelpRequest.objects.update(asked_at=timezone.now() - timedelta(hours=25))

    engine.sweep()
    engine.sweep()

    reminders = Message.objects.filter(conversation=run.conversation_id, kind=Message.Kind.MESSAGE)
    assert [message.reply_to for message in reminders] == [HelpRequest.objects.get().message_seq]


def test_the_turn_that_started_a_run_hears_of_its_end(model: Use, drain: Drain) -> None:
    agent = Agent.objects.filter(is_default=True).first() or make_agent(is_default=True)
    model(by_prompt({"which you started": [str], "work": ["the result"]}))
    turn = make_turn(text="start it")
    Run.objects.filter(pk=turn.pk).update(status=RunStatus.SUCCEEDED)
    workflow = make_workflow({"key": "work"}, owner=turn.owner)

    engine.execute(workflow, by=turn.owner, trigger=Trigger.TOOL, conversation=turn.conversation, parent=turn)
    drain()

    heard = Run.objects.get(trigger=Trigger.TOOL, lane="turn")
    assert (heard.agent_id, heard.status) == (agent.pk, RunStatus.SUCCEEDED)
    assert "the result" in str(heard.output)


def test_the_offline_model_does_not_say_once_more_that_a_report_is_there(drain: Drain) -> None:
    turn = make_turn(text="start it")
    Run.objects.filter(pk=turn.pk).update(status=RunStatus.SUCCEEDED)
    workflow = make_workflow({"key": "work", "prompt": "Echo: the result"}, owner=turn.owner)

    run = engine.execute(workflow, by=turn.owner, trigger=Trigger.TOOL, conversation=turn.conversation, parent=turn)
    drain()

    run.refresh_from_db()
    assert run.status == RunStatus.SUCCEEDED
    assert not Run.objects.filter(parent=run).exists()


def test_runs_start_runs_only_so_deep(transactional_db: None) -> None:
    workflow = make_workflow({"key": "work"})
    run = start_run(workflow)
    for _ in range(beginnings.MAX_DEPTH - 1):
        run = engine.execute(workflow, by=workflow.owner, trigger=Trigger.TOOL, parent=run)

    deepest = engine.execute(workflow, by=workflow.owner, trigger=Trigger.TOOL, parent=run)

    with pytest.raises(NotAllowedError):
        engine.execute(workflow, by=workflow.owner, trigger=Trigger.TOOL, parent=deepest)


def test_a_step_whose_model_cannot_be_had_is_tried_again_later(model: Use, drain: Drain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.drive.MAX_TRIES", 1)
    away = ModelError("The provider is down.", retryable=True, retry_after=None)
    fates: Iterator[Reply] = iter([away, "back again"])
    model(by_prompt({"one": [lambda _: next(fates)], "two": ["went on"]}))
    run = start_run(make_workflow({"key": "one"}, {"key": "two"}))
    drain()
    waiting = Run.objects.get(pk=run.pk)
    assert waiting.status == RunStatus.QUEUED
    assert waiting.not_before
    assert outputs(run)["two"] == "went on"

    Run.objects.update(not_before=None)
    drain()

    run.refresh_from_db()
    assert outputs(run)["one"] == "back again"
    assert run.status == RunStatus.SUCCEEDED


def test_a_model_that_stays_away_for_six_hours_fails_the_run(model: Use, drain: Drain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.drive.MAX_TRIES", 1)
    model(by_prompt({"one": [ModelError("The provider is down.", retryable=True, retry_after=None)]}))
    run = start_run(make_workflow({"key": "one"}))
    drain()

    StepRun.objects.update(troubled_since=timezone.now() - timedelta(hours=7))
    Run.objects.update(not_before=None)
    drain()

    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert "The provider is down. It was tried again for 6 hours." in run.error


def test_a_run_keeps_to_the_agents_it_began_with(model: Use, drain: Drain) -> None:
    script: Any = model(by_prompt({"one": [ask(), "done"]}))
    workflow = make_workflow({"key": "one"})
    agent = workflow.steps.get().agent
    run = start_run(workflow)
    drain()

    change = editing.AgentDefinition.of(agent).model_copy(update={"instructions": "Be rude.", "tools": ["recall"]})
    editing.save_agent(change, owner=workflow.owner, by=workflow.owner, agent=agent)
    answer(run, "A")
    drain()

    told = script.infos[-1]
    assert "Be rude." not in str(told.instructions)
    # What it may do no more counts at once.
    assert [tool.name for tool in told.function_tools] == ["recall"]


def test_a_turn_keeps_to_the_agent_it_began_with_and_a_retry_takes_the_one_of_today(model: Use, drain: Drain) -> None:
    agent = make_agent(is_default=True, instructions="Speak as before.")
    script: Any = model(by_prompt({"hello": [[("ask_user", '{"question": "A or B?"}', "c1")], broken()]}))
    run = make_turn()
    drain()
    changed = editing.AgentDefinition.of(agent).model_copy(update={"instructions": "Speak otherwise.", "name": "other"})
    editing.save_agent(changed, owner=None, by=make_user(is_superuser=True), agent=agent)

    answer(run, "A")
    drain()
    engine.retry(Run.objects.get(pk=run.pk), by=run.owner)
    drain()

    told = [str(info.instructions).split("\n")[0] for info in script.infos]
    assert told == ["Speak as before.", "Speak as before.", "Speak otherwise."]


def test_a_retry_of_a_run_takes_the_agents_of_today(model: Use, drain: Drain) -> None:
    workflow = make_workflow({"key": "write"})
    agent = Agent.objects.get(owner=workflow.owner)
    script: Any = model(by_prompt({"write": [broken()]}))
    run = start_run(workflow)
    drain()
    editing.save_agent(
        editing.AgentDefinition.of(agent).model_copy(update={"instructions": "Mended."}), owner=agent.owner, by=workflow.owner, agent=agent
    )

    engine.retry(Run.objects.get(pk=run.pk), by=run.owner)
    drain()

    assert str(script.infos[-1].instructions).startswith("Mended.")


def test_a_retry_leaves_out_what_was_left_out(model: Use, drain: Drain) -> None:
    fates: Iterator[Reply] = iter([broken(), "mended"])
    model(by_prompt({"judge": ["no"], "last": [lambda _: next(fates)]}))
    steps = (
        {"key": "judge"},
        {"key": "extra", "after": ["judge"], "when": {"step": "judge", "op": "contains", "value": "yes"}},
        {"key": "last", "after": ["judge", "extra"]},
    )
    run = start_run(make_workflow(*steps))
    drain()

    again = engine.retry(Run.objects.get(pk=run.pk), by=run.owner)
    drain()

    again.refresh_from_db()
    assert (again.status, str(again.output).strip()) == (RunStatus.SUCCEEDED, "mended")


def test_a_run_does_not_wait_for_an_answer_that_could_change_nothing(model: Use, drain: Drain) -> None:
    model(by_prompt({"asks": [ask()], "fails": [broken()]}))
    run = start_run(make_workflow({"key": "asks"}, {"key": "fails"}))

    drain()

    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert not HelpRequest.objects.open().exists()


def test_a_step_that_failed_for_want_of_one_answer_does_not_wait_for_another(model: Use, drain: Drain) -> None:
    two = [(name, json.dumps({"kind": "question", "question": f"{key}?"}), key) for key, name in (("q1", ASK), ("q2", ASK))]
    model(by_prompt({"one": [two, "never"]}))
    run = start_run(make_workflow({"key": "one"}))
    drain()

    HelpRequest.objects.filter(call_id="q1").update(expires_at=timezone.now())
    engine.sweep()
    drain()

    run.refresh_from_db()
    assert run.status == RunStatus.FAILED


def test_an_answer_need_not_wait_for_the_model_of_another_branch(model: Use, drain: Drain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.drive.MAX_TRIES", 1)
    away = ModelError("The provider is down.", retryable=True, retry_after=None)
    model(by_prompt({"asks": [ask(), last_result], "troubled": [away]}))
    run = start_run(make_workflow({"key": "asks"}, {"key": "troubled"}))
    drain()

    answer(run, "A")
    drain()

    assert outputs(run)["asks"] == "A"


def test_hours_without_electricity_are_no_tries(model: Use, drain: Drain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.drive.MAX_TRIES", 1)
    model(by_prompt({"one": [ModelError("The provider is down.", retryable=True, retry_after=None)]}))
    run = start_run(make_workflow({"key": "one"}))
    drain()

    StepRun.objects.update(troubled_since=timezone.now() - timedelta(hours=7))
    Run.objects.update(not_before=timezone.now() - timedelta(hours=6))
    drain()

    assert Run.objects.get(pk=run.pk).status == RunStatus.QUEUED


def test_without_a_model_a_tool_that_fails_makes_its_step_fail_and_another_try_calls_it_anew(model: Use, drain: Drain) -> None:
    model(offline.model())
    workflow = make_workflow({"key": "tell", "prompt": "what time is it in Atlantis"})
    run = start_run(workflow)

    drain()
    again = engine.retry(run, by=run.owner)
    drain()

    run.refresh_from_db()
    assert (run.status, run.error.partition(":")[0]) == (RunStatus.FAILED, "Step “tell” failed")
    assert [call.state for call in ToolCall.objects.filter(step_run__run=again)] == ["failed", "failed"]
