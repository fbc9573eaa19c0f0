"""Caps: who reached one asks its owner, parks, and goes on from the same point."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pydantic_ai.models import Model
from pytest_django import Settings

from chat.models import Message
from tests.factories import make_agent, make_conversation, make_run, make_turn, make_user, make_workflow, start_run
from tests.fakes.script import by_prompt, scripted
from tests.workflows import toolbox
from workflows import endings, engine, journal
from workflows.limits import Limits, Used
from workflows.llm.types import Usage
from workflows.models import Agent, HelpRequest, HelpStatus, Lane, Run, RunStatus, Spending, StepRun, Trigger

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]

Use = Callable[[Model], Model]
Drain = Callable[[], None]


def looking(times: int) -> list[Any]:
    """Replies that look at something else each time, and then an answer."""
    return [*([("look", f'{{"what": "thing {number}"}}', "c1")] for number in range(times)), "done"]


def assistant(**limits: float) -> Agent:
    agent = Agent.objects.filter(is_default=True).first() or make_agent(is_default=True)
    Agent.objects.filter(pk=agent.pk).update(limits=limits)
    return agent


def decide(decision: str) -> HelpRequest:
    """The owner's answer to the only open question."""
    request = HelpRequest.objects.open().get()
    return engine.respond(request, by=request.run.owner, via=Message.Via.WEB, decision=decision)


