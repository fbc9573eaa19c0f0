"""Calls that need the owner's leave: asked about, bound to their arguments, made once or not at all."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from pydantic_ai.models import Model

from chat.models import Message
from tests.factories import make_agent, make_turn
from tests.fakes.script import last_result, scripted
from tests.workflows import toolbox
from workflows import engine, journal
from workflows.errors import ConflictError, InvalidError, LostError
from workflows.ledger import end_run
from workflows.llm.types import Call
from workflows.models import Agent, Effect, HelpRequest, Run, RunStatus, ToolCall

pytestmark = pytest.mark.django_db(transaction=True)

Use = Callable[[Model], Model]
Drain = Callable[[], None]
SEND = [("send", '{"what": "a letter"}', "c1")]


def assistant() -> Agent:
    return Agent.objects.filter(is_default=True).first() or make_agent(is_default=True)


@pytest.fixture
def asked(model: Use, drain: Drain) -> HelpRequest:
    """The question of a turn that wants to send a letter."""
    assistant()
    model(scripted(SEND, last_result))
    make_turn()
    drain()
    return HelpRequest.objects.get()


def respond(request: HelpRequest, decision: str, **more: Any) -> HelpRequest:
    return engine.respond(request, by=request.run.owner, via=Message.Via.WEB, decision=decision, **more)


def end(request: HelpRequest, drain: Drain) -> tuple[str, str]:
    """The status and output of the run once it has gone on."""
    drain()
    run = Run.objects.get(pk=request.run_id)
    return run.status, str(run.output).strip()


def test_a_call_that_acts_outside_is_not_made_without_leave(asked: HelpRequest) -> None:
    assert (asked.kind, asked.arguments, asked.decisions) == ("approval", {"what": "a letter"}, ["approve", "deny"])
    assert toolbox.calls == []


def test_an_approved_call_is_made_once(asked: HelpRequest, drain: Drain) -> None:
    respond(asked, "approve", args_hash=asked.args_hash)

    assert end(asked, drain) == (RunStatus.SUCCEEDED, "sent a letter")
    assert toolbox.calls == [("send", "a letter")]


def test_a_denied_call_is_not_made_and_the_model_is_told_why(asked: HelpRequest, drain: Drain) -> None:
    respond(asked, "deny", response="Not on Sundays.")

    assert "Not on Sundays." in end(asked, drain)[1]
    assert toolbox.calls == []


def test_an_approval_may_change_the_arguments(asked: HelpRequest, drain: Drain) -> None:
    respond(asked, "approve", arguments={"what": "a card"})

    assert end(asked, drain) == (RunStatus.SUCCEEDED, "sent a card")
    assert ToolCall.objects.get().arguments == {"what": "a card"}


def test_changed_arguments_must_fit_the_tool(asked: HelpRequest) -> None:
    with pytest.raises(InvalidError) as caught:
        respond(asked, "approve", arguments={"whom": "Ann"})

    assert "arguments.what" in caught.value.fields
    assert HelpRequest.objects.get().status == "open"


def test_an_approval_of_other_arguments_is_refused(asked: HelpRequest) -> None:
    with pytest.raises(ConflictError):
        respond(asked, "approve", args_hash="0" * 64)


def test_plain_text_never_approves(asked: HelpRequest) -> None:
    with pytest.raises(InvalidError):
        engine.respond(asked, by=asked.run.owner, via=Message.Via.WEB, response="thanks")


def test_a_worker_that_died_while_it_made_an_approved_call_leaves_a_question(
    asked: HelpRequest, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    respond(asked, "approve")

    async def die(*_: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr("workflows.calls.Calls.make", die)
        drain()
    Run.objects.update(status=RunStatus.QUEUED, leased_by="")
    drain()

    assert set(HelpRequest.objects.values_list("decision", "status")) == {("approve", "answered"), ("", "open")}
    assert "may have happened" in HelpRequest.objects.get(status="open").question
    assert toolbox.calls == []


def test_a_policy_denies_a_call_without_asking(model: Use, drain: Drain) -> None:
    Agent.objects.filter(pk=assistant().pk).update(tool_policy={"send": "deny"})
    model(scripted(SEND, last_result))
    run = make_turn()

    drain()

    run.refresh_from_db()
    assert "policy denies it" in str(run.output)
    assert not HelpRequest.objects.exists()


def test_leave_is_used_up_by_one_call(asked: HelpRequest) -> None:
    respond(asked, "approve")
    Run.objects.update(status=RunStatus.RUNNING, fence=1)
    hold = journal.Hold(asked.run_id, 1, asked.run.conversation_id, asked.step_run_id, "turn")
    call = Call(asked.reply, asked.call_id, "send", {"what": "a letter"})
    journal.use_leave(hold, call, Effect.ONCE)

    with pytest.raises(LostError):
        journal.use_leave(hold, call, Effect.ONCE)


def test_a_retry_asks_whether_an_approved_call_that_was_cut_off_has_happened(
    asked: HelpRequest, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    respond(asked, "approve")
    Run.objects.update(status=RunStatus.RUNNING, fence=1)
    hold = journal.Hold(asked.run_id, 1, asked.run.conversation_id, asked.step_run_id, "turn")
    journal.use_leave(hold, Call(asked.reply, asked.call_id, "send", {"what": "a letter"}), Effect.ONCE)
    end_run(asked.run_id, RunStatus.CANCELLED)

    engine.retry(Run.objects.get(pk=asked.run_id), by=asked.run.owner)
    drain()

    assert "may have happened" in HelpRequest.objects.get(status="open").question


def test_leave_that_was_not_used_is_asked_for_anew_when_a_cancelled_run_is_tried_again(asked: HelpRequest, drain: Drain) -> None:
    respond(asked, "approve")
    engine.cancel(Run.objects.get(pk=asked.run_id), by=asked.run.owner)

    again = engine.retry(Run.objects.get(pk=asked.run_id), by=asked.run.owner)
    drain()

    anew = HelpRequest.objects.open().get(run=again)
    assert (anew.kind, anew.arguments, toolbox.calls) == ("approval", asked.arguments, [])
    respond(anew, "approve")
    assert end(anew, drain) == (RunStatus.SUCCEEDED, "sent a letter")
