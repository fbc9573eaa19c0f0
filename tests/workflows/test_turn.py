"""A turn from the message to the answer, in one process with a scripted model."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pydantic_ai.models import Model

from chat.models import Draft, Message
from tests.factories import kinds, make_agent, make_conversation, make_turn, say
from tests.fakes.script import last_result, scripted
from tests.workflows import toolbox
from workflows import drive, endings, engine, journal
from workflows.errors import ConflictError, NotAllowedError
from workflows.llm.errors import ModelError
from workflows.models import Agent, CallState, HelpRequest, Run, RunStatus, StepRun, StepStatus, ToolCall

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def assistant(transactional_db: None) -> Agent:
    """An agent that may send without asking."""
    found = Agent.objects.filter(is_default=True).first() or make_agent(is_default=True)
    found.tool_policy = {"send": "allow"}
    found.save()
    return found


def test_a_message_is_answered(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(scripted("Hello to you."))
    run = make_turn(text="hello")

    drain()

    run.refresh_from_db()
    assert (run.status, run.output) == (RunStatus.SUCCEEDED, "Hello to you. ")
    assert kinds(run.conversation_id) == ["message", "message", "status"]


def test_a_plain_turn_costs_few_statements(
    model: Callable[[Model], Any], drain: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: dict[str, int] = {}

    def counting(name: str) -> Callable[..., Any]:
        write = getattr(endings if name == "finish" else drive, name)

        def count(*arguments: Any) -> Any:
            with CaptureQueriesContext(connection) as found:
                result = write(*arguments)
            counted[name] = len(found)
            return result

        return count

    model(scripted("Hello to you."))
    make_turn(text="once before, for what is made once")
    drain()
    make_turn(text="hello")
    monkeypatch.setattr(endings, "finish", counting("finish"))
    monkeypatch.setattr(drive, "start", counting("start"))

    drain()

    # What is added here is paid by every turn: see to it that it is worth it.
    assert counted["start"] <= 6
    # On PostgreSQL the hint to the pages is a statement, too.
    assert counted["finish"] <= (12 if connection.vendor == "postgresql" else 11)


def test_a_tool_is_called_and_its_result_reaches_the_model(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(scripted(("Let me look.", [("look", '{"what": "grass"}', "c1")]), last_result))
    run = make_turn()

    drain()

    run.refresh_from_db()
    assert run.output.strip() == "grass is green"
    assert kinds(run.conversation_id) == ["message", "message", "tool_use", "tool_result", "message", "status"]
    assert ToolCall.objects.get().state == CallState.DONE


def test_no_draft_is_left_after_the_answer(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(scripted("one two three"))
    make_turn()

    drain()

    assert not Draft.objects.exists()


def test_a_tool_that_refuses_tells_the_model_why(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(scripted([("refuse", '{"what": "red"}', "c1")], last_result))
    run = make_turn()

    drain()

    run.refresh_from_db()
    assert "ask for green" in run.output


def test_a_broken_tool_does_not_end_the_run(
    model: Callable[[Model], Any], drain: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    model(scripted([("break_down", "{}", "c1")], last_result))
    run = make_turn()

    drain()

    run.refresh_from_db()
    assert "break_down is broken" in run.output


def test_a_tool_that_hangs_is_given_up(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(scripted([("hang", "{}", "c1")], last_result))
    run = make_turn()

    drain()

    run.refresh_from_db()
    assert "did not answer within 0.05 seconds" in run.output


def test_bad_arguments_come_back_to_the_model_and_into_the_log(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(scripted([("look", '{"which": "grass"}', "c1")], "Sorry."))
    run = make_turn()

    drain()

    call = ToolCall.objects.get()
    assert kinds(run.conversation_id) == ["message", "tool_use", "tool_result", "message", "status"]
    assert call.state == CallState.FAILED
    assert call.error == "what: This is missing: give it. which: There is no such field: check its name, or leave it out."


def test_a_question_parks_the_run_and_holds_nothing(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(scripted([("inquire", '{"question": "Which colour?"}', "c1")], last_result))
    run = make_turn()

    drain()

    run.refresh_from_db()
    assert (run.status, run.leased_by, run.lease_expires_at) == (RunStatus.WAITING_FOR_USER, "", None)
    assert kinds(run.conversation_id) == ["message", "tool_use", "help_request", "status"]


def test_the_answer_is_the_result_of_the_call_that_asked(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    script = model(scripted([("inquire", '{"question": "Which colour?"}', "c1")], last_result))
    run = make_turn()
    drain()

    engine.respond_to_run(run, by=run.owner, via=Message.Via.API, response="blue")
    drain()

    run.refresh_from_db()
    assert (run.status, run.output.strip(), script.calls) == (RunStatus.SUCCEEDED, "blue", 2)


def test_the_same_answer_twice_is_refused_by_name(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(scripted([("inquire", '{"question": "Which colour?"}', "c1")], "fine"))
    run = make_turn()
    drain()
    request = HelpRequest.objects.get()
    engine.respond(request, by=run.owner, via=Message.Via.API, response="blue")

    with pytest.raises(ConflictError, match=f"already answered by {run.owner}"):
        engine.respond(request, by=run.owner, via=Message.Via.WEB, response="red")


def test_a_step_with_two_questions_waits_for_both(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    ask = [("inquire", '{"question": "One?"}', "c1"), ("inquire", '{"question": "Two?"}', "c2")]
    model(scripted(ask, "done"))
    run = make_turn()
    drain()
    first, second = HelpRequest.objects.open()

    engine.respond(first, by=run.owner, via=Message.Via.API, response="1")
    drain()
    run.refresh_from_db()
    assert run.status == RunStatus.WAITING_FOR_USER

    engine.respond(second, by=run.owner, via=Message.Via.API, response="2")
    drain()
    run.refresh_from_db()
    assert run.status == RunStatus.SUCCEEDED


def test_plain_text_answers_a_question_that_its_author_has_seen(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(scripted([("inquire", '{"question": "Which colour?"}', "c1")], last_result))
    run = make_turn()
    drain()

    say(run.conversation, "green", seen=HelpRequest.objects.get().message_seq)
    drain()

    run.refresh_from_db()
    assert (run.output.strip(), Run.objects.count()) == ("green", 1)


def test_plain_text_written_before_the_question_was_shown_is_a_turn(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(scripted([("inquire", '{"question": "Which colour?"}', "c1")], last_result))
    run = make_turn()
    drain()

    other = say(run.conversation, "by the way", seen=1)

    assert other.run_id != run.pk
    assert HelpRequest.objects.open().count() == 1


def test_a_queued_run_is_cancelled_at_once() -> None:
    run = make_turn()

    engine.cancel(run, by=run.owner)

    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    with pytest.raises(NotAllowedError):
        engine.cancel(run, by=run.owner)


def test_a_waiting_run_that_is_cancelled_takes_no_answer(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(scripted([("inquire", '{"question": "Which colour?"}', "c1")], "x"))
    run = make_turn()
    drain()

    engine.cancel(run, by=run.owner)

    with pytest.raises(ConflictError):
        engine.respond(HelpRequest.objects.get(), by=run.owner, via=Message.Via.API, response="blue")


def test_a_model_that_fails_for_good_fails_the_turn_with_a_sentence(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(scripted(ModelError("The key was refused: check it.", retryable=False)))
    run = make_turn()

    drain()

    run.refresh_from_db()
    assert (run.status, run.error) == (RunStatus.FAILED, "The key was refused: check it.")
    assert kinds(run.conversation_id) == ["message", "error", "status"]


def test_a_model_is_tried_five_times(model: Callable[[Model], Any], drain: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.drive.Driver.wait", no_wait)
    script = model(scripted(ModelError("It is overloaded.", retryable=True)))
    run = make_turn()

    drain()

    run.refresh_from_db()
    assert (run.status, script.calls) == (RunStatus.FAILED, 5)


def test_a_wait_is_told_with_its_cause_and_length(
    model: Callable[[Model], Any], drain: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.drive.MAX_TRIES", 2)
    model(scripted(ModelError("It is overloaded: try later.", retryable=True, retry_after=0.01)))
    run = make_turn()

    drain()

    told = run.conversation.messages.filter(payload__status="retrying").get().payload
    assert (told["error"], told["seconds"]) == ("It is overloaded; trying again in 1 s (2 of 2).", 1)


async def no_wait(driver: object, exc: object, tries: int) -> None:
    return None


def test_a_retry_goes_on_from_the_checkpoint(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(scripted([("look", '{"what": "grass"}', "c1")], ModelError("It broke.", retryable=False)))
    run = make_turn()
    drain()
    model(scripted([("look", '{"what": "grass"}', "c1")], last_result))

    again = engine.retry(Run.objects.get(pk=run.pk), by=run.owner)
    drain()

    again.refresh_from_db()
    assert (again.status, again.output.strip(), again.retry_of_id) == (RunStatus.SUCCEEDED, "grass is green", run.pk)
    assert toolbox.calls == [("look", "grass")]


def test_a_call_that_acts_once_and_was_cut_off_is_asked_about(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(scripted([("send", '{"what": "mail"}', "c1")], last_result))
    run = make_turn()
    kill_during_the_call(run, model, drain)

    drain()

    request = HelpRequest.objects.get()
    assert (request.kind, request.decisions, toolbox.calls) == ("confirmation", ["done", "again", "stop"], [("send", "mail")])


def test_who_declines_to_say_what_became_of_it_has_it_not_made_again(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(scripted([("send", '{"what": "mail"}', "c1")], last_result))
    run = make_turn()
    kill_during_the_call(run, model, drain)
    drain()

    engine.respond(HelpRequest.objects.get(), by=run.owner, via=Message.Via.WEB, decision="decline")
    drain()

    run.refresh_from_db()
    assert "may have happened; the person declined to say" in str(run.output)
    assert toolbox.calls == [("send", "mail")]


@pytest.mark.parametrize(("decision", "calls"), [("done", 1), ("again", 2)])
def test_the_owner_says_what_became_of_it(model: Callable[[Model], Any], drain: Callable[[], None], decision: str, calls: int) -> None:
    model(scripted([("send", '{"what": "mail"}', "c1")], last_result))
    run = make_turn()
    kill_during_the_call(run, model, drain)
    drain()

    engine.respond(HelpRequest.objects.get(), by=run.owner, via=Message.Via.API, decision=decision)
    drain()

    run.refresh_from_db()
    assert (run.status, len(toolbox.calls)) == (RunStatus.SUCCEEDED, calls)


def test_the_owner_stops_after_a_cut_off_call(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(scripted([("send", '{"what": "mail"}', "c1")], last_result))
    run = make_turn()
    kill_during_the_call(run, model, drain)
    drain()

    engine.respond(HelpRequest.objects.get(), by=run.owner, via=Message.Via.API, decision="stop")
    drain()

    run.refresh_from_db()
    assert (run.status, toolbox.calls) == (RunStatus.CANCELLED, [("send", "mail")])


def kill_during_the_call(run: Run, model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    """Leave what a worker leaves that dies between a call and its record."""
    drain()
    row = ToolCall.objects.get()
    checkpoint = StepRun.objects.get().messages
    checkpoint["messages"] = checkpoint["messages"][:2]
    ToolCall.objects.filter(pk=row.pk).update(state=CallState.INTENDED, result=None)
    StepRun.objects.update(status=StepStatus.RUNNING, messages=checkpoint, replies=1)
    Run.objects.update(status=RunStatus.RUNNING, lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert engine.sweep() == 1


def test_the_next_turn_knows_what_was_said(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    script = model(scripted("First answer."))
    run = make_turn(text="first")
    drain()

    say(run.conversation, "second")
    drain()

    heard = [getattr(part, "content", None) for message in script.heard[-1] for part in message.parts]
    assert heard == ["first", "First answer. ", "second"]


def test_turns_of_one_conversation_are_answered_in_order(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(scripted(lambda messages: f"You said {getattr(messages[-1].parts[-1], 'content', None)}."))
    conversation = make_conversation()
    for text in ("a", "b", "c"):
        say(conversation, text)

    drain()

    answers = Message.objects.filter(conversation=conversation, author="assistant").order_by("seq")
    assert [answer.text.strip() for answer in answers] == ["You said a.", "You said b.", "You said c."]


def test_again_is_leave_for_one_more_call_only(
    model: Callable[[Model], Any], drain: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    model(scripted([("send", '{"what": "mail"}', "c1")], last_result))
    run = make_turn()
    kill_during_the_call(run, model, drain)
    drain()
    engine.respond(HelpRequest.objects.get(), by=run.owner, via=Message.Via.API, decision="again")

    with monkeypatch.context() as patch:
        # The worker is gone right after the effect, before its record.
        patch.setattr("workflows.journal.save_result", lambda *_: (_ for _ in ()).throw(asyncio.CancelledError))
        drain()
        Run.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
        engine.sweep()
    drain()

    assert toolbox.calls == [("send", "mail")] * 2
    assert HelpRequest.objects.open().count() == 1


def test_a_run_cancelled_just_before_it_asks_does_not_ask(
    model: Callable[[Model], Any], drain: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    model(scripted([("inquire", '{"question": "Which colour?"}', "c1")], last_result))
    run = make_turn()
    park = endings.park

    def late(hold: journal.Hold, *rest: Any) -> None:
        engine.cancel(run, by=run.owner)
        park(hold, *rest)

    monkeypatch.setattr("workflows.endings.park", late)

    drain()

    run.refresh_from_db()
    assert (run.status, HelpRequest.objects.count()) == (RunStatus.CANCELLED, 0)


@pytest.mark.parametrize("arguments", ['{"what": NaN}', '{"what": 1e999}'])
def test_numbers_that_no_database_takes_do_not_stop_a_run(model: Callable[[Model], Any], drain: Callable[[], None], arguments: str) -> None:
    script = model(scripted([("look", arguments, "c1")], "fine"))
    run = make_turn()

    drain()

    run.refresh_from_db()
    assert (run.status, script.calls) == (RunStatus.SUCCEEDED, 2)


@pytest.mark.parametrize(("name", "call_id"), [("x" * 150, "c1"), ("look", "c" * 250), ("look", "c\0")])
def test_a_call_that_cannot_be_stored_fails_the_turn_in_the_end(
    model: Callable[[Model], Any], drain: Callable[[], None], monkeypatch: pytest.MonkeyPatch, name: str, call_id: str
) -> None:
    monkeypatch.setattr("workflows.drive.Driver.wait", no_wait)
    script = model(scripted([(name, '{"what": "a"}', call_id)], "fine"))
    run = make_turn()

    drain()

    run.refresh_from_db()
    assert (run.status, script.calls) == (RunStatus.FAILED, 5)


def test_an_old_answer_is_not_taken_for_a_later_question_of_the_same_id(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    first, second = ('{"question": "May I look?"}', '{"question": "May I delete everything?"}')
    model(scripted([("inquire", first, "c1")], [("inquire", second, "c1")], last_result))
    run = make_turn()
    drain()
    engine.respond(HelpRequest.objects.open().get(), by=run.owner, via=Message.Via.API, response="yes")
    drain()
    engine.cancel(run, by=run.owner)

    again = engine.retry(Run.objects.get(pk=run.pk), by=run.owner)
    drain()

    assert HelpRequest.objects.open().get(run=again).question == "May I delete everything?"


def test_a_run_that_was_stopped_by_an_answer_asks_anew_when_retried(model: Callable[[Model], Any], drain: Callable[[], None]) -> None:
    model(scripted([("send", '{"what": "mail"}', "c1")], last_result))
    run = make_turn()
    kill_during_the_call(run, model, drain)
    drain()
    engine.respond(HelpRequest.objects.get(), by=run.owner, via=Message.Via.API, decision="stop")
    drain()

    again = engine.retry(Run.objects.get(pk=run.pk), by=run.owner)
    drain()

    assert HelpRequest.objects.open().get(run=again).decisions == ["done", "again", "stop"]


def test_a_database_that_fails_a_run_again_and_again_ends_it(
    model: Callable[[Model], Any], drain: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    script = model(scripted("Hello."))
    run = make_turn()
    monkeypatch.setattr("workflows.endings.finish", lambda *_: (_ for _ in ()).throw(OperationalError("disk I/O error")))

    for _ in range(4):
        drain()
        Run.objects.update(not_before=None)

    run.refresh_from_db()
    assert (run.status, script.calls) == (RunStatus.FAILED, 4)
    assert "database failed 4 times" in run.error