@pytest.fixture
def priced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reply costs ten cents."""
    spent = journal.spent

    def costly(usage: Usage) -> dict[str, Any]:
        return spent(replace(usage, cost=Decimal("0.1")))

    monkeypatch.setattr(journal, "spent", costly)
    monkeypatch.setattr(endings, "spent", costly)


def end(run: Run) -> tuple[str, str]:
    run.refresh_from_db()
    return run.status, str(run.output).strip()


def test_a_run_at_its_cap_asks_with_what_it_used_and_to_what_it_would_be_raised(model: Use, drain: Drain, settings: Settings) -> None:
    settings.AGENTRON_CAP_REPLIES = 2
    assistant()
    model(scripted(*looking(5)))
    run = make_turn()

    drain()

    request = HelpRequest.objects.get()
    assert request.question == (
        "This run, with all that came of it, has taken 2 replies of the model; the cap is 2. Raise it by 2, to 4, or stop this run?"
    )
    assert (request.kind, request.decisions, end(run)[0]) == ("confirmation", ["raise", "stop"], RunStatus.WAITING_FOR_USER)


def test_raise_goes_on_from_the_very_point_and_asks_again_at_the_next_cap(model: Use, drain: Drain, settings: Settings) -> None:
    settings.AGENTRON_CAP_REPLIES = 2
    assistant()
    script: Any = model(scripted(*looking(4)))
    run = make_turn()
    drain()

    decide("raise")
    drain()
    decide("raise")
    drain()

    assert end(run) == (RunStatus.SUCCEEDED, "done")
    assert (script.calls, len(toolbox.calls)) == (5, 4)


@pytest.mark.parametrize("decision", ["stop", "decline"])
def test_stop_cancels_the_run(decision: str, model: Use, drain: Drain, settings: Settings) -> None:
    settings.AGENTRON_CAP_CALLS = 1
    assistant()
    script: Any = model(scripted(*looking(4)))
    run = make_turn()
    drain()

    decide(decision)
    drain()

    assert (end(run)[0], script.calls) == (RunStatus.CANCELLED, 1)


@pytest.mark.parametrize(
    ("limits", "cap"),
    [({"steps": 1}, "step.replies"), ({"tokens": 10}, "step.tokens"), ({"calls": 1}, "step.calls"), ({"dollars": 0.05}, "step.dollars")],
)
def test_an_agents_own_limits_ask_too(limits: dict[str, float], cap: str, model: Use, drain: Drain, priced: None) -> None:
    assistant(**limits)
    model(scripted(*looking(1)))
    run = make_turn()
    drain()
    assert (HelpRequest.objects.get().arguments or {})["cap"] == cap

    decide("raise")
    drain()

    assert end(run) == (RunStatus.SUCCEEDED, "done")


def test_a_workflows_budget_holds_for_each_of_its_runs(model: Use, drain: Drain, priced: None) -> None:
    model(by_prompt({"one": looking(2)}))
    workflow = make_workflow({"key": "one"}, budget={"dollars": 0.15}, max_concurrent=2)
    first, second = start_run(workflow), start_run(workflow)
    drain()
    questions = {request.run_id: request for request in HelpRequest.objects.open()}
    assert questions.keys() == {first.pk, second.pk}
    assert questions[first.pk].question.startswith("This run, with the runs that it started, has cost $0.20; the cap is $0.15.")

    engine.respond(questions[first.pk], by=first.owner, via=Message.Via.WEB, decision="raise")
    engine.sweep()
    drain()

    assert (end(first)[0], end(second)[0]) == (RunStatus.SUCCEEDED, RunStatus.WAITING_FOR_USER)


def test_what_a_run_starts_counts_against_its_budget_and_not_what_began_it(model: Use, drain: Drain) -> None:
    model(by_prompt({"one": ["done"], "two": ["done"]}))
    turn = make_turn()
    Run.objects.filter(pk=turn.pk).update(status=RunStatus.SUCCEEDED, input_tokens=10_000)
    outer = make_workflow({"key": "one"}, owner=turn.owner, budget={"tokens": 1000})
    inner = make_workflow({"key": "two"}, owner=turn.owner)
    begun = engine.execute(outer, by=turn.owner, trigger=Trigger.TOOL, parent=turn)
    Run.objects.filter(pk=begun.pk).update(status=RunStatus.SUCCEEDED, input_tokens=600)
    first = engine.execute(inner, by=turn.owner, trigger=Trigger.TOOL, parent=begun)
    drain()
    assert end(first)[0] == RunStatus.SUCCEEDED
    Run.objects.filter(pk=first.pk).update(input_tokens=400)

    second = engine.execute(inner, by=turn.owner, trigger=Trigger.TOOL, parent=first)
    drain()

    assert end(second)[0] == RunStatus.WAITING_FOR_USER
    assert "with the runs that it started, has used 1,0" in HelpRequest.objects.get().question


def test_a_step_at_its_limit_does_not_hold_the_others_up(model: Use, drain: Drain) -> None:
    model(by_prompt({"busy": looking(1), "quick": ["done"]}))
    owner = make_user()
    busy = make_agent(owner=owner, limits={"steps": 1})
    run = start_run(make_workflow({"key": "busy", "agent": busy.name}, {"key": "quick"}, owner=owner))
    drain()
    assert dict(StepRun.objects.values_list("key", "status")) == {"busy": "waiting", "quick": "succeeded"}

    decide("raise")
    drain()

    assert end(run)[0] == RunStatus.SUCCEEDED


def test_a_retried_run_keeps_what_was_raised(model: Use, drain: Drain) -> None:
    assistant(steps=1)
    model(scripted(*looking(1), RuntimeError()))
    run = make_turn()
    drain()
    decide("raise")
    engine.cancel(run, by=run.owner)

    again = engine.retry(Run.objects.get(pk=run.pk), by=run.owner)
    drain()

    assert end(again) == (RunStatus.SUCCEEDED, "done")


def test_what_sub_runs_use_counts_against_their_origin(model: Use, drain: Drain, settings: Settings) -> None:
    settings.AGENTRON_CAP_TOKENS = 1000
    model(by_prompt({"one": ["done"]}))
    workflow = make_workflow({"key": "one"})
    origin = start_run(workflow)
    Run.objects.filter(pk=origin.pk).update(status=RunStatus.SUCCEEDED, input_tokens=600)
    brother = engine.execute(workflow, by=workflow.owner, trigger=Trigger.TOOL, parent=origin)
    Run.objects.filter(pk=brother.pk).update(status=RunStatus.SUCCEEDED, input_tokens=500)

    engine.execute(workflow, by=workflow.owner, trigger=Trigger.TOOL, parent=brother)
    drain()

    assert (HelpRequest.objects.get().arguments or {})["used"] == 1100


def test_what_an_agent_tries_again_counts_against_its_run(model: Use, drain: Drain) -> None:
    assistant()
    began = make_run(make_conversation(), status=RunStatus.FAILED, lane=Lane.RUN)
    model(scripted([("retry_run", f'{{"run": "{began.pk}"}}', "c1")], "done"))
    turn = make_turn(make_conversation(began.owner))

    drain()

    assert Run.objects.get(retry_of=began).origin == turn


def test_a_day_has_a_cap_of_its_own(model: Use, drain: Drain, settings: Settings) -> None:
    settings.AGENTRON_CAP_DAY_TOKENS = 10
    assistant()
    model(scripted("done"))
    first = make_turn()
    drain()
    assert Spending.objects.get(owner=first.owner).tokens > 10

    second = make_turn(first.conversation)
    drain()

    assert (end(first)[0], end(second)[0]) == (RunStatus.SUCCEEDED, RunStatus.WAITING_FOR_USER)
    assert "Your runs have today used" in HelpRequest.objects.get().question


def test_a_day_without_an_answer_goes_on_when_the_next_begins(model: Use, drain: Drain, settings: Settings) -> None:
    settings.AGENTRON_CAP_DAY_DOLLARS = 1
    assistant()
    model(scripted("done"))
    run = make_turn()
    Spending.objects.create(owner=run.owner, day=timezone.now().date(), cost=Decimal(2))
    drain()

    Spending.objects.update(day=timezone.now().date() - timedelta(days=1))
    HelpRequest.objects.update(expires_at=timezone.now())
    engine.sweep()
    drain()

    assert (end(run)[0], HelpRequest.objects.get().status) == (RunStatus.SUCCEEDED, HelpStatus.EXPIRED)


def test_one_answer_is_enough_for_all_that_reached_the_same_cap(model: Use, drain: Drain, settings: Settings) -> None:
    settings.AGENTRON_CAP_REPLIES = 1
    model(by_prompt({"one": looking(1), "two": looking(1)}))
    run = start_run(make_workflow({"key": "one"}, {"key": "two"}))
    drain()
    first, second = HelpRequest.objects.open()

    engine.respond(first, by=run.owner, via=Message.Via.WEB, decision="raise")
    engine.sweep()

    second.refresh_from_db()
    assert (second.decision, second.answered_by) == ("raise", run.owner)


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Time is over in the middle of the first tool call."""

    async def hang(*_: object) -> None:
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr("workflows.calls.Calls.really_make", hang)
        yield


def test_a_run_over_its_time_asks_and_says_what_it_waited_for(model: Use, drain: Drain, settings: Settings, hanging: None) -> None:
    settings.AGENTRON_CAP_SECONDS = 100
    assistant()
    model(scripted(*looking(1)))
    make_turn()

    drain()

    request = HelpRequest.objects.get()
    assert "has taken 100 seconds; the cap is 100 seconds" in request.question
    assert request.question.endswith("It was waiting for “look”.")


def test_a_step_over_its_agents_time_fails_with_what_it_waited_for(model: Use, drain: Drain, hanging: None) -> None:
    model(by_prompt({"one": looking(1)}))
    run = start_run(make_workflow({"key": "one"}))

    drain()

    run.refresh_from_db()
    assert run.error == "Step “one” failed: It took longer than 900 seconds, the limit of its agent. It was waiting for “look”."


def test_a_run_that_had_more_time_given_goes_on(model: Use, drain: Drain, settings: Settings) -> None:
    settings.AGENTRON_CAP_SECONDS = 100
    assistant()
    model(scripted("done"))
    run = make_turn()
    Run.objects.filter(pk=run.pk).update(worked=timedelta(seconds=150))
    drain()

    decide("raise")
    drain()

    assert end(run) == (RunStatus.SUCCEEDED, "done")


def test_time_that_a_person_takes_to_answer_does_not_count(model: Use, drain: Drain, settings: Settings) -> None:
    assistant()
    model(scripted([("inquire", '{"question": "A or B?"}', "c1")], "done"))
    run = make_turn()
    drain()
    parked = Run.objects.get(pk=run.pk)

    assert timedelta(0) < parked.worked < timedelta(seconds=30)
    assert parked.claimed_at


def test_caps_are_looked_up_once_a_call_of_the_model_and_not_before_a_turns_first(
    model: Use, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    spent = Limits.spent

    def counted(limits: Limits) -> Used:
        with CaptureQueriesContext(connection) as found:
            used = spent(limits)
        looked.append(len(found))
        return used

    monkeypatch.setattr(Limits, "spent", counted)
    assistant()
    model(scripted(*looking(3)))
    make_turn()

    drain()

    assert looked == [1, 1, 1]


def test_without_caps_nothing_is_looked_up(model: Use, drain: Drain, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REPLIES", "CALLS", "TOKENS", "DOLLARS", "SECONDS"):
        setattr(settings, f"AGENTRON_CAP_{name}", 0)
    monkeypatch.setattr(Limits, "spent", None)
    assistant()
    model(scripted(*looking(3)))
    run = make_turn()

    drain()

    assert end(run)[0] == RunStatus.SUCCEEDED
